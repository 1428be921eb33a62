// All pages of more.js. A new one is a line here and one in more_loader.ts. Those for
// everybody are also in the app without accounts, which is one bundle.
import type { Sync } from "../../../../sync/client/src/index";
import { activityPage } from "./activity_page";
import { backupPage } from "./backup_page";
import { documentPage } from "./document_page";
import { documentsPage } from "./documents_page";
import { filesPage } from "./files_loader";
import { forkPage } from "./fork_page";
import type { Frame } from "./frame";
import { movePage } from "./move_page";
import type { Context, Page } from "./page";
import { projectPage } from "./project_page";
import { promptPage } from "./prompt_page";
import { projectsPage } from "./projects_page";
import { searchPage } from "./search_page";
import { waitsPage } from "./waits_page";

/** What the pages get besides their Context. */
export interface MoreContext {
  sync(): Sync | undefined;
  /** The workspace, once its store is open and may be shown. */
  context(): Promise<Context | undefined>;
  /** Says something above the pages until it is taken back. */
  readonly notice: Frame["notice"];
  /** Ends the sync and all that `onClose` was told of, and lets go of the store. */
  close(): Promise<void>;
  /** Ends something, too, before the store is let go of. */
  onClose(stop: () => Promise<void>): void;
}

/** Pages for everybody. */
export const commonPages = (): Page[] => [forkPage, documentsPage, documentPage, projectsPage, projectPage, movePage, backupPage, searchPage, filesPage];

/** Pages for those who have an account. Without one nothing answers by a prompt. */
export const accountPages = (of: MoreContext): Page[] => [waitsPage(of), activityPage, promptPage];

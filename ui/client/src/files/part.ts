// All about files, in one piece: it comes a moment after the app runs.
import { openComposer, type Composer } from "./composer";
import { filesPage } from "./gallery";
import { showMessageFiles } from "./message_files";
import type { Context, Page } from "../app/page";

export interface FilesPart {
  openThread(context: Context, thread: string, pane: HTMLElement): Composer;
  readonly page: Page;
}

export const filesPart: FilesPart = {
  page: filesPage,
  openThread: (context, thread, pane) => {
    const stop = showMessageFiles(context, pane);
    const composer = openComposer(context, thread, pane);
    return {
      get busy() {
        return composer.busy;
      },
      attached: (words) => composer.attached(words),
      close: () => {
        stop();
        composer.close();
      },
    };
  },
};

// Tells whoever is no member any more what is still theirs here, above every page.
import type { SyncStatus } from "../../../../sync/client/src/index";
import { recall, remember } from "./boot";
import { draftsOfWorkspace, onDrafts } from "./draft_foot";
import type { Context } from "./page";
import type { MoreContext } from "./more_pages";
import { removedBanner } from "./removed_words";

export function watchRemoved(context: Context, of: MoreContext): void {
  const waits = `/w/${encodeURIComponent(context.workspace)}/waits`;
  let [state, drafts]: [SyncStatus | undefined, number] = [undefined, 0];
  const draw = (): void => {
    if (state !== undefined) of.notice("removed", removedBanner(state, waits, drafts));
  };
  of.sync()?.onStatus((s) => {
    if (s.phase === "removed" && state?.phase !== "removed") forget(context.workspace);
    state = s;
    draw();
  });
  onDrafts(() => void draftsOfWorkspace(context).then((found) => {
    drafts = found.length;
    draw();
  }, () => undefined));
}

/** From now on this browser knows that the workspace is none of the person's: pages elsewhere say what waits in it. */
function forget(workspace: string): void {
  const last = recall();
  if (last !== undefined) remember({ ...last, workspaces: last.workspaces.filter((w) => w.id !== workspace) });
}

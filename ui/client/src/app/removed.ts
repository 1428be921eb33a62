// Tells whoever is no member any more what is still theirs here, above every page.
import type { Context } from "./page";
import type { MoreContext } from "./more_pages";
import { removedBanner } from "./removed_words";

export function watchRemoved(context: Context, of: MoreContext): void {
  const waits = `/w/${encodeURIComponent(context.workspace)}/waits`;
  of.sync()?.onStatus((s) => of.notice("removed", removedBanner(s, waits)));
}

// /w/:workspace/documents/:document: one document or prompt, to write and to
// read, and the page of one that is not written yet.
import { modeOf } from "./document_pane";
import { DocumentView } from "./document_view";
import type { PostKind } from "./document_write";
import type { Context, Page, View } from "./page";
import { projectOf } from "./project_home";

export const documentPage: Page = {
  paths: ["/w/:workspace/documents/:document"],
  nav: "documents",
  open: async (context, place, params, main) => {
    const row = await context.store.db.posts.get(params["document"] ?? "");
    if (row === undefined || (row.post_type !== "markdown" && row.post_type !== "prompt")) return undefined;
    const home = await projectOf(context.store, { kind: "post", id: row.id });
    const view = new DocumentView(context, main, row.post_type, row.id);
    await view.open(row, modeOf(place), home);
    return view;
  },
};

/** The page of a document that is not written yet. */
export function openNew(context: Context, kind: PostKind, main: HTMLElement): View {
  const view = new DocumentView(context, main, kind, context.store.newId());
  view.showNew();
  return view;
}

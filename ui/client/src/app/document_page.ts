// /w/:workspace/documents/:document: one document or prompt, to write and to
// read, and the page of one that is not written yet.
import { readDocumentDraft, writeDocumentDraft } from "./document_draft";
import { modeOf } from "./document_pane";
import { DocumentView } from "./document_view";
import type { PostKind } from "./document_write";
import type { Context, Page, View } from "./page";
import { projectOf } from "./project_home";
import type { Place } from "./router";

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

const idShape = /^[A-Za-z0-9._:~-]{1,128}$/;

/**
 * The page of a document that is not written yet. A form that the server drew
 * names the document and may have text already; ?id= names one that was being
 * typed when the page was loaded again.
 */
export async function openNew(context: Context, kind: PostKind, place: Place, main: HTMLElement): Promise<View> {
  const { db } = context.store;
  const drawn = main.querySelector<HTMLInputElement>("#document input[name=post_id]")?.value ?? "";
  const named = place.query.get("id") ?? drawn;
  const known = idShape.test(named);
  const row = known ? await db.posts.get(named) : undefined;
  if (row?.post_type === "markdown" || row?.post_type === "prompt") {
    const view = new DocumentView(context, main, row.post_type, named);
    await view.open(row, "write", undefined);
    view.nameIt();
    return view;
  }
  const fresh = !known || row !== undefined || (await db.tombstones.get(["posts", named])) !== undefined;
  const id = fresh ? context.store.newId() : named;
  const draft = known ? readDocumentDraft(context.workspace, named) : undefined;
  if (fresh && draft !== undefined) {
    writeDocumentDraft(context.workspace, id, { ...draft, base: "" });
    writeDocumentDraft(context.workspace, named, undefined); // it was deleted: what was typed becomes a new one
  }
  const view = new DocumentView(context, main, kind, id);
  view.showNew(draft, drawn !== "");
  return view;
}

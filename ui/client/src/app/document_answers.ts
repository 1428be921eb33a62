// What a person decides about a document: which of two texts stands, that one is a
// document of its own, or that it goes.
import { backFor30Days, confirmFirst } from "./confirm";
import { copyTitle } from "./document_conflict";
import { writeDocumentDraft } from "./document_draft";
import type { DocumentOthers } from "./document_others";
import type { DocumentSaver } from "./document_saver";
import type { DocumentState } from "./document_state";
import { cleanOr, cleanTexts, createPost, deletePost, keepBoth, postTitle, textsOf, type Texts } from "./document_write";
import { usesOf } from "./prompt_write";
import { hrefOf, segment } from "./router";
import { firstName, plural } from "./text";

export class DocumentAnswers {
  constructor(private readonly doc: DocumentState, private readonly others: DocumentOthers, private readonly saver: DocumentSaver) {}

  /** The other text stands in the document, and this one becomes a document of its own. The page stays. */
  async takeTheirs(): Promise<void> {
    const { doc } = this;
    const { context, pane, theirs } = doc;
    if (theirs === undefined) return;
    const copy = await this.#copy(doc.texts(), theirs);
    if (doc.closed) return;
    const row = await context.store.db.posts.get(doc.id);
    if (row === undefined) {
      context.go(copy.address, { replace: true });
      return;
    }
    doc.row = row;
    doc.base = textsOf(row);
    pane.clear();
    doc.draw(row);
    history.replaceState(null, "", hrefOf(pane.address));
    pane.note("Your text is kept as", { label: copy.title, href: copy.address });
  }

  /** This text stands; what the other one was is said. */
  async keepMine(mine: Texts): Promise<void> {
    const { doc } = this;
    const { store } = doc.context;
    const [row, theirs] = [await store.db.posts.get(doc.id), doc.theirs];
    if (doc.closed || theirs === undefined) return; // the question waits in the draft
    if (row === undefined) {
      this.others.deleted();
      return;
    }
    // Without a server there is no history: the other text becomes a document.
    const copy = store.local ? await this.#copy(theirs, textsOf(row)) : undefined;
    doc.theirs = undefined;
    doc.base = textsOf(row);
    doc.row = row;
    doc.draw(mine);
    this.saver.typed();
    await this.saver.flush();
    if (doc.closed) return;
    if (copy !== undefined) doc.pane.note("The other text is kept as", { label: copy.title, href: copy.address });
    else if (globalThis.OR3_LOCAL !== true) doc.pane.note("The other text is in the server’s history for 30 days, under Admin, Sync.");
  }

  /** This text becomes a document of its own, and the page goes there. */
  async saveAsAnother(mine: Texts): Promise<void> {
    const { doc } = this;
    const { context, kind } = doc;
    const { store, workspace } = context;
    const theirs = doc.theirs;
    if (theirs !== undefined) {
      const copy = await this.#copy(mine, theirs);
      doc.closed = true;
      context.go(copy.address);
      return;
    }
    const id = store.newId();
    const made = await createPost(store, id, kind, cleanTexts(mine));
    if (made === undefined) return;
    writeDocumentDraft(workspace, doc.id, undefined);
    doc.closed = true;
    context.go(`/w/${encodeURIComponent(workspace)}/documents/${segment(id)}`);
  }

  /** Asks, and deletes it. */
  async askDelete(): Promise<void> {
    const { doc } = this;
    const { context, pane, kind, id } = doc;
    const title = postTitle({ title: doc.texts().title, post_type: kind });
    const used = kind === "prompt" ? await usesOf(context.store, id) : 0;
    if (doc.closed) return;
    const use = used === 0 ? "" : ` ${plural(used, "thread uses it and goes", "threads use it and go")} on without.`;
    const whom = context.me === null ? "" : ` It goes for everyone in ${context.site}.`;
    const back = globalThis.OR3_LOCAL === true || context.me === null ? "This cannot be undone." : backFor30Days;
    confirmFirst({ title: `Delete ${pane.noun} ${title}?`, text: `${back}${use}${whom}`, keep: "Keep it", do: `Delete ${pane.noun}` }, () => {
      doc.closed = true; // nothing is saved meanwhile, and that it goes is no news
      clearTimeout(doc.timer);
      void deletePost(context.store, id).then(() => {
        writeDocumentDraft(context.workspace, id, undefined);
        context.go(pane.list, { replace: true });
      }, (e: unknown) => {
        if (!doc.left) {
          doc.closed = false;
          this.saver.typed(); // also what was typed meanwhile
        }
        context.fail(e, true);
      });
    });
  }

  /** Makes a document of its own of one text, while another one stands in this document. */
  async #copy(other: Texts, stands: Texts): Promise<{ readonly title: string; readonly address: string }> {
    const { doc } = this;
    const { context, pane, kind } = doc;
    const { store, me, workspace } = context;
    const id = store.newId();
    const when = context.clock().exact(store.seconds()).replace(/,? \d{4}, (\d\d:\d\d).*/, ", $1");
    const title = copyTitle(other.title, pane.noun, me === null ? "" : firstName(me.name), when);
    await keepBoth(store, doc.id, kind, { base: doc.base ?? stands, stands, other: cleanOr({ ...other, title }), id });
    doc.theirs = undefined;
    doc.mine = undefined;
    writeDocumentDraft(workspace, doc.id, undefined);
    return { title, address: `/w/${encodeURIComponent(workspace)}/documents/${segment(id)}` };
  }
}

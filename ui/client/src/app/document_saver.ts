// Saves what is typed into a document: by itself a moment after the last key, one
// text after the other.
import { newAddress } from "./document_pane";
import type { DocumentOthers } from "./document_others";
import type { DocumentState } from "./document_state";
import { cleanOr, cleanTexts, createPost, sameTexts, savePost, textsOf, tooLong, type Texts } from "./document_write";
import { hrefOf } from "./router";
import { Refused } from "./thread_write";

/** How long after the last key a text is saved. */
const pause = 800;
/** How long after the last key the preview is drawn. */
const glance = 120;

export class DocumentSaver {
  #saving: Promise<void> = Promise.resolve();

  /** `made` = a new document is stored now. */
  constructor(private readonly doc: DocumentState, private readonly others: DocumentOthers, private readonly made: () => void) {}

  /** Something was typed: it is kept now, drawn soon and saved a moment later. */
  typed(): void {
    const { doc } = this;
    if (doc.closed || doc.elsewhere) return;
    const now = doc.texts();
    if (doc.base === undefined) history.replaceState(null, "", hrefOf(newAddress(doc.pane.list, doc.id)));
    doc.keep(now);
    if (doc.theirs !== undefined) {
      doc.sayBoth(); // the person decides first
      return;
    }
    clearTimeout(doc.looks);
    doc.looks = window.setTimeout(() => doc.glance(), glance);
    if (doc.gone) return; // the person decides whether it is saved, as a new one
    doc.say("Not saved yet");
    clearTimeout(doc.timer);
    doc.timer = window.setTimeout(() => void this.flush(), pause);
  }

  /** Saves what is typed now, one after the other. The boxes may be another page's by the time. */
  flush(): Promise<void> {
    const { doc } = this;
    clearTimeout(doc.timer);
    if (doc.pane.typed === undefined || doc.closed) return this.#saving;
    const typed = doc.texts();
    this.#saving = this.#saving.then(() => this.#save(typed)).catch((e: unknown) => doc.context.fail(e, !doc.closed));
    return this.#saving;
  }

  async #save(typed: Texts): Promise<void> {
    const { doc } = this;
    if (doc.theirs !== undefined || doc.gone || doc.context.readOnly() !== "") return;
    let now: Texts;
    try {
      now = cleanTexts(typed);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      doc.refuse({ field: "title", message: e.message });
      return;
    }
    if (tooLong(now.content)) {
      doc.refuse({ field: "content", message: "A document has at most 200,000 bytes. Split it into two." });
      return;
    }
    doc.refuse(undefined);
    const { store } = doc.context;
    if (doc.base === undefined) {
      if (now.title === "" && now.content.trim() === "") return;
      const made = await createPost(store, doc.id, doc.kind, now);
      if (made === undefined) return;
      doc.row = made;
      doc.base = now;
      doc.wrote(made);
      if (doc.closed) return;
      this.made();
      if (!sameTexts(doc.texts(), now)) this.typed();
      return;
    }
    if (sameTexts(now, doc.base)) {
      if (doc.row !== undefined) doc.wrote(doc.row);
      doc.say();
      return;
    }
    const saved = await savePost(store, doc.id, doc.base, now);
    if ("row" in saved) {
      doc.base = now;
      doc.row = saved.row;
      doc.wrote(saved.row);
      doc.say(sameTexts(cleanOr(doc.texts()), now) ? undefined : "Not saved yet");
    } else if ("theirs" in saved) this.others.disagree(textsOf(saved.theirs), now);
    else this.others.deleted();
  }
}

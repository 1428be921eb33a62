// What others make of a document that is open: another device or another page
// changes it, deletes it, or has a text that disagrees with what is typed here.
import type { Row } from "../../../../sync/client/src/local";
import { lostTexts } from "./document_lost";
import type { DocumentState } from "./document_state";
import { cleanOr, postTitle, sameTexts, textsOf, type Texts } from "./document_write";
import { leaveGone } from "./gone";
import { projectOf } from "./project_home";
import { preview } from "./text";

type Post = Row<"posts">;

export class DocumentOthers {
  #following = false;
  readonly #stops: (() => void)[] = [];

  constructor(private readonly doc: DocumentState) {}

  /** Looks at what is stored, from now on. */
  follow(): void {
    if (this.#following) return;
    this.#following = true;
    const { context, pane, id } = this.doc;
    this.#stops.push(
      context.live(() => context.store.db.posts.get(id), (now) => this.#changed(now)),
      context.live(() => projectOf(context.store, { kind: "post", id }), (home) => pane.stand(home, !this.doc.closed)),
    );
  }

  /** The row on this device is another one than before. */
  #changed(now: Post | undefined): void {
    const { doc } = this;
    if (doc.closed || doc.base === undefined) return;
    if (now === undefined) {
      this.deleted();
      return;
    }
    doc.gone = false;
    doc.row = now;
    if (doc.elsewhere) {
      const other = !sameTexts(now, doc.base);
      doc.base = textsOf(now);
      if (other) doc.draw(now);
      else doc.say();
      return;
    }
    if (doc.theirs !== undefined) {
      if (!sameTexts(now, doc.theirs) && !sameTexts(now, doc.base)) this.disagree(textsOf(now), doc.texts());
      else doc.sayBoth();
      return;
    }
    const typed = cleanOr(doc.texts());
    if (sameTexts(now, doc.base)) {
      if (doc.mine !== undefined && now.server_version > 0) doc.wrote(now);
      doc.say();
      return;
    }
    if (sameTexts(now, typed)) {
      doc.base = textsOf(now);
      doc.wrote(now);
      doc.say();
      return;
    }
    const edits = !sameTexts(typed, doc.base) ? typed : doc.mine;
    if (edits !== undefined && doc.context.readOnly() === "") {
      this.disagree(textsOf(now), edits);
      return;
    }
    doc.base = textsOf(now);
    doc.draw(textsOf(now));
  }

  /** The other text lost against this device's: it is shown all the same. */
  lost(conflict: unknown): void {
    const { doc } = this;
    const theirs = lostTexts(conflict, doc.id);
    if (doc.closed || theirs === undefined || doc.base === undefined || (doc.theirs !== undefined && sameTexts(theirs, doc.theirs))) return;
    const mine = doc.theirs === undefined ? cleanOr(doc.texts()) : doc.texts();
    if (!sameTexts(theirs, mine)) this.disagree(theirs, mine);
  }

  /** Both texts on the page: ours to write on, theirs to read. */
  disagree(theirs: Texts, edits: Texts): void {
    const { doc } = this;
    clearTimeout(doc.timer);
    const typed = doc.boxes;
    const typedOn = typed !== undefined && doc.base !== undefined && !sameTexts(cleanOr(typed), doc.base);
    const mine = typedOn ? typed : edits; // also what was typed while the row was read, or an earlier text saved
    doc.theirs = theirs;
    doc.keep(mine);
    if (doc.closed) return; // the page is another one: the question waits in the draft
    doc.pane.drawBoth(mine, theirs, doc.row);
  }

  /** It is deleted: what is typed here and stored nowhere is not. */
  deleted(): void {
    const { doc } = this;
    if (doc.gone || doc.closed) return;
    const typed = cleanOr(doc.texts());
    const edits = doc.base !== undefined && !sameTexts(typed, doc.base) ? typed : doc.theirs !== undefined ? typed : doc.mine;
    if (edits === undefined) {
      this.leave();
      return;
    }
    doc.gone = true;
    clearTimeout(doc.timer);
    doc.refuse({ field: "content", message: `This ${doc.pane.noun} was deleted while you were writing. Save it to keep your text as a new one.` });
  }

  /** Goes to the list, and says why. */
  leave(): void {
    const { context, pane, kind, base } = this.doc;
    leaveGone(context, pane.list, `“${preview(postTitle({ title: base?.title ?? "", post_type: kind }), 60)}” was deleted.`);
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}

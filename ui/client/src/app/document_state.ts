// What is known of a document that is open: what stands in the boxes, what is
// stored, the draft of it that stays in this browser, and what the page says of them.
import type { Row } from "../../../../sync/client/src/local";
import { dropWhenSent, nameOf, readDocumentDraft, writeDocumentDraft, type DocumentDraft } from "./document_draft";
import type { DocumentPane, Mode } from "./document_pane";
import { cleanOr, sameTexts, textsOf, type PostKind, type Texts } from "./document_write";
import type { Context } from "./page";

type Post = Row<"posts">;

export class DocumentState {
  /** The stored text the typed one goes on from; undefined while it is new. */
  base: Texts | undefined;
  /** What this page wrote and the server has not acknowledged. */
  mine: Texts | undefined;
  row: Post | undefined;
  /** The other text, while the person has to decide between the two. */
  theirs: Texts | undefined;
  /** It was deleted while something was typed. */
  gone = false;
  /** Another tab writes it: this one shows what is stored. */
  elsewhere = false;
  mode: Mode = "both";
  /** Until what is typed is saved. */
  timer = 0;
  /** Until what is typed is drawn. */
  looks = 0;
  closed = false; // nothing is saved or drawn any more
  left = false; // the page is another one, for good
  last: Texts | undefined; // what stood in the boxes when it was left

  constructor(readonly context: Context, readonly pane: DocumentPane, readonly kind: PostKind, readonly id: string) {}

  /** What stands in the boxes, or stood there when the page was left: by then they may be another page's. */
  get boxes(): Texts | undefined {
    return this.closed ? this.last : this.pane.typed;
  }

  /** What stands in the boxes, or what is stored while there are none. */
  texts(): Texts {
    return this.boxes ?? this.base ?? { title: "", content: "" };
  }

  draft(): DocumentDraft | undefined {
    return this.context.readOnly() === "" ? readDocumentDraft(this.context.workspace, this.id) : undefined;
  }

  /** Keeps what is typed in this browser, and with it the text beside which it waits. */
  keep(now: Texts): void {
    const base = this.base === undefined ? "" : this.theirs !== undefined && sameTexts(this.base, this.theirs) ? "other" : nameOf(this.base);
    const empty = this.base === undefined && now.title + now.content === "";
    writeDocumentDraft(this.context.workspace, this.id, empty ? undefined : { ...now, base, kind: this.kind, ...(this.theirs === undefined ? {} : { theirs: this.theirs }) });
  }

  /** What was typed before the app was there is a draft like any other; where there is another one, both stay. `writes` = this tab may. */
  takeOver(writes: boolean): void {
    const { early } = this.pane;
    if (early === undefined) return;
    const { workspace, store } = this.context;
    const aside = ({ title, content }: Texts): void => writeDocumentDraft(workspace, store.newId(), { title, content, base: "", kind: this.kind });
    if (!writes) {
      aside(early.typed); // the draft of this document is the other tab's
      return;
    }
    const before = this.draft();
    if (before !== undefined && !sameTexts(before, early.typed)) aside(before);
    writeDocumentDraft(workspace, this.id, { ...early.typed, base: early.over === "" ? "" : nameOf(cleanOr(early.over)), kind: this.kind });
  }

  /** Remembers what of ours the server does not have; forgets the draft once it has. */
  wrote(row: Post): void {
    const acknowledged = this.context.store.local || row.server_version > 0;
    this.mine = acknowledged ? undefined : textsOf(row);
    const typed = this.boxes ?? textsOf(row);
    writeDocumentDraft(this.context.workspace, this.id, acknowledged && sameTexts(cleanOr(typed), row) ? undefined : { ...typed, base: nameOf(row) });
    if (this.closed && !acknowledged) dropWhenSent(this.context, this.id, textsOf(row));
  }

  /** Draws the page around a text. */
  draw(text: Texts): void {
    clearTimeout(this.looks);
    this.theirs = undefined;
    this.pane.draw(text, this.mode, this.elsewhere);
    this.say();
  }

  /** Draws what is typed by now, unless the page has become another one. */
  glance(): void {
    if (!this.closed && this.theirs === undefined) this.pane.look(this.texts(), this.base !== undefined);
  }

  /** The line that says whether it is saved. */
  say(words?: string): void {
    if (!this.closed && this.theirs === undefined) this.pane.say(this.row, words);
  }

  /** Says which of the two texts stands. */
  sayBoth(): void {
    if (!this.closed && this.theirs !== undefined) this.pane.sayBoth(this.texts(), this.theirs, this.row);
  }

  /** Says what is wrong with the text, or takes it back. */
  refuse(why: { readonly field: string; readonly message: string } | undefined): void {
    if (!this.closed && this.pane.refuse(why)) this.say("Not saved");
  }
}

// A document that is open: what is typed, what is stored, and what another device
// or another tab makes of it. What is typed is saved by itself. When another
// device saved meanwhile, both texts are shown and the person decides; of several
// tabs of this browser one writes.
import type { Row } from "../../../../sync/client/src/local";
import { DocumentAnswers } from "./document_answers";
import { dropWhenSent, nameOf, type DocumentDraft } from "./document_draft";
import { DocumentOthers } from "./document_others";
import { DocumentPane, modeOf, type Mode } from "./document_pane";
import { DocumentSaver } from "./document_saver";
import { DocumentState } from "./document_state";
import { DocumentTabs } from "./document_tabs";
import { cleanOr, sameTexts, textsOf, type PostKind, type Texts } from "./document_write";
import type { Context, View } from "./page";
import type { Project } from "./project_read";
import { hrefOf, type Place } from "./router";

type Post = Row<"posts">;

export class DocumentView implements View {
  readonly #doc: DocumentState;
  readonly #pane: DocumentPane;
  readonly #others: DocumentOthers;
  readonly #saver: DocumentSaver;
  readonly #answers: DocumentAnswers;
  readonly #tabs: DocumentTabs;
  #wanted = false; // another tab writes, and the person asks to write here
  readonly #stops: (() => void)[] = [];

  constructor(private readonly context: Context, main: HTMLElement, kind: PostKind, private readonly id: string) {
    this.#pane = new DocumentPane(context, main, kind, id);
    this.#doc = new DocumentState(context, this.#pane, kind, id);
    this.#others = new DocumentOthers(this.#doc);
    this.#saver = new DocumentSaver(this.#doc, this.#others, () => this.#made());
    this.#answers = new DocumentAnswers(this.#doc, this.#others, this.#saver);
    const boxes = (): Texts | undefined => (this.#doc.closed || this.#doc.row === undefined ? undefined : this.#pane.typed); // else they may be another page's
    this.#tabs = new DocumentTabs(context.store.db.name, id, context.store.newId(), {
      writes: () => boxes() !== undefined,
      busy: () => {
        const typed = boxes();
        return typed !== undefined && this.#doc.base !== undefined && !sameTexts(cleanOr(typed), this.#doc.base);
      },
      turned: (mine) => this.#turned(mine).catch((e: unknown) => this.context.fail(e)),
      give: async () => {
        await this.#saver.flush();
        return this.#doc.theirs === undefined && !this.#doc.gone; // a question is answered where it was asked
      },
      lost: (conflict) => this.#others.lost(conflict),
    });
    const typed = (e: Event): void => {
      if (this.#pane.typed !== undefined && e.target instanceof Element && e.target.closest("#document") !== null) this.#saver.typed();
    };
    const leave = (): void => {
      void this.#saver.flush();
      this.#tabs.leave();
    };
    const back = (e: PageTransitionEvent): void => {
      if (e.persisted) this.#tabs.back();
    };
    const hide = (): void => {
      if (document.visibilityState === "hidden") void this.#saver.flush();
    };
    main.addEventListener("input", typed);
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    document.addEventListener("visibilitychange", hide);
    this.#stops.push(
      () => main.removeEventListener("input", typed), () => removeEventListener("pagehide", leave), () => removeEventListener("pageshow", back),
      () => document.removeEventListener("visibilitychange", hide),
      context.unsent.onChange(() => (this.#doc.theirs === undefined ? this.#doc.say() : this.#doc.sayBoth())),
      context.store.events.on("sync.conflict:action:detected", (c) => (this.#doc.elsewhere ? this.#tabs.pass(c) : this.#others.lost(c))),
    );
  }

  /** A document that is not stored yet. `draft` was typed before, `keep` = so was what stands in the boxes. */
  showNew(draft: Texts | undefined, keep: boolean): void {
    const typed = (keep ? this.#pane.found : undefined) ?? { title: "", content: "" };
    const text = { title: typed.title || (draft?.title ?? ""), content: (draft?.content ?? "") + typed.content };
    this.#doc.mode = "write";
    this.#pane.drawNew(text);
    this.#doc.say();
    if (text.title + text.content !== "") this.#saver.typed();
  }

  /** Shows the address of what is stored. */
  nameIt(): void {
    history.replaceState(null, "", hrefOf(this.#pane.address + "?view=write"));
  }

  /** The page of what is stored now, below the very same boxes. */
  #made(): void {
    this.#others.follow();
    void this.#tabs.begin();
    this.nameIt();
    this.#doc.mode = "write";
    this.#doc.draw(this.#doc.texts());
  }

  /** Opens what is stored. A draft may be another tab's, so that is asked for first. */
  async open(row: Post, mode: Mode, home: Project | undefined): Promise<void> {
    this.#pane.stand(home, false);
    const draft = this.#doc.draft();
    this.#doc.mode = mode;
    if (this.context.readOnly() === "" && (mode !== "read" || draft !== undefined)) {
      const asked = this.#tabs.begin();
      if (this.#pane.early !== undefined || (draft !== undefined && !sameTexts(draft, row))) await asked;
      this.#doc.takeOver(this.#tabs.mine);
    }
    this.#show(row);
  }

  #show(row: Post): void {
    this.#doc.row = row;
    this.#doc.base = textsOf(row);
    this.#doc.theirs = undefined;
    this.#doc.gone = false;
    this.#doc.elsewhere = !this.#tabs.mine;
    this.#others.follow();
    const draft = this.#doc.elsewhere ? undefined : this.#doc.draft();
    if (draft?.theirs !== undefined && this.#asks(row, draft, draft.theirs)) return;
    if (draft === undefined || sameTexts(draft, row)) {
      if (draft !== undefined) this.#doc.wrote(row);
      this.#doc.draw(row);
      return;
    }
    if (this.#doc.mode === "read") this.#doc.mode = "both";
    if (draft.base !== nameOf(row)) {
      this.#others.disagree(textsOf(row), draft);
      return;
    }
    this.#doc.draw(draft);
    this.#saver.typed();
  }

  /** A question that was not answered is asked again, unless it has become void. */
  #asks(row: Post, draft: DocumentDraft, theirs: Texts): boolean {
    const ours = sameTexts(row, draft) || draft.base === nameOf(row);
    const other = ours ? theirs : textsOf(row);
    if (sameTexts(other, draft)) return false;
    this.#others.disagree(other, draft);
    return true;
  }

  /** Another tab writes, or this one may again. */
  async #turned(mine: boolean): Promise<void> {
    if (this.#doc.closed || this.#doc.base === undefined) return;
    if (mine && !this.#doc.elsewhere) {
      this.#saver.typed(); // it has typed on: the draft is its own
      return;
    }
    clearTimeout(this.#doc.timer);
    const row = await this.context.store.db.posts.get(this.id);
    if (this.#doc.closed || mine !== this.#tabs.mine) return;
    this.#doc.mine = undefined;
    this.#pane.clear();
    if (row === undefined) this.#others.leave();
    else this.#show(row);
    if (mine && this.#wanted) this.#pane.box?.focus({ preventScroll: true });
    this.#wanted = false;
  }

  act(name: string, button: HTMLElement): boolean {
    if (name !== "write-here" || !this.#doc.elsewhere) return false;
    if (this.#wanted) return true;
    this.#wanted = true;
    button.ariaDisabled = "true";
    if (this.#doc.mode === "read") this.#doc.mode = "both";
    void this.#tabs.take().then((mine) => {
      if (mine) return;
      this.#wanted = false;
      this.#pane.sayElsewhere("The other tab has a question about it: two versions, or a deletion. Answer it there first.");
    });
    return true;
  }

  move(place: Place): boolean {
    if (place.path.endsWith("/documents")) return false;
    if (place.path !== this.#pane.address) return false;
    if (this.#doc.theirs !== undefined) {
      if (place.query.get("theirs") === null) return true;
      void this.#answers.takeTheirs().catch((e: unknown) => this.context.fail(e, true));
      return true;
    }
    void this.#saver.flush().then(() => {
      if (this.#doc.closed || this.#doc.theirs !== undefined) return;
      const before = this.#doc.mode;
      this.#doc.mode = modeOf(place);
      this.#doc.draw(this.#doc.texts());
      if (before === "read" && this.#doc.mode !== "read" && !this.#doc.elsewhere && this.context.readOnly() === "") void this.#tabs.begin();
    });
    return true;
  }

  submit(form: HTMLFormElement, submitter: HTMLElement | null): boolean {
    if (form.id !== "document") return false;
    const mine = this.#doc.texts();
    if (this.#doc.gone || submitter?.hasAttribute("formaction") === true) {
      void this.#answers.saveAsAnother(mine).catch((e: unknown) => this.context.fail(e, true));
      return true;
    }
    if (this.#doc.theirs !== undefined) {
      void this.#answers.keepMine(mine).catch((e: unknown) => this.context.fail(e, true));
      return true;
    }
    void this.#saver.flush();
    return true;
  }

  link(place: Place): boolean {
    if (place.path !== `${this.#pane.address}/delete`) return false;
    void this.#answers.askDelete().catch((e: unknown) => this.context.fail(e));
    return true;
  }

  close(): Promise<void> {
    this.#doc.left = true;
    if (!this.#doc.closed) this.#doc.last = this.#pane.typed;
    const saved = this.#saver.flush().finally(() => this.#tabs.close());
    if (!this.#doc.closed && this.#doc.mine !== undefined && this.#doc.theirs === undefined) dropWhenSent(this.context, this.id, this.#doc.mine);
    this.#doc.closed = true;
    clearTimeout(this.#doc.looks);
    for (const stop of this.#stops) stop();
    this.#others.close();
    return saved;
  }
}

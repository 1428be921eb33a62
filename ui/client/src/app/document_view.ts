// A document that is open: what is typed, what is stored, and what another device
// or another tab makes of it. What is typed is saved by itself. When another
// device saved meanwhile, both texts are shown and the person decides; of several
// tabs of this browser one writes.
import type { Row } from "../../../../sync/client/src/local";
import { confirmFirst } from "./confirm";
import { lostTexts } from "./document_conflict";
import { dropWhenSent, nameOf, readDocumentDraft, writeDocumentDraft, type DocumentDraft } from "./document_draft";
import { DocumentPane, modeOf, type Mode } from "./document_pane";
import { DocumentTabs } from "./document_tabs";
import { cleanOr, cleanTexts, createPost, deletePost, postTitle, sameTexts, savePost, textsOf, tooLong, type PostKind, type Texts } from "./document_write";
import type { Context, View } from "./page";
import { projectOf } from "./project_home";
import type { Project } from "./project_read";
import { hrefOf, segment, type Place } from "./router";
import { Refused } from "./thread_write";

type Post = Row<"posts">;
/** How long after the last key a text is saved. */
const pause = 800;
/** How long after the last key the preview is drawn. */
const glance = 120;

export class DocumentView implements View {
  /** The stored text the typed one goes on from; undefined while it is new. */
  #base: Texts | undefined;
  /** What this page wrote and the server has not acknowledged. */
  #mine: Texts | undefined;
  #row: Post | undefined;
  #theirs: Texts | undefined;
  #gone = false;
  /** Another tab writes it: this one shows what is stored. */
  #elsewhere = false;
  #wanted = false; // and the person asks to write here
  #mode: Mode = "both";
  #timer = 0;
  #looks = 0;
  #saving: Promise<void> = Promise.resolve();
  #following = false;
  #closed = false;
  readonly #pane: DocumentPane;
  readonly #tabs: DocumentTabs;
  readonly #stops: (() => void)[] = [];

  constructor(private readonly context: Context, main: HTMLElement, private readonly kind: PostKind, private readonly id: string) {
    this.#pane = new DocumentPane(context, main, kind, id);
    const boxes = (): Texts | undefined => (this.#closed || this.#row === undefined ? undefined : this.#pane.typed); // else they may be another page's
    this.#tabs = new DocumentTabs(context.store.db.name, id, context.store.newId(), {
      writes: () => boxes() !== undefined,
      busy: () => {
        const typed = boxes();
        return typed !== undefined && this.#base !== undefined && !sameTexts(cleanOr(typed), this.#base);
      },
      turned: (mine) => this.#turned(mine).catch((e: unknown) => this.context.fail(e)),
      give: async () => {
        await this.#flush();
        return this.#theirs === undefined && !this.#gone; // a question is answered where it was asked
      },
      lost: (conflict) => this.#lost(conflict),
    });
    const typed = (e: Event): void => {
      if (e.target instanceof Element && e.target.closest("#document") !== null) this.#typed();
    };
    const leave = (): void => {
      void this.#flush();
      this.#tabs.leave();
    };
    const back = (e: PageTransitionEvent): void => {
      if (e.persisted) this.#tabs.back();
    };
    const hide = (): void => {
      if (document.visibilityState === "hidden") void this.#flush();
    };
    main.addEventListener("input", typed);
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    document.addEventListener("visibilitychange", hide);
    this.#stops.push(
      () => main.removeEventListener("input", typed), () => removeEventListener("pagehide", leave), () => removeEventListener("pageshow", back),
      () => document.removeEventListener("visibilitychange", hide),
      context.unsent.onChange(() => this.#say()),
      context.store.events.on("sync.conflict:action:detected", (c) => (this.#elsewhere ? this.#tabs.pass(c) : this.#lost(c))),
    );
  }

  showNew(): void {
    this.#mode = "write";
    this.#pane.drawNew();
    this.#say();
  }

  /** Opens what is stored. A draft may be another tab's, so that is asked for first. */
  async open(row: Post, mode: Mode, home: Project | undefined): Promise<void> {
    this.#pane.stand(home, false);
    const draft = this.#draft();
    this.#mode = mode;
    if (this.context.readOnly() === "" && (mode !== "read" || draft !== undefined)) {
      const asked = this.#tabs.begin();
      if (draft !== undefined && !sameTexts(draft, row)) await asked;
    }
    this.#show(row);
  }

  #draft(): DocumentDraft | undefined {
    return this.context.readOnly() === "" ? readDocumentDraft(this.context.workspace, this.id) : undefined;
  }

  #show(row: Post): void {
    this.#row = row;
    this.#base = textsOf(row);
    this.#theirs = undefined;
    this.#gone = false;
    this.#elsewhere = !this.#tabs.mine;
    this.#follow();
    const draft = this.#elsewhere ? undefined : this.#draft();
    if (draft === undefined || sameTexts(draft, row)) {
      if (draft !== undefined) this.#wrote(row);
      this.#draw(row);
      return;
    }
    if (this.#mode === "read") this.#mode = "both";
    if (draft.base !== nameOf(row)) {
      this.#disagree(textsOf(row), draft);
      return;
    }
    this.#draw(draft);
    this.#typed();
  }

  /** Another tab writes, or this one may again. */
  async #turned(mine: boolean): Promise<void> {
    if (this.#closed || this.#base === undefined) return;
    if (mine && !this.#elsewhere) {
      this.#typed(); // it has typed on: the draft is its own
      return;
    }
    clearTimeout(this.#timer);
    const row = await this.context.store.db.posts.get(this.id);
    if (this.#closed || mine !== this.#tabs.mine) return;
    this.#mine = undefined;
    this.#pane.clear();
    if (row === undefined) this.context.go(this.#pane.list, { replace: true });
    else this.#show(row);
    if (mine && this.#wanted) this.#pane.box?.focus({ preventScroll: true });
    this.#wanted = false;
  }

  act(name: string, button: HTMLElement): boolean {
    if (name !== "write-here" || !this.#elsewhere) return false;
    if (this.#wanted) return true;
    this.#wanted = true;
    button.ariaDisabled = "true";
    if (this.#mode === "read") this.#mode = "both";
    void this.#tabs.take().then((mine) => {
      if (mine) return;
      this.#wanted = false;
      this.#pane.sayElsewhere("The other tab has a question about it: two versions, or a deletion. Answer it there first.");
    });
    return true;
  }

  /** Draws the page around a text. */
  #draw(text: Texts): void {
    clearTimeout(this.#looks);
    this.#theirs = undefined;
    this.#pane.draw(text, this.#mode, this.#elsewhere);
    this.#say();
  }

  /** What stands in the boxes, or what is stored while there are none. */
  #texts(): Texts {
    return this.#pane.typed ?? this.#base ?? { title: "", content: "" };
  }

  /** Draws what is typed by now, unless the page has become another one. */
  #glance(): void {
    if (!this.#closed && this.#theirs === undefined && !this.#gone) this.#pane.look(this.#texts(), this.#base !== undefined);
  }

  #typed(): void {
    if (this.#closed || this.#elsewhere) return;
    const now = this.#texts();
    writeDocumentDraft(this.context.workspace, this.id, { ...now, base: this.#base === undefined ? "" : nameOf(this.#base) });
    if (this.#theirs !== undefined) return; // the person decides first
    if (this.#gone) return;
    clearTimeout(this.#looks);
    this.#looks = window.setTimeout(() => this.#glance(), glance);
    this.#say("Not saved yet");
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#flush(), pause);
  }

  /** Saves what is typed now, one after the other. The boxes may be another page's by the time. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pane.typed === undefined || this.#closed) return this.#saving;
    const typed = this.#texts();
    this.#saving = this.#saving.then(() => this.#save(typed)).catch((e: unknown) => this.context.fail(e));
    return this.#saving;
  }

  async #save(typed: Texts): Promise<void> {
    if (this.#theirs !== undefined || this.#gone || this.context.readOnly() !== "") return;
    let now: Texts;
    try {
      now = cleanTexts(typed);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.#refuse({ field: "title", message: e.message });
      return;
    }
    if (tooLong(now.content)) {
      this.#refuse({ field: "content", message: "A document has at most 200,000 bytes. Split it into two." });
      return;
    }
    this.#refuse(undefined);
    const { store } = this.context;
    if (this.#base === undefined) {
      if (now.title === "" && now.content.trim() === "") return;
      const made = await createPost(store, this.id, this.kind, now);
      if (made === undefined) return;
      this.#row = made;
      this.#base = now;
      this.#wrote(made);
      if (this.#closed) return;
      this.#follow();
      void this.#tabs.begin();
      history.replaceState(null, "", hrefOf(this.#pane.address + "?view=write"));
      // The page of what is written now, below the very same boxes.
      this.#mode = "write";
      this.#draw(this.#texts());
      if (!sameTexts(this.#texts(), now)) this.#typed();
      return;
    }
    if (sameTexts(now, this.#base)) {
      if (this.#row !== undefined) this.#wrote(this.#row);
      this.#say();
      return;
    }
    const saved = await savePost(store, this.id, this.#base, now);
    if ("row" in saved) {
      this.#base = now;
      this.#row = saved.row;
      this.#wrote(saved.row);
      this.#say(sameTexts(cleanOr(this.#texts()), now) ? undefined : "Not saved yet");
    } else if ("theirs" in saved) this.#disagree(textsOf(saved.theirs), now);
    else this.#deleted();
  }

  #refuse(why: { readonly field: string; readonly message: string } | undefined): void {
    if (!this.#closed && this.#pane.refuse(why)) this.#say("Not saved");
  }

  /** Remembers what of ours the server does not have; forgets the draft once it has. */
  #wrote(row: Post): void {
    const acknowledged = this.context.store.local || row.server_version > 0;
    this.#mine = acknowledged ? undefined : textsOf(row);
    const typed = this.#closed ? textsOf(row) : (this.#pane.typed ?? textsOf(row));
    writeDocumentDraft(this.context.workspace, this.id, acknowledged && sameTexts(cleanOr(typed), row) ? undefined : { ...typed, base: nameOf(row) });
    if (this.#closed && !acknowledged) dropWhenSent(this.context, this.id, textsOf(row));
  }

  #follow(): void {
    if (this.#following) return;
    this.#following = true;
    this.#stops.push(
      this.context.live(() => this.context.store.db.posts.get(this.id), (now) => this.#changed(now)),
      this.context.live(() => projectOf(this.context.store, { kind: "post", id: this.id }), (home) => this.#pane.stand(home, !this.#closed)),
    );
  }

  /** The row on this device is another one than before. */
  #changed(now: Post | undefined): void {
    if (this.#closed || this.#base === undefined) return;
    if (now === undefined) {
      this.#deleted();
      return;
    }
    this.#gone = false;
    this.#row = now;
    if (this.#elsewhere) {
      const other = !sameTexts(now, this.#base);
      this.#base = textsOf(now);
      if (other) this.#draw(now);
      else this.#say();
      return;
    }
    if (this.#theirs !== undefined) {
      if (!sameTexts(now, this.#theirs) && !sameTexts(now, this.#base)) this.#disagree(textsOf(now), this.#texts());
      return;
    }
    const typed = cleanOr(this.#texts());
    if (sameTexts(now, this.#base)) {
      if (this.#mine !== undefined && now.server_version > 0) this.#wrote(now);
      this.#say();
      return;
    }
    if (sameTexts(now, typed)) {
      this.#base = textsOf(now);
      this.#wrote(now);
      this.#say();
      return;
    }
    const edits = !sameTexts(typed, this.#base) ? typed : this.#mine;
    if (edits !== undefined && this.context.readOnly() === "") {
      this.#disagree(textsOf(now), edits);
      return;
    }
    this.#base = textsOf(now);
    this.#draw(textsOf(now));
  }

  /** The other text lost against this device's: it is shown all the same. */
  #lost(conflict: unknown): void {
    const theirs = lostTexts(conflict, this.id);
    if (this.#closed || theirs === undefined || this.#base === undefined) return;
    const mine = this.#theirs === undefined ? cleanOr(this.#texts()) : this.#texts();
    if (!sameTexts(theirs, mine)) this.#disagree(theirs, mine);
  }

  /** Both texts on the page: ours to write on, theirs to read. */
  #disagree(theirs: Texts, mine: Texts): void {
    clearTimeout(this.#timer);
    this.#theirs = theirs;
    writeDocumentDraft(this.context.workspace, this.id, { ...mine, base: this.#base === undefined || sameTexts(this.#base, theirs) ? "other" : nameOf(this.#base) });
    if (this.#closed) return; // the page is another one: the question waits in the draft
    this.#pane.drawBoth(mine, theirs, this.#row);
  }

  #deleted(): void {
    if (this.#gone || this.#closed) return;
    const typed = cleanOr(this.#texts());
    const edits = this.#base !== undefined && !sameTexts(typed, this.#base) ? typed : this.#theirs !== undefined ? typed : this.#mine;
    if (edits === undefined) {
      this.context.go(this.#pane.list, { replace: true });
      return;
    }
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#refuse({ field: "content", message: `This ${this.#pane.noun} was deleted while you were writing. Save it to keep your text as a new one.` });
  }

  /** The line that says whether it is saved. */
  #say(words?: string): void {
    if (!this.#closed && this.#theirs === undefined) this.#pane.say(this.#row, words);
  }

  move(place: Place): boolean {
    if (place.path.endsWith("/documents")) return false;
    if (place.path !== this.#pane.address) return false;
    if (this.#theirs !== undefined) {
      if (place.query.get("theirs") === null) return true;
      void this.#dropMine();
      return true;
    }
    void this.#flush().then(() => {
      if (this.#closed || this.#theirs !== undefined) return;
      const before = this.#mode;
      this.#mode = modeOf(place);
      this.#draw(this.#texts());
      if (before === "read" && this.#mode !== "read" && !this.#elsewhere && this.context.readOnly() === "") void this.#tabs.begin();
    });
    return true;
  }

  async #dropMine(): Promise<void> {
    const theirs = this.#theirs;
    if (theirs === undefined) return;
    this.#theirs = undefined;
    this.#mine = undefined;
    writeDocumentDraft(this.context.workspace, this.id, undefined);
    const row = await this.context.store.db.posts.get(this.id);
    if (row === undefined) {
      if (!this.#closed) this.context.go(this.#pane.list, { replace: true });
      return;
    }
    // Theirs may have lost against what this device stored: then it is stored again.
    const saved = sameTexts(row, theirs) ? { row } : await savePost(this.context.store, this.id, textsOf(row), theirs);
    if ("row" in saved) this.#row = saved.row;
    if (this.#closed) return;
    this.#base = theirs;
    this.#pane.clear();
    this.#draw(theirs);
    history.replaceState(null, "", hrefOf(this.#pane.address));
  }

  submit(form: HTMLFormElement, submitter: HTMLElement | null): boolean {
    if (form.id !== "document") return false;
    const mine = this.#texts();
    if (this.#gone || submitter?.hasAttribute("formaction") === true) {
      void this.#saveAsAnother(mine).catch((e: unknown) => this.context.fail(e));
      return true;
    }
    if (this.#theirs !== undefined) {
      void this.#keepMine(mine).catch((e: unknown) => this.context.fail(e));
      return true;
    }
    void this.#flush();
    return true;
  }

  async #keepMine(mine: Texts): Promise<void> {
    const row = await this.context.store.db.posts.get(this.id);
    if (this.#closed) return; // the question waits in the draft
    if (row === undefined) {
      this.#deleted();
      return;
    }
    this.#theirs = undefined;
    this.#base = textsOf(row);
    this.#row = row;
    this.#draw(mine);
    this.#typed();
    await this.#flush();
  }

  async #saveAsAnother(mine: Texts): Promise<void> {
    const id = this.context.store.newId();
    const made = await createPost(this.context.store, id, this.kind, cleanTexts(mine));
    if (made === undefined) return;
    writeDocumentDraft(this.context.workspace, this.id, undefined);
    this.#theirs = undefined;
    this.#closed = true;
    this.context.go(`/w/${encodeURIComponent(this.context.workspace)}/documents/${segment(id)}`);
  }

  link(place: Place): boolean {
    if (place.path !== `${this.#pane.address}/delete`) return false;
    const title = postTitle({ title: this.#texts().title, post_type: this.kind });
    const whom = this.context.me === null ? "" : ` It goes for everyone in ${this.context.site}.`;
    confirmFirst({ title: `Delete ${this.#pane.noun} ${title}?`, text: `This cannot be undone.${whom}`, keep: "Keep it", do: `Delete ${this.#pane.noun}` }, () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      writeDocumentDraft(this.context.workspace, this.id, undefined);
      void deletePost(this.context.store, this.id).then(() => this.context.go(this.#pane.list, { replace: true }), (e: unknown) => this.context.fail(e));
    });
    return true;
  }

  close(): void {
    void this.#flush().finally(() => this.#tabs.close());
    if (!this.#closed && this.#mine !== undefined && this.#theirs === undefined) dropWhenSent(this.context, this.id, this.#mine);
    this.#closed = true;
    clearTimeout(this.#looks);
    for (const stop of this.#stops) stop();
  }
}

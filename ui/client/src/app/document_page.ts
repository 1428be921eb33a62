// /w/:workspace/documents/:document: one document or prompt, to write and to
// read. What is typed is saved by itself. When another device saved meanwhile,
// both texts are shown and the person decides.
import type { Row } from "../../../../sync/client/src/local";
import { icon } from "../dom";
import { cloneAll, fillParts, slot } from "./blueprint";
import { confirmFirst } from "./confirm";
import { nameOf, readDocumentDraft, writeDocumentDraft } from "./document_draft";
import { cleanTexts, createPost, deletePost, nounOf, postTitle, sameTexts, savePost, tooLong, type PostKind, type Texts } from "./document_write";
import { drawMarkdown } from "./markdown";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import { drawHome, projectOf } from "./project_home";
import type { Project } from "./project_read";
import { showRefusal } from "./refusal";
import { hrefOf, segment, type Place } from "./router";
import { plural } from "./text";
import { Refused } from "./thread_write";

type Post = Row<"posts">;
type Mode = "write" | "both" | "read";
/** How long after the last key a text is saved. */
const pause = 800;
/** How long after the last key the preview is drawn. */
const glance = 120;

export const documentPage: Page = {
  paths: ["/w/:workspace/documents/:document"],
  nav: "documents",
  open: async (context, place, params, main) => {
    const row = await context.store.db.posts.get(params["document"] ?? "");
    if (row === undefined || (row.post_type !== "markdown" && row.post_type !== "prompt")) return undefined;
    const home = await projectOf(context.store, { kind: "post", id: row.id });
    const view = new DocumentView(context, main, row.post_type, row.id);
    view.show(row, modeOf(place), home);
    return view;
  },
};

/** The page of a document that is not written yet. */
export function openNew(context: Context, kind: PostKind, main: HTMLElement): View {
  const view = new DocumentView(context, main, kind, context.store.newId());
  view.showNew();
  return view;
}

function modeOf(place: Place): Mode {
  const m = place.query.get("view");
  return m === "write" || m === "read" ? m : "both";
}

class DocumentView implements View {
  /** The stored text the typed one goes on from; undefined while it is new. */
  #base: Texts | undefined;
  /** What this page wrote and the server has not acknowledged. */
  #mine: Texts | undefined;
  #row: Post | undefined;
  #theirs: Texts | undefined;
  #home: Project | undefined;
  #gone = false;
  #mode: Mode = "both";
  #timer = 0;
  #looks = 0;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #stops: (() => void)[] = [];

  constructor(private readonly context: Context, private readonly main: HTMLElement, private readonly kind: PostKind, private readonly id: string) {
    const typed = (e: Event): void => {
      if (e.target instanceof Element && e.target.closest("#document") !== null) this.#typed();
    };
    const leave = (): void => void this.#flush();
    const hide = (): void => {
      if (document.visibilityState === "hidden") leave();
    };
    main.addEventListener("input", typed);
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", hide);
    this.#stops.push(
      () => main.removeEventListener("input", typed), () => removeEventListener("pagehide", leave), () => document.removeEventListener("visibilitychange", hide),
      context.unsent.onChange(() => this.#say()),
      context.store.events.on("sync.conflict:action:detected", (c) => this.#lost(c)),
    );
  }

  get #noun(): string {
    return nounOf(this.kind);
  }

  get #address(): string {
    return `/w/${encodeURIComponent(this.context.workspace)}/documents/${segment(this.id)}`;
  }

  get #list(): string {
    return `/w/${encodeURIComponent(this.context.workspace)}/documents${this.kind === "prompt" ? "?kind=prompt" : ""}`;
  }

  showNew(): void {
    this.#mode = "write";
    this.#place(cloneAll(`${this.#noun}-new`, { workspace: this.context.workspace }));
    this.#say();
    this.context.title(`New ${this.#noun}`);
    this.main.querySelector<HTMLElement>("input[name=title]")?.focus();
  }

  show(row: Post, mode: Mode, home: Project | undefined): void {
    this.#row = row;
    this.#mode = mode;
    this.#home = home;
    const draft = this.context.readOnly() === "" ? readDocumentDraft(this.context.workspace, this.id) : undefined;
    this.#base = texts(row);
    this.#follow();
    if (draft === undefined || sameTexts(draft, row)) {
      if (draft !== undefined) this.#wrote(row);
      this.#draw(row);
      return;
    }
    if (draft.base !== nameOf(row)) {
      this.#disagree(texts(row), draft);
      return;
    }
    this.#draw(draft);
    this.#typed();
  }

  /** Draws the page around a text. */
  #draw(text: Texts): void {
    this.#theirs = undefined;
    const writes = this.context.readOnly() === "";
    const reading = !writes || this.#mode === "read";
    const panes = cloneAll(this.#noun + (reading ? "-read" : ""), { workspace: this.context.workspace, document: this.id, title: text.title, why: this.context.readOnly() }, {
      title: postTitle({ title: text.title, post_type: this.kind }), ...(writes ? { why: false } : { modes: false }),
    });
    for (const a of panes.querySelectorAll<HTMLAnchorElement>("[data-slot=modes] a")) {
      if (a.textContent?.toLowerCase() === this.#mode) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    }
    if (!writes) panes.querySelector("#document-menu")?.remove();
    if (!reading && this.#mode === "write") {
      panes.querySelector(".doc-read")?.remove();
      panes.querySelector(".doc-halves")?.classList.replace("doc-mode-both", "doc-mode-write");
    }
    this.#place(panes, text);
    this.context.title(postTitle({ title: text.title, post_type: this.kind }));
    this.#look(text);
    this.#say();
  }

  #place(panes: DocumentFragment, text: Texts = { title: "", content: "" }): void {
    panes.querySelector("button[name=preview]")?.remove(); // it is beside the text as one types
    drawHome(this.context, panes, "title", "document-home", this.#home);
    const [title, box] = [this.#title, this.#box];
    const kept = { at: document.activeElement, scroll: box?.scrollTop ?? 0 };
    showPanes(this.main, panes);
    document.body.classList.add("pane-read-shown");
    document.body.classList.remove("pane-list-shown");
    if (this.#title !== null && this.#title.value !== text.title) this.#title.value = text.title;
    if (this.#box !== null && this.#box.value !== text.content) this.#box.value = text.content;
    if (kept.at !== null && (kept.at === title || kept.at === box) && kept.at instanceof HTMLElement && kept.at.isConnected) kept.at.focus({ preventScroll: true });
    if (this.#box !== null) this.#box.scrollTop = kept.scroll;
  }

  get #title(): HTMLInputElement | null {
    return this.main.querySelector<HTMLInputElement>("#document input[name=title]");
  }

  get #box(): HTMLTextAreaElement | null {
    return this.main.querySelector<HTMLTextAreaElement>("#document textarea[name=content]");
  }

  /** What stands in the boxes, or what is stored while there are none. */
  #texts(): Texts {
    const [title, box] = [this.#title, this.#box];
    if (title === null || box === null) return this.#base ?? { title: "", content: "" };
    return { title: title.value, content: box.value };
  }

  /** The preview, the count of words and the heading. */
  #look(text: Texts): void {
    clearTimeout(this.#looks);
    const prose = slot(this.main, "prose");
    if (prose !== null) {
      const drawn = drawMarkdown(text.content);
      if (drawn.length > 0) prose.replaceChildren(...drawn);
      else {
        const none = document.createElement("p");
        none.className = "quiet";
        none.textContent = "Nothing is written here yet.";
        prose.replaceChildren(none);
      }
    }
    fillParts(this.main, { words: plural(text.content.split(/\s+/).filter((w) => w !== "").length, "word", "words") });
    if (this.#base !== undefined) fillParts(this.main, { title: postTitle({ title: text.title, post_type: this.kind }) });
  }

  /** Draws what is typed by now, unless the page has become another one. */
  #glance(): void {
    if (!this.#closed && this.#theirs === undefined && !this.#gone) this.#look(this.#texts());
  }

  #typed(): void {
    if (this.#closed) return;
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
    if (this.#title === null || this.#closed) return this.#saving;
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
      history.replaceState(null, "", hrefOf(this.#address + "?view=write"));
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
    } else if ("theirs" in saved) this.#disagree(texts(saved.theirs), now);
    else this.#deleted();
  }

  #refuse(why: { readonly field: string; readonly message: string } | undefined): void {
    const form = this.#closed ? null : this.main.querySelector<HTMLFormElement>("#document");
    if (form === null || (why === undefined && form.querySelector(".field-error") === null)) return;
    const at = document.activeElement;
    showRefusal(form, why);
    if (at instanceof HTMLElement && form.contains(at)) at.focus({ preventScroll: true }); // nobody is torn from where they write
    if (why !== undefined) this.#say("Not saved");
  }

  /** Remembers what of ours the server does not have; forgets the draft once it has. */
  #wrote(row: Post): void {
    const acknowledged = this.context.store.local || row.server_version > 0;
    this.#mine = acknowledged ? undefined : texts(row);
    const typed = this.#closed || this.#title === null ? texts(row) : this.#texts();
    writeDocumentDraft(this.context.workspace, this.id, acknowledged && sameTexts(cleanOr(typed), row) ? undefined : { ...typed, base: nameOf(row) });
    if (this.#closed && !acknowledged) this.#await(texts(row));
  }

  #follow(): void {
    this.#stops.push(
      this.context.live(() => this.context.store.db.posts.get(this.id), (now) => this.#changed(now)),
      this.context.live(() => projectOf(this.context.store, { kind: "post", id: this.id }), (home) => {
        this.#home = home;
        if (!this.#closed) drawHome(this.context, this.main, "title", "document-home", home);
      }),
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
    if (this.#theirs !== undefined) {
      if (!sameTexts(now, this.#theirs) && !sameTexts(now, this.#base)) this.#disagree(texts(now), this.#texts());
      return;
    }
    const typed = cleanOr(this.#texts());
    if (sameTexts(now, this.#base)) {
      if (this.#mine !== undefined && now.server_version > 0) this.#wrote(now);
      this.#say();
      return;
    }
    if (sameTexts(now, typed)) {
      this.#base = texts(now);
      this.#wrote(now);
      this.#say();
      return;
    }
    const edits = !sameTexts(typed, this.#base) ? typed : this.#mine;
    if (edits !== undefined && this.context.readOnly() === "") {
      this.#disagree(texts(now), edits);
      return;
    }
    this.#base = texts(now);
    this.#draw(texts(now));
  }

  /** The other text lost against this device's: it is shown all the same. */
  #lost(conflict: unknown): void {
    if (this.#closed || !isConflict(conflict) || conflict.pk !== this.id || conflict.tableName !== "posts" || conflict.winner !== "local") return;
    const { title, content } = conflict.remote.payload ?? {};
    if (typeof title !== "string" || typeof content !== "string" || this.#base === undefined) return;
    const theirs = { title, content };
    const mine = this.#theirs === undefined ? cleanOr(this.#texts()) : this.#texts();
    if (!sameTexts(theirs, mine)) this.#disagree(theirs, mine);
  }

  /** Both texts on the page: ours to write on, theirs to read. */
  #disagree(theirs: Texts, mine: Texts): void {
    clearTimeout(this.#timer);
    this.#theirs = theirs;
    writeDocumentDraft(this.context.workspace, this.id, { ...mine, base: this.#base === undefined || sameTexts(this.#base, theirs) ? "other" : nameOf(this.#base) });
    this.#place(cloneAll(`${this.#noun}-theirs`, { workspace: this.context.workspace, document: this.id, title: mine.title, theirs: theirs.title || "Without a title" }, {
      title: postTitle({ title: mine.title, post_type: this.kind }), theirs: theirs.content,
      "theirs-when": this.#row === undefined ? "Another device’s version" : ["Another device’s version, saved ", this.context.clock().short(this.#row.updated_at)].map((x) => (typeof x === "string" ? document.createTextNode(x) : x)),
    }), mine);
    this.main.querySelector<HTMLElement>("[data-focus]")?.focus();
  }

  #deleted(): void {
    if (this.#gone || this.#closed) return;
    const typed = cleanOr(this.#texts());
    const edits = this.#base !== undefined && !sameTexts(typed, this.#base) ? typed : this.#theirs !== undefined ? typed : this.#mine;
    if (edits === undefined) {
      this.context.go(this.#list, { replace: true });
      return;
    }
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#refuse({ field: "content", message: `This ${this.#noun} was deleted while you were writing. Save it to keep your text as a new one.` });
  }

  /** The line that says whether it is saved. */
  #say(words?: string): void {
    if (this.#closed) return;
    const e = slot(this.main, "saved");
    if (e === null || this.#theirs !== undefined) return;
    const row = this.#row;
    if (words !== undefined || row === undefined) {
      e.textContent = words ?? "Saved as you write";
      return;
    }
    const state = this.context.unsent.of("posts", this.id);
    const when = this.context.clock().short(row.updated_at);
    if (state === "failed") e.replaceChildren(icon("circle-alert", "s"), "Not sent");
    else if (state === "waiting") e.replaceChildren(icon("clock", "s"), "Saved here, waiting to send");
    else e.replaceChildren(icon("check", "s"), "Saved ", when);
  }

  move(place: Place): boolean {
    if (place.path.endsWith("/documents")) return false;
    if (place.path !== this.#address) return false;
    if (this.#theirs !== undefined) {
      if (place.query.get("theirs") === null) return true;
      void this.#dropMine();
      return true;
    }
    void this.#flush().then(() => {
      if (this.#closed || this.#theirs !== undefined) return;
      this.#mode = modeOf(place);
      this.#draw(this.#texts());
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
      this.context.go(this.#list, { replace: true });
      return;
    }
    // Theirs may have lost against what this device stored: then it is stored again.
    const saved = sameTexts(row, theirs) ? { row } : await savePost(this.context.store, this.id, texts(row), theirs);
    if ("row" in saved) this.#row = saved.row;
    this.#base = theirs;
    this.#clear();
    this.#draw(theirs);
    history.replaceState(null, "", hrefOf(this.#address));
  }

  /** Lets the next drawing fill the boxes anew. */
  #clear(): void {
    this.main.querySelector("#document")?.remove();
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
    if (row === undefined) {
      this.#deleted();
      return;
    }
    this.#theirs = undefined;
    this.#base = texts(row);
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
    if (place.path !== `${this.#address}/delete`) return false;
    const title = postTitle({ title: this.#texts().title, post_type: this.kind });
    const whom = this.context.me === null ? "" : ` It goes for everyone in ${this.context.site}.`;
    confirmFirst({ title: `Delete ${this.#noun} ${title}?`, text: `This cannot be undone.${whom}`, keep: "Keep it", do: `Delete ${this.#noun}` }, () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      writeDocumentDraft(this.context.workspace, this.id, undefined);
      void deletePost(this.context.store, this.id).then(() => this.context.go(this.#list, { replace: true }), (e: unknown) => this.context.fail(e));
    });
    return true;
  }

  /** The page is gone, the server does not have its text yet: the draft goes when it has. */
  #await(mine: Texts): void {
    const stop = this.context.live(() => this.context.store.db.posts.get(this.id), (row) => {
      const ours = row !== undefined && sameTexts(row, mine);
      if (ours && row.server_version === 0) return;
      queueMicrotask(() => stop());
      const draft = readDocumentDraft(this.context.workspace, this.id);
      if (ours && draft !== undefined && sameTexts(cleanOr(draft), mine)) writeDocumentDraft(this.context.workspace, this.id, undefined);
    });
  }

  close(): void {
    void this.#flush();
    if (!this.#closed && this.#mine !== undefined && this.#theirs === undefined) this.#await(this.#mine);
    this.#closed = true;
    clearTimeout(this.#looks);
    for (const stop of this.#stops) stop();
  }
}

const texts = (row: Texts): Texts => ({ title: row.title, content: row.content });

/** Texts as they would be stored; as they are where they cannot be. */
function cleanOr(t: Texts): Texts {
  try {
    return cleanTexts(t);
  } catch {
    return t;
  }
}

interface Conflict {
  readonly tableName: string;
  readonly pk: string;
  readonly winner: string;
  readonly remote: { readonly payload?: Readonly<Record<string, unknown>> };
}

function isConflict(v: unknown): v is Conflict {
  return typeof v === "object" && v !== null && "tableName" in v && "pk" in v && "winner" in v && "remote" in v && typeof v.remote === "object" && v.remote !== null;
}

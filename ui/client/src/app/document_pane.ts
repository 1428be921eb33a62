// A document on the page: the boxes to write in, the text as it reads, and the
// line that says whether it is saved. What is to be shown is decided elsewhere.
import type { Row } from "../../../../sync/client/src/local";
import { icon, make } from "../dom";
import { cloneAll, fillParts, slot } from "./blueprint";
import { nounOf, postTitle, type PostKind, type Texts } from "./document_write";
import { drawMarkdown } from "./markdown";
import type { Context } from "./page";
import { showPanes } from "./panes";
import { drawHome } from "./project_home";
import type { Project } from "./project_read";
import { showRefusal } from "./refusal";
import { segment, type Place } from "./router";
import { plural } from "./text";

export type Mode = "write" | "both" | "read";

export function modeOf(place: Place): Mode {
  const m = place.query.get("view");
  return m === "write" || m === "read" ? m : "both";
}

export class DocumentPane {
  readonly noun: "document" | "prompt";
  readonly address: string;
  readonly list: string;
  /** The project it stands in. */
  #home: Project | undefined;

  constructor(private readonly context: Context, private readonly main: HTMLElement, private readonly kind: PostKind, private readonly id: string) {
    this.noun = nounOf(kind);
    const base = `/w/${encodeURIComponent(context.workspace)}/documents`;
    this.address = `${base}/${segment(id)}`;
    this.list = `${base}${kind === "prompt" ? "?kind=prompt" : ""}`;
  }

  get title(): HTMLInputElement | null {
    return this.main.querySelector<HTMLInputElement>("#document input[name=title]");
  }

  get box(): HTMLTextAreaElement | null {
    return this.main.querySelector<HTMLTextAreaElement>("#document textarea[name=content]");
  }

  get form(): HTMLFormElement | null {
    return this.main.querySelector<HTMLFormElement>("#document");
  }

  /** What stands in the boxes; undefined while there are none. */
  get typed(): Texts | undefined {
    const { title, box } = this;
    return title === null || box === null ? undefined : { title: title.value, content: box.value };
  }

  /** Says above the text where it stands. `drawn` = the page is there. */
  stand(home: Project | undefined, drawn: boolean): void {
    this.#home = home;
    if (drawn) drawHome(this.context, this.main, "title", "document-home", home);
  }

  /** An empty page for a document that is not written yet. */
  drawNew(): void {
    this.#place(cloneAll(`${this.noun}-new`, { workspace: this.context.workspace }));
    this.context.title(`New ${this.noun}`);
    this.title?.focus();
  }

  /** A text, to write on or, with `mode` read or while another tab writes it, to read. */
  draw(text: Texts, mode: Mode, elsewhere: boolean): void {
    const writes = this.context.readOnly() === "";
    const reading = !writes || elsewhere || mode === "read";
    const title = postTitle({ title: text.title, post_type: this.kind });
    const panes = cloneAll(this.noun + (reading ? "-read" : ""), { workspace: this.context.workspace, document: this.id, title: text.title, why: this.context.readOnly() }, {
      title, ...(!writes || elsewhere ? { modes: false } : {}), ...(elsewhere ? { why: this.#elsewhere() } : writes ? { why: false } : {}),
    });
    for (const a of panes.querySelectorAll<HTMLAnchorElement>("[data-slot=modes] a")) {
      if (a.textContent?.toLowerCase() === mode) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    }
    if (!writes) panes.querySelector("#document-menu")?.remove();
    if (!reading && mode === "write") {
      panes.querySelector(".doc-read")?.remove();
      panes.querySelector(".doc-halves")?.classList.replace("doc-mode-both", "doc-mode-write");
    }
    this.#place(panes, text);
    this.context.title(title);
    this.look(text, true);
  }

  /** Both texts: ours to write on, theirs to read. */
  drawBoth(mine: Texts, theirs: Texts, row: Row<"posts"> | undefined): void {
    this.#place(cloneAll(`${this.noun}-theirs`, { workspace: this.context.workspace, document: this.id, title: mine.title, theirs: theirs.title || "Without a title" }, {
      title: postTitle({ title: mine.title, post_type: this.kind }), theirs: theirs.content,
      "theirs-when": row === undefined ? "Another device’s version" : [document.createTextNode("Another device’s version, saved "), this.context.clock().short(row.updated_at)],
    }), mine);
    this.main.querySelector<HTMLElement>("[data-focus]")?.focus();
  }

  /** The preview, the count of words and, of a document that is stored, the heading. */
  look(text: Texts, stored: boolean): void {
    const prose = slot(this.main, "prose");
    if (prose !== null) {
      const drawn = drawMarkdown(text.content);
      prose.replaceChildren(...(drawn.length > 0 ? drawn : [make("p", "quiet", "Nothing is written here yet.")]));
    }
    fillParts(this.main, { words: plural(text.content.split(/\s+/).filter((w) => w !== "").length, "word", "words") });
    if (stored) fillParts(this.main, { title: postTitle({ title: text.title, post_type: this.kind }) });
  }

  /** The line that says whether it is saved. */
  say(row: Row<"posts"> | undefined, words?: string): void {
    const e = slot(this.main, "saved");
    if (e === null) return;
    if (words !== undefined || row === undefined) {
      e.textContent = words ?? "Saved as you write";
      return;
    }
    const state = this.context.unsent.of("posts", this.id);
    if (state === "failed") e.replaceChildren(icon("circle-alert", "s"), "Not sent");
    else if (state === "waiting") e.replaceChildren(icon("clock", "s"), "Saved here, waiting to send");
    else e.replaceChildren(icon("check", "s"), "Saved ", this.context.clock().short(row.updated_at));
  }

  /** Says what is wrong with the text, or takes it back. Nobody is torn from where they write. Tells whether something is wrong. */
  refuse(why: { readonly field: string; readonly message: string } | undefined): boolean {
    const { form } = this;
    if (form === null || (why === undefined && form.querySelector(".field-error") === null)) return false;
    const at = document.activeElement;
    showRefusal(form, why);
    if (at instanceof HTMLElement && form.contains(at)) at.focus({ preventScroll: true });
    return why !== undefined;
  }

  /** Says in the line that offers to write here why that is not possible now. */
  sayElsewhere(words: string): void {
    slot(this.main, "why")?.replaceChildren(...this.#elsewhere(words));
  }

  /** Lets the next drawing fill the boxes anew. */
  clear(): void {
    this.form?.remove();
  }

  #elsewhere(words = `This ${this.noun} is being written in another tab. What is saved there shows here.`): Node[] {
    const take = make("button", "link-button", "Write here");
    take.type = "button";
    take.dataset["act"] = "write-here";
    return [icon("pencil", "s"), make("span", "", words), take];
  }

  #place(panes: DocumentFragment, text: Texts = { title: "", content: "" }): void {
    panes.querySelector("button[name=preview]")?.remove(); // it is beside the text as one types
    drawHome(this.context, panes, "title", "document-home", this.#home);
    const [title, box] = [this.title, this.box];
    const kept = { at: document.activeElement, scroll: box?.scrollTop ?? 0 };
    showPanes(this.main, panes);
    document.body.classList.add("pane-read-shown");
    document.body.classList.remove("pane-list-shown");
    if (this.title !== null && this.title.value !== text.title) this.title.value = text.title;
    if (this.box !== null && this.box.value !== text.content) this.box.value = text.content;
    if (kept.at !== null && (kept.at === title || kept.at === box) && kept.at instanceof HTMLElement && kept.at.isConnected) kept.at.focus({ preventScroll: true });
    if (this.box !== null) this.box.scrollTop = kept.scroll;
  }
}

// A document on the page: the boxes to write in, the text as it reads, and the
// line that says whether it is saved. What is to be shown is decided elsewhere.
import type { Row } from "../../../../sync/client/src/local";
import { icon, make } from "../dom";
import { cloneAll, fillParts, slot } from "./blueprint";
import { conflictWords, standsOf } from "./document_conflict";
import { cleanOr, nounOf, postTitle, sameTexts, type PostKind, type Texts } from "./document_write";
import { drawMarkdown } from "./markdown";
import type { Context } from "./page";
import { pathOf } from "./form_act";
import { showPanes } from "./panes";
import { drawHome } from "./project_home";
import type { Project } from "./project_read";
import { showRefusal } from "./refusal";
import { hrefOf, segment, type Place } from "./router";
import { countWords, plural } from "./text";

export type Mode = "write" | "both" | "read";

export function modeOf(place: Place): Mode {
  const m = place.query.get("view");
  return m === "write" || m === "read" ? m : "both";
}

/** The address of a document that is not stored yet, from that of its list: a reload finds what was typed. */
export const newAddress = (list: string, id: string): string => `${list}${list.includes("?") ? "&" : "?"}new=1&id=${encodeURIComponent(id)}`;

export class DocumentPane {
  readonly noun: "document" | "prompt";
  readonly address: string;
  readonly list: string;
  /** The project it stands in. */
  #home: Project | undefined;
  /** The boxes on the page are its own, not those that the server drew. */
  #drawn = false;

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

  /** What stands in the boxes it has drawn; undefined while there are none. */
  get typed(): Texts | undefined {
    return this.#drawn ? this.found : undefined;
  }

  /** What stands in the boxes on the page, whoever drew them. */
  get found(): Texts | undefined {
    const { title, box } = this;
    return title === null || box === null ? undefined : { title: title.value, content: box.value };
  }

  /**
   * What was typed into the boxes that the server drew, and over which text: "" where the page was the answer
   * to a form, whose text is stored nowhere. Undefined where nothing was typed.
   */
  get early(): { readonly typed: Texts; readonly over: Texts | "" } | undefined {
    const { form, title, box, found } = this;
    if (this.#drawn || form?.dataset["typed"] === undefined || title === null || box === null || found === undefined || pathOf(form) !== this.address) return undefined;
    return { typed: found, over: form.dataset["typed"] === "" ? { title: title.defaultValue, content: box.defaultValue } : "" };
  }

  /** Says above the text where it stands. `drawn` = the page is there. */
  stand(home: Project | undefined, drawn: boolean): void {
    this.#home = home;
    if (drawn) drawHome(this.context, this.main, "title", "document-home", home);
  }

  /** A page for a document that is not stored yet. */
  drawNew(text: Texts): void {
    this.#place(cloneAll(`${this.noun}-new`, { workspace: this.context.workspace }), text);
    this.context.title(`New ${this.noun}`);
    (text.content === "" ? this.title : this.box)?.focus();
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

  /** Both texts: ours to write on, theirs to read. `row` is what stands. */
  drawBoth(mine: Texts, theirs: Texts, row: Row<"posts"> | undefined): void {
    const when = row !== undefined && sameTexts(row, theirs);
    this.#place(cloneAll(`${this.noun}-theirs`, { workspace: this.context.workspace, document: this.id, title: mine.title, theirs: theirs.title || "Without a title" }, {
      title: postTitle({ title: mine.title, post_type: this.kind }), theirs: theirs.content,
      take: "Take theirs", "theirs-when": !when ? "Another device’s version" : [document.createTextNode("Another device’s version, saved "), this.context.clock().short(row.updated_at)],
    }), mine);
    this.sayBoth(mine, theirs, row);
    // Whoever is writing goes on where they write: the alert is read out to them.
    const at = document.activeElement;
    if (at === null || (at !== this.title && at !== this.box)) this.main.querySelector<HTMLElement>("[data-focus]")?.focus();
  }

  /** Says which of two texts stands, and whether the server has it. */
  sayBoth(mine: Texts, theirs: Texts, row: Row<"posts"> | undefined): void {
    const { local } = this.context.store;
    const stands = standsOf(row ?? theirs, theirs, cleanOr(mine));
    const words = conflictWords(this.noun, stands, (row?.server_version ?? 0) > 0, local);
    for (const [name, text] of Object.entries({ conflict: words.title, "conflict-text": words.text, keep: words.keep })) {
      const e = slot(this.main, name);
      if (e !== null && e.textContent !== text) e.textContent = text;
    }
    if (stands === "mine") this.say(row);
    else slot(this.main, "saved")?.replaceChildren(icon("triangle-alert", "s"), "Not saved");
  }

  /** Says below the head what has become of a text, until the page is drawn anew. */
  note(words: string, link?: { readonly label: string; readonly href: string }): void {
    const text = make("p", "notice-text", words);
    if (link !== undefined) {
      const a = make("a", "", link.label);
      a.href = hrefOf(link.href);
      text.append(" ", a);
    }
    const box = make("div", "notice notice-ok doc-notice", icon("check"), text);
    box.setAttribute("role", "status");
    this.form?.prepend(box);
  }

  /** The preview, the count of words and, of a document that is stored, the heading. */
  look(text: Texts, stored: boolean): void {
    const prose = slot(this.main, "prose");
    if (prose !== null) {
      const drawn = drawMarkdown(text.content);
      prose.replaceChildren(...(drawn.length > 0 ? drawn : [make("p", "quiet", "Nothing is written here yet.")]));
    }
    fillParts(this.main, { words: plural(countWords(text.content), "word", "words") });
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

  #place(panes: DocumentFragment, text: Texts): void {
    panes.querySelector("button[name=preview]")?.remove(); // it is beside the text as one types
    drawHome(this.context, panes, "title", "document-home", this.#home);
    const [title, box] = [this.title, this.box];
    // Named, the boxes stay the very same also when a notice comes or goes above them.
    for (const part of [this.main, panes]) part.querySelector("#document > .doc-halves")?.setAttribute("id", "doc-halves");
    const kept = { at: document.activeElement, scroll: box?.scrollTop ?? 0 };
    showPanes(this.main, panes);
    this.#drawn = true;
    delete this.form?.dataset["typed"];
    document.body.classList.add("pane-read-shown");
    document.body.classList.remove("pane-list-shown");
    if (this.title !== null && this.title.value !== text.title) this.title.value = text.title;
    if (this.box !== null && this.box.value !== text.content) this.box.value = text.content;
    if (kept.at !== null && (kept.at === title || kept.at === box) && kept.at instanceof HTMLElement && kept.at.isConnected) kept.at.focus({ preventScroll: true });
    if (this.box !== null) this.box.scrollTop = kept.scroll;
  }
}

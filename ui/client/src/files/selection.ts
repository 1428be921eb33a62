// Many files of the list at once: which are chosen, and what is done to them.
import { confirmFirst } from "../app/confirm";
import type { Context } from "../app/page";
import { plural } from "../app/text";
import { icon, make } from "../dom";
import { deleteFiles, trashFiles, type Listed } from "./gallery_store";
import { bytes } from "./words";

export class Selection {
  readonly #chosen = new Set<string>();
  readonly #bar = make("div", "select-bar");
  #last = "";
  #files: readonly Listed[] = [];
  /** What was moved into the trash last, until something else is done. */
  #moved: readonly string[] = [];

  constructor(private readonly context: Context, private readonly list: HTMLElement, private readonly trash: boolean) {
    this.#bar.hidden = true;
    this.#bar.setAttribute("role", "region");
    this.#bar.setAttribute("aria-label", "Selected files");
    list.after(this.#bar);
    list.addEventListener("click", this.#click);
    this.#bar.addEventListener("click", this.#act);
    document.addEventListener("keydown", this.#key);
  }

  has(hash: string): boolean {
    return this.#chosen.has(hash);
  }

  /** These were moved into the trash: it is said, and can be undone. */
  moved(hashes: readonly string[]): void {
    this.#chosen.clear();
    this.#moved = hashes;
    this.#show();
  }

  /** The list shows these files now. */
  follow(files: readonly Listed[]): void {
    this.#files = files;
    for (const hash of this.#chosen) if (!files.some((f) => f.hash === hash)) this.#chosen.delete(hash);
    this.#draw();
  }

  readonly #click = (e: MouseEvent): void => {
    const box = e.target instanceof HTMLInputElement && e.target.dataset["slot"] === "check" ? e.target : null;
    const hash = box?.closest<HTMLElement>("[data-file]")?.dataset["file"] ?? "";
    if (box === null || hash === "") return;
    const [from, to] = [this.#files.findIndex((f) => f.hash === this.#last), this.#files.findIndex((f) => f.hash === hash)];
    const range = e.shiftKey && from >= 0 ? this.#files.slice(Math.min(from, to), Math.max(from, to) + 1).map((f) => f.hash) : [hash];
    for (const each of range) {
      if (box.checked) this.#chosen.add(each);
      else this.#chosen.delete(each);
    }
    this.#last = hash;
    this.#moved = [];
    this.#show();
  };

  readonly #key = (e: KeyboardEvent): void => {
    if (e.key !== "Escape" || e.defaultPrevented || this.#chosen.size === 0 || document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
    this.#clear();
  };

  #clear(): void {
    this.#chosen.clear();
    this.#moved = [];
    this.#show();
  }

  /** The boxes follow what is chosen. They are not drawn anew: one of them has the focus. */
  #show(): void {
    for (const e of this.list.querySelectorAll<HTMLElement>("[data-file]")) mark(e, this.#chosen.has(e.dataset["file"] ?? ""));
    this.#draw();
  }

  readonly #act = (e: MouseEvent): void => {
    const what = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-many]")?.dataset["many"] : undefined;
    const hashes = [...this.#chosen];
    const run = (work: Promise<unknown>): void => void work.catch((error: unknown) => this.context.fail(error));
    if (what === "all") {
      for (const f of this.#files) this.#chosen.add(f.hash);
      this.#show();
    } else if (what === "none") this.#clear();
    else if (what === "restore") run(trashFiles(this.context, hashes, false).then(() => this.#clear()));
    else if (what === "undo") run(trashFiles(this.context, this.#moved, false).then(() => this.#clear()));
    else if (what === "trash") run(trashFiles(this.context, hashes, true).then(() => this.moved(hashes)));
    else if (what === "delete") {
      const whom = this.context.me === null ? "Messages that have them say that they were deleted." : `They go for everyone in ${this.context.site}, and messages that have them say that they were deleted.`;
      confirmFirst({ title: `Delete ${plural(hashes.length, "file", "files")} for ever?`, text: whom, keep: "Keep them", do: "Delete for ever" }, () => run(deleteFiles(this.context, hashes).then(() => this.#clear())));
    }
  };

  #draw(): void {
    const chosen = this.#files.filter((f) => this.#chosen.has(f.hash));
    this.#bar.hidden = chosen.length === 0 && this.#moved.length === 0;
    const words = chosen.length === 0 ? `${plural(this.#moved.length, "file", "files")} moved to the trash.` : `${chosen.length} selected, ${bytes(chosen.reduce((sum, f) => sum + f.size, 0))}`;
    if (this.#bar.dataset["says"] === words || this.#bar.hidden) return;
    this.#bar.dataset["says"] = words;
    const says = make("p", "", words);
    says.setAttribute("role", "status");
    const acts = chosen.length === 0 ? [button("undo", "Undo", "undo-2")] : [
      ...(chosen.length < this.#files.length ? [button("all", "Select all", "check")] : []),
      ...(this.trash ? [button("restore", "Restore", "undo-2"), button("delete", "Delete for ever…", "trash-2", "btn-warns")] : [button("trash", "Move to the trash", "trash-2", "btn-warns")]),
    ];
    const none = button("none", "", "x");
    none.setAttribute("aria-label", chosen.length === 0 ? "Close" : "Select none");
    none.classList.add("btn-icon");
    const held = this.#bar.contains(document.activeElement);
    this.#bar.replaceChildren(says, ...acts, none);
    if (held) this.#bar.querySelector("button")?.focus();
  }

  close(): void {
    this.list.removeEventListener("click", this.#click);
    document.removeEventListener("keydown", this.#key);
    this.#bar.remove();
  }
}

/** Shows on a file's item whether it is chosen. */
export function mark(item: HTMLElement, chosen: boolean): void {
  item.classList.toggle("file-item-selected", chosen);
  const box = item.querySelector<HTMLInputElement>("[data-slot=check]");
  if (box !== null) box.checked = chosen;
}

function button(act: string, label: string, glyph: string, more = ""): HTMLButtonElement {
  const b = make("button", `btn btn-quiet btn-small ${more}`.trim(), icon(glyph), label);
  b.type = "button";
  b.dataset["many"] = act;
  return b;
}

// /w/:workspace/search?q=…: what the threads, messages, documents, prompts and
// projects on this device say. Typing searches; the address keeps the words.
import type { Answer } from "../search/found";
import type { Part } from "../search/line";
import { clone, cloneAll, slot } from "./blueprint";
import { empty, type EmptyWords } from "./empty";
import { groupName, shownOf } from "./hits";
import { Keyed } from "./morph";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import { hrefOf, type Place } from "./router";
import { searcherOf, type Searcher } from "./searcher";
import { plural } from "./text";
import { icon, make } from "../dom";

/** How many results of a kind are shown, as on the server. */
const most = 20;
const longest = 200;

export const searchPage: Page = {
  paths: ["/w/:workspace/search"],
  nav: "",
  open: async (context, place, _params, main) => {
    const view = new SearchView(context, main);
    await view.show(place);
    return view;
  },
};

type Found = Answer["groups"][number];

class SearchView implements View {
  #query = "";
  #drawn = "";
  #closed = false;
  /** What the server found stays until the whole index has been asked. */
  #servers = false;
  #groups: Keyed<Found> | undefined;
  #searcher: Searcher | undefined;
  #stop = (): void => undefined;
  readonly #stopPeople: () => void;

  constructor(private readonly context: Context, private readonly main: HTMLElement) {
    this.#stopPeople = context.people.onChange(() => void this.#ask(false));
  }

  get #address(): string {
    return `/w/${encodeURIComponent(this.context.workspace)}/search`;
  }

  /** The address of what is asked. */
  get #here(): string {
    return this.#query === "" ? this.#address : `${this.#address}?q=${encodeURIComponent(this.#query)}`;
  }

  get #field(): HTMLInputElement | null {
    return this.main.querySelector<HTMLInputElement>("input[name=q]");
  }

  async show(place: Place): Promise<void> {
    this.#query = queryOf(place);
    const before = this.#field?.defaultValue === this.#query ? Array.from(slot(this.main, "groups")?.children ?? []) : [];
    this.#servers = before.length > 0;
    const panes = cloneAll("find", { workspace: this.context.workspace, query: this.#query, site: this.context.site });
    slot(panes, "groups")?.setAttribute("data-owned", "");
    slot(panes, "groups")?.replaceChildren(...before);
    showPanes(this.main, panes);
    document.body.classList.add("pane-read-shown");
    document.body.classList.remove("pane-list-shown");
    this.context.title("Search");
    const field = this.#field;
    if (field !== null && field.value !== this.#query && document.activeElement !== field) field.value = this.#query;
    field?.addEventListener("input", () => this.#typed());
    this.main.addEventListener("keydown", this.#key);
    const groups = slot(this.main, "groups");
    if (groups !== null && !this.#servers) this.#groups = this.#keyed(groups);
    if (this.#query === "") field?.focus();
    await this.#ask(true);
  }

  #keyed(groups: HTMLElement): Keyed<Found> {
    return new Keyed<Found>(groups, { key: (g) => g.table, signature: (g) => this.#signature(g), make: (g) => this.#group(g) });
  }

  /** What is shown of a group: names come after the results, and days pass. */
  #signature(g: Found): string {
    return JSON.stringify([g.more, g.hits.map((h) => [shownOf(this.context, h), h.at, this.context.clock().dayOf(h.at)])]);
  }

  #typed(): void {
    const now = (this.#field?.value ?? "").trim().slice(0, longest);
    if (now === this.#query) return;
    this.#query = now;
    this.#servers = false;
    history.replaceState(null, "", hrefOf(this.#here));
    void this.#ask(true);
  }

  /** `anew`: a person asks; otherwise what is shown may have changed. */
  async #ask(anew: boolean): Promise<void> {
    if (this.#closed) return;
    const query = this.#query;
    try {
      const searcher = searcherOf(this.context.store.db.name, anew);
      if (searcher !== this.#searcher) {
        this.#stop();
        this.#searcher = searcher;
        this.#stop = searcher.onChange(() => void this.#ask(false));
      }
      if (query === "") {
        this.#draw({ groups: [], percent: 100, took: 0 });
        return;
      }
      const answer = await searcher.ask("page", query, most);
      if (!this.#closed && answer !== undefined && query === this.#query) this.#draw(answer);
    } catch (error) {
      if (this.#closed) return;
      this.#stop();
      this.#searcher = undefined;
      console.warn(error);
      this.#nothing({ kind: "failed", icon: "octagon-x", title: "The search does not work right now", text: "What you wrote is safe, only looking through it fails on this device.", action: { label: "Try again", href: this.#here, icon: "rotate-cw" } });
      this.#facts("");
    }
  }

  #draw(answer: Answer): void {
    const whole = answer.percent === 100;
    // What the server found stays until this device knows all of it.
    if (this.#servers && !whole && (slot(this.main, "groups")?.childElementCount ?? 0) > 0) {
      this.#facts(`Still indexing, ${answer.percent} %`);
      this.#nothing(undefined);
      return;
    }
    this.#servers = false;
    const groups = slot(this.main, "groups");
    if (groups === null) return;
    this.#groups ??= this.#keyed(groups);
    this.#groups.show(answer.groups);
    const n = answer.groups.reduce((sum, g) => sum + g.hits.length, 0);
    const found = plural(n, "result", "results");
    if (this.#query === "") this.#facts(`Everything in ${this.context.site}`);
    else this.#facts(whole ? found : `${found}. Still indexing, ${answer.percent} %`);
    if (n > 0) this.#nothing(undefined);
    else if (this.#query === "") this.#nothing({ kind: "nothing-yet", icon: "search", title: "What are you looking for?", text: `The search looks inside threads, messages, documents and projects of ${this.context.site}.` });
    else if (!whole) this.#nothing({ kind: "nothing-yet", icon: "search", title: "Nothing so far", text: "This device is still reading what is in the workspace. Results appear as they are found." });
    else this.#nothing({ kind: "no-match", icon: "search-x", title: `Nothing matches “${this.#query}”`, text: "All words have to be there, in any order, from their beginning.", action: { label: "Clear the search", href: this.#address } });
  }

  #facts(words: string): void {
    const e = slot(this.main, "facts");
    if (e !== null && e.textContent !== words) e.textContent = words;
  }

  /** What stands where results would; undefined when there are some. */
  #nothing(words: EmptyWords | undefined): void {
    const key = JSON.stringify(words ?? null);
    const box = slot(this.main, "nothing");
    if (box === null || (key === this.#drawn && box.childElementCount > 0) || (words === undefined && box.hidden)) return;
    this.#drawn = key;
    box.hidden = words === undefined;
    box.replaceChildren(...(words === undefined ? [] : [empty(words)]));
    if (words?.kind === "failed") this.#groups?.show([]);
  }

  #group(g: Found): HTMLElement {
    return clone("find-group", { name: groupName[g.table] }, {
      more: g.more,
      hits: g.hits.map((h) => {
        const s = shownOf(this.context, h);
        const e = clone("find-hit", { href: s.url }, {
          title: marks(s.title), line: s.line.length === 0 ? false : marks(s.line), when: this.context.clock().short(h.at), by: s.by === "" ? false : s.by,
        });
        e.querySelector(":scope > .icon")?.replaceWith(icon(s.icon));
        return e;
      }),
    });
  }

  /** Arrows lead from the field through the results and back. */
  readonly #key = (e: KeyboardEvent): void => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const stops: (HTMLElement | null)[] = [this.#field, ...this.main.querySelectorAll<HTMLElement>("[data-slot=groups] [data-row]")];
    const at = stops.indexOf(e.target as HTMLElement);
    const to = stops[at + (e.key === "ArrowDown" ? 1 : -1)];
    if (at < 0 || to === undefined || to === null) return;
    e.preventDefault();
    to.focus();
  };

  move(place: Place): boolean {
    const query = queryOf(place);
    const field = this.#field;
    if (field !== null) field.value = query;
    this.#query = query;
    this.#servers = false;
    void this.#ask(true);
    return true;
  }

  /** Enter leads to the first result. */
  submit(form: HTMLFormElement): boolean {
    if (form !== slot(this.main, "form")) return false;
    this.#typed();
    void this.#ask(true).then(() => this.main.querySelector<HTMLElement>("[data-slot=groups] [data-row]")?.focus());
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#stopPeople();
    this.main.removeEventListener("keydown", this.#key);
  }
}

const queryOf = (place: Place): string => (place.query.get("q") ?? "").trim().slice(0, longest);

const marks = (parts: readonly Part[]): Node[] => parts.map((p) => (p.hit ? make("mark", "", p.text) : document.createTextNode(p.text)));

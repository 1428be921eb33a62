// /w/:workspace/projects/:project: what stands in a project, in its order, and
// with ?edit=1 the form of its texts.
import { icon, make } from "../dom";
import { clone, cloneAll, fillParts, slot, type Parts } from "./blueprint";
import { confirmFirst } from "./confirm";
import { empty } from "./empty";
import { pathOf, showBar, textIn, tryForm } from "./form_act";
import { Keyed } from "./morph";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import { choices, readProject, type Choice, type ProjectNow, type Shown } from "./project_read";
import { entryOf, keyOf, moved } from "./project_tree";
import { deleteProject, describeProject, leaveProject, moveToProject, orderProject } from "./project_write";
import { segment, type Params, type Place } from "./router";
import { drawText, plural } from "./text";

export const projectPage: Page = {
  paths: ["/w/:workspace/projects/:project"],
  nav: "projects",
  open: async (context, place, params, main) => {
    const id = params["project"] ?? "";
    const read = async (): Promise<[ProjectNow | undefined, Choice[]]> => [await readProject(context.store, id), context.readOnly() === "" ? await choices(context.store, (s) => context.clock().words(s)) : []];
    const [now, free] = await read();
    if (now === undefined) return undefined;
    const view = new ProjectView(context, main, id, now, free);
    view.start(place, read);
    return view;
  },
};

class ProjectView implements View {
  readonly nav: string;
  readonly #base: string;
  readonly #why: string;
  #editing = false;
  #keyed: Keyed<Shown> | undefined;
  #focus = ""; // the entry that was just moved
  #stop: () => void = () => undefined;

  constructor(private readonly context: Context, private readonly main: HTMLElement, private readonly id: string, private now: ProjectNow, private free: readonly Choice[]) {
    this.nav = `project-${id}`;
    this.#base = `/w/${encodeURIComponent(context.workspace)}/projects/${segment(id)}`;
    this.#why = context.readOnly();
  }

  start(place: Place, read: () => Promise<[ProjectNow | undefined, Choice[]]>): void {
    this.#turn(place);
    showBar();
    this.#stop = this.context.live(read, ([now, free]) => {
      if (now === undefined) {
        if (!this.#editing) this.context.go(this.#list, { replace: true }); // what is typed stays, and saving says why not
        return;
      }
      this.now = now;
      this.free = free;
      if (this.#editing) this.#entries(); // the form is left alone
      else this.#draw();
    });
  }

  get #list(): string {
    return `/w/${encodeURIComponent(this.context.workspace)}/projects`;
  }

  /** Opens the form of the project's texts, or closes it. */
  #turn(place: Place): void {
    this.#editing = place.query.get("edit") !== null && this.#why === "";
    this.#draw();
    if (!this.#editing) return;
    const [name, description] = [this.main.querySelector<HTMLInputElement>("input[name=name]"), this.main.querySelector<HTMLTextAreaElement>("textarea[name=description]")];
    if (description !== null) description.value = this.now.project.description ?? "";
    name?.select();
  }

  move(place: Place, params: Params): boolean {
    if (params["project"] !== this.id) return false;
    this.#turn(place);
    return true;
  }

  #draw(): void {
    const { project } = this.now;
    const description = project.description ?? "";
    const writes = this.#why === "";
    const parts: Parts = this.#editing ? {} : { about: description !== "", description: drawText(description) };
    const panes = cloneAll(this.#editing ? "project-edit" : "project", { workspace: this.context.workspace, project: this.id, name: project.name, description: "" }, {
      ...parts, menu: writes, add: writes, entries: [],
    });
    slot(panes, "entries")?.setAttribute("data-owned", "");
    this.#offer(panes);
    showPanes(this.main, panes);
    this.context.title(project.name);
    this.#entries();
  }

  /** Fills the choice of what can be put into the project. */
  #offer(panes: DocumentFragment): void {
    const select = panes.querySelector<HTMLSelectElement>("select[name=entry]");
    if (select === null) return;
    select.replaceChildren(...this.free.map((c) => new Option(c.label, c.key)));
    if (this.free.length === 0) slot(panes, "add-form")?.replaceWith(make("p", "quiet", "Everything is in a project already."));
  }

  #entries(): void {
    const { entries } = this.now;
    const ul = slot(this.main, "entries");
    if (ul === null) return;
    if (this.#keyed?.container !== ul) {
      this.#keyed = new Keyed<Shown>(ul, { key: (s) => keyOf(s.entry), signature: (s, i) => this.#signature(s, i), make: (s, i) => this.#entry(s, i) });
    }
    this.#keyed.show(entries);
    ul.hidden = entries.length === 0;
    ul.parentElement?.querySelector(":scope > .empty")?.remove();
    if (entries.length === 0) ul.after(empty({ kind: "nothing-yet", icon: "circle-dot", title: "Nothing in it yet", text: this.#why === "" ? "Put threads and documents into it below, or from their own menus." : this.#why }));
    fillParts(this.main, { facts: plural(entries.length, "thread or document", "threads and documents") + (this.#why === "" ? "" : `. ${this.#why}`) });
    if (this.#focus === "") return;
    this.main.querySelector<HTMLElement>(`[data-key="${CSS.escape(this.#focus)}"] summary`)?.focus();
    this.#focus = "";
  }

  #place(index: number): string {
    const [first, last] = [index === 0, index === this.now.entries.length - 1];
    return first && last ? "-only" : first ? "-first" : last ? "-last" : "";
  }

  #signature(s: Shown, index: number): string {
    return [s.title, s.kind, s.at, s.under, s.copy, this.#place(index), this.context.clock().dayOf(s.at)].join("\u0001");
  }

  #entry(s: Shown, index: number): HTMLElement {
    const key = keyOf(s.entry);
    const e = clone(`project-entry${this.#place(index)}`, { workspace: this.context.workspace, project: this.id, key, href: s.href, title: s.title, kind: s.kind }, {
      way: s.copy ? "a fork of" : "a branch of", under: s.under, when: this.context.clock().long(s.at), "entry-menu": this.#why === "",
    });
    e.dataset["key"] = key;
    e.classList.toggle("tree-under", s.under);
    e.querySelector(":scope > .icon")?.replaceWith(icon(s.icon));
    return e;
  }

  submit(form: HTMLFormElement): boolean {
    const { store } = this.context;
    const what = pathOf(form).slice(this.#base.length);
    const entry = entryOf(textIn(form, "entry"));
    if (what === "") {
      void tryForm(this.context, form, async () => {
        await describeProject(store, this.id, { name: textIn(form, "name"), description: textIn(form, "description") });
        this.context.go(this.#base, { replace: true });
      });
      return true;
    }
    if (entry === undefined || !["/add", "/remove", "/order"].includes(what)) return false;
    void tryForm(this.context, form, async () => {
      if (what === "/add") await moveToProject(store, entry, this.id);
      else if (what === "/remove") await this.#takeOut(keyOf(entry));
      else {
        this.#focus = keyOf(entry);
        await orderProject(store, this.id, moved(this.now.entries.map((s) => s.entry), entry, Number(textIn(form, "by"))));
      }
    });
    return true;
  }

  /** Takes an entry out; the focus goes to what stands in its place. */
  async #takeOut(key: string): Promise<void> {
    const { entries } = this.now;
    const at = entries.findIndex((s) => keyOf(s.entry) === key);
    const next = entries[at + 1] ?? entries[at - 1];
    const entry = entryOf(key);
    if (entry === undefined) return;
    if (next === undefined) this.main.focus();
    else this.#focus = keyOf(next.entry);
    await leaveProject(this.context.store, this.id, entry);
  }

  /** The link that deletes asks here instead of on a page. */
  link(place: Place): boolean {
    if (place.path !== `${this.#base}/delete` || this.#why !== "") return false;
    const everyone = this.context.me === null ? "" : ` The project goes for everyone in ${this.context.site}.`;
    confirmFirst({ title: `Delete project ${this.now.project.name}?`, text: `Its threads and documents stay, in no project.${everyone}`, keep: "Keep it", do: "Delete project" }, () => {
      void deleteProject(this.context.store, this.id).catch((e: unknown) => this.context.fail(e));
    });
    return true;
  }

  close(): void {
    this.#stop();
  }
}

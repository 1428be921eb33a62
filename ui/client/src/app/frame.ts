// The app's frame: opens the workspace's store, waits until it is ready, takes
// the page over from the server, and moves between pages from then on.
import { liveQuery, openStore, type Store } from "../../../../sync/client/src/local";
import { isFull } from "../../../../sync/client/src/store/full.js";
import { make, icon } from "../dom";
import { dress } from "./avatar";
import { adoptBlueprints, clone, hasBlueprint } from "./blueprint";
import { remember, recall, type Boot } from "./boot";
import { Clock } from "./clock";
import { empty } from "./empty";
import type { Context, NoticeOf, Page, View } from "./page";
import { openPeople, type People } from "./people";
import { addressOf, here, hrefOf, linkOf, match, parse, type Params, type Place } from "./router";
import { showPanes } from "./panes";
import { showNewProject } from "./new_project";
import { dropWaiting, watchPresses, whenLetGo, whenStill } from "./still";
import { Refused } from "./thread_write";
import { watchUnsent, type Unsent } from "./unsent";

/** What an app with accounts adds to the frame; the local app has none of it. */
export interface Extension {
  /** Before a store is opened. False = do not open one. */
  before(frame: Frame): Promise<boolean>;
  /** Whether this device has data of the page's workspace that is the person's, also where they are no member any more. */
  keeps(frame: Frame): Promise<boolean>;
  /** A store is open. Resolves when its data may be shown. */
  opened(frame: Frame, store: Store): Promise<void>;
  /** The store could not be opened: open it once more, the person was told, or it is nobody's business. */
  refused(frame: Frame, error: unknown): Promise<"again" | "told" | "unknown">;
}

export class Frame {
  readonly main: HTMLElement;
  /** Whether the page came from the server with a person's content. */
  readonly neutral: boolean;
  boot: Boot;
  store: Store | undefined;
  context: Context | undefined;
  #view: View | undefined;
  #page: Page | undefined;
  #moving = 0;
  #removed = false;
  /** Why the person reads only, when the server was asked since the page came. */
  #why: string | undefined;
  #unsent: Unsent | undefined;
  #people: People | undefined;
  readonly #wake: (() => void)[] = [];

  constructor(boot: Boot, readonly pages: readonly Page[], readonly extension: Extension | undefined) {
    this.main = document.getElementById("main") ?? document.body;
    this.neutral = boot.user === null;
    const known = this.neutral ? recall() : undefined;
    this.boot = known === undefined ? boot : { ...known, mode: boot.mode, version: boot.version, shell: boot.shell };
  }

  /** The workspace the address is about. */
  get workspace(): string {
    const w = match("/w/:workspace", here().path.split("/").slice(0, 3).join("/"))?.["workspace"];
    if (this.boot.mode === "local") return "local";
    return w ?? this.boot.workspace;
  }

  get #member(): boolean {
    return this.boot.workspaces.some((w) => w.id === this.workspace);
  }

  async start(): Promise<void> {
    watchPresses();
    if (here().path === "/" && this.neutral && this.workspace !== "") history.replaceState(null, "", hrefOf(`/w/${this.workspace}`));
    document.body.dataset["workspace"] = this.workspace;
    document.body.dataset["user"] = this.boot.user?.id ?? "";
    await this.#blueprints();
    this.#fillShell();
    if (this.extension !== undefined && !(await this.extension.before(this))) return;
    if (this.extension !== undefined && this.neutral && !this.#member && !(await this.extension.keeps(this))) {
      this.#sayMissing(); // not one of this person's: nothing is stored for it
      return;
    }
    this.store = await this.#open(2);
    if (this.store === undefined) {
      document.documentElement.dataset["app"] = "none"; // what the server says stands
      return;
    }
    this.context = this.#makeContext(this.store);
    const names = this.#people?.refresh();
    await this.extension?.opened(this, this.store);
    await Promise.race([names, new Promise((done) => setTimeout(done, 500))]);
    this.#listen();
    await this.#first(here());
    document.documentElement.dataset["app"] = "ready";
  }

  /** The first page. An address that asks before it deletes is a question on the page of what it is about. */
  async #first(place: Place): Promise<void> {
    const about = this.neutral && this.#find(place.path) === undefined ? /^(\/w\/.+?)(?:\/m\/[^/]+)?\/delete$/.exec(place.path)?.[1] : undefined;
    if (about !== undefined) history.replaceState(null, "", hrefOf(about));
    await this.show(here(), true);
    if (about !== undefined) this.#view?.link?.(place);
  }

  /** Opens the store. A browser that is just closing it for the page before may refuse once. */
  async #open(again: number): Promise<Store | undefined> {
    try {
      return await openStore({ workspaceId: this.workspace, userId: this.boot.user?.id ?? null, ...(this.boot.mode === "local" ? { local: true } : {}) });
    } catch (error) {
      const answer = (await this.extension?.refused(this, error)) ?? "unknown";
      if (again > 0 && answer !== "told") {
        if (answer === "unknown") await new Promise((done) => setTimeout(done, 400));
        return this.#open(again - 1);
      }
      console.warn(error);
      if (answer === "unknown") this.#sayClosed();
      return undefined;
    }
  }

  /** Opens the page of an address. `first` = the server's page is on the screen. */
  async show(place: Place, first = false): Promise<boolean> {
    const found = this.#find(place.path);
    const { context } = this;
    this.notice("gone", undefined); // it was said of the page before
    if (found === undefined || context === undefined || (found.params["workspace"] ?? this.workspace) !== context.workspace) {
      if (first && this.neutral) this.#sayMissing();
      return false;
    }
    const turn = ++this.#moving;
    if (found.page === this.#page && this.#view?.move?.(place, found.params) === true) return true;
    // Until its part of the app is there the page before goes on, and takes what a person does on it.
    const loading = found.page.loaded?.();
    if (loading !== undefined) {
      await loading;
      if (turn !== this.#moving) return true;
    }
    const before = this.#view;
    const [beforePage] = [this.#page];
    before?.close();
    this.#view = undefined;
    const view = await found.page.open(context, place, found.params, this.main);
    if (turn !== this.#moving) {
      view?.close();
      if (view !== undefined && this.#view !== undefined) this.#drawAgain(); // it was drawn over the one that is open
      return true;
    }
    if (view === undefined) {
      this.#page = undefined;
      // Not on this device. The server's page, when there is one, stays.
      if (!first) {
        if (navigator.onLine && beforePage !== undefined) location.reload();
        else this.#sayMissing();
      } else if (this.neutral) this.#sayMissing();
      return true;
    }
    this.#view = view;
    this.#page = found.page;
    document.getElementById("app-wait")?.remove();
    for (const a of document.querySelectorAll<HTMLAnchorElement>("#sidebar a[data-nav]")) {
      if (a.dataset["nav"] === (view.nav ?? found.page.nav)) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    }
    return true;
  }

  /** The person is no member any more: from now on everything here is to read. What was typed is a draft. */
  lost(): void {
    if (globalThis.OR3_LOCAL === true || this.#removed) return;
    this.#removed = true;
    this.#drawAgain();
  }

  /** What the person may do here was asked again: `why` is why they read only, "" that they write. What was typed is a draft. */
  rights(why: string): void {
    if (globalThis.OR3_LOCAL !== true) whenStill("rights", () => {
      if (this.#removed || this.context === undefined || this.context.readOnly() === why) return;
      this.#why = why;
      if (this.boot.workspace === this.workspace) this.boot = { ...this.boot, canWrite: why === "", readOnly: why };
      this.#drawAgain();
    });
  }

  #drawAgain(): void {
    if (this.context !== undefined) showNewProject(this.context);
    if (this.#view === undefined) return; // the first page is drawn later
    this.#page = undefined;
    void this.show(here());
  }

  go(address: string, options: { replace?: boolean } = {}): void {
    const place = parse(address);
    const sameWorkspace = this.context !== undefined && (match("/w/:workspace", place.path.split("/").slice(0, 3).join("/"))?.["workspace"] ?? "") === this.context.workspace;
    if (!sameWorkspace || this.#find(place.path) === undefined) {
      location.assign(hrefOf(address));
      return;
    }
    history[options.replace === true ? "replaceState" : "pushState"](null, "", hrefOf(address));
    void this.show(place);
  }

  /** Says something above the pages until it is taken back. It moves all that stands below: never under somebody's finger. */
  notice(id: string, of: NoticeOf | undefined): void {
    whenStill(`notice-${id}`, () => this.#notice(id, of));
  }

  #notice(id: string, of: NoticeOf | undefined): void {
    const region = document.getElementById("notices");
    const old = document.getElementById("notice-" + id);
    if (of === undefined || region === null) {
      old?.remove();
      return;
    }
    const e = clone("notice", { text: of.text, label: of.link?.label ?? "", href: of.link?.href ?? "/" });
    e.id = "notice-" + id;
    e.className = "notice" + (of.tone === "" ? "" : ` notice-${of.tone}`);
    e.querySelector(":scope > .icon")?.replaceWith(icon(of.icon));
    const { link } = of;
    const a = e.querySelector(":scope > a");
    if (link === undefined) a?.remove();
    else if (link.again === true) a?.addEventListener("click", (press) => {
      press.preventDefault();
      location.reload();
    });
    if (old === null) region.append(e);
    else if (old.textContent !== e.textContent) old.replaceWith(e);
  }

  /** Runs when the clock's day may have changed or the page is looked at again. */
  onWake(f: () => void): void {
    this.#wake.push(f);
  }

  /** Ends the page that is open, which goes on no more. Resolves once it has saved what was typed. */
  async leave(): Promise<void> {
    this.#moving++; // one that is on its way is not shown
    const view = this.#view;
    this.#view = undefined;
    await view?.close();
  }

  close(): void {
    void this.leave();
    this.#unsent?.close();
    this.store?.close();
  }

  get unsent(): Unsent | undefined {
    return this.#unsent;
  }

  #find(path: string): { page: Page; params: Params } | undefined {
    for (const page of this.pages) {
      for (const pattern of page.paths) {
        const params = match(pattern, path);
        if (params !== undefined) return { page, params };
      }
    }
    return undefined;
  }

  #makeContext(store: Store): Context {
    const me = this.boot.user === null ? null : { id: this.boot.user.id, name: this.boot.user.name, email: this.boot.user.email };
    this.#unsent = watchUnsent(store);
    this.#people = openPeople(store.workspaceId, me, globalThis.OR3_LOCAL !== true && this.boot.mode === "cloud");
    const workspace = this.boot.workspaces.find((w) => w.id === store.workspaceId);
    let clock: { at: number; clock: Clock } | undefined;
    return {
      store, me, workspace: store.workspaceId, people: this.#people, unsent: this.#unsent,
      site: workspace?.name ?? document.querySelector(".switcher-name")?.textContent ?? "",
      clock: () => {
        const minute = Math.floor(store.seconds() / 60);
        if (clock?.at !== minute) clock = { at: minute, clock: new Clock(this.boot.user?.zone ?? "", this.boot.user?.locale ?? navigator.language, store.seconds()) };
        return clock.clock;
      },
      readOnly: () => this.#readOnly(store.workspaceId),
      go: (address, options) => this.go(address, options),
      live: (query, show) => {
        const name = {};
        const s = liveQuery(query).subscribe({ next: (result) => whenLetGo(name, () => show(result)), error: (e: unknown) => this.fail(e) });
        return () => {
          s.unsubscribe();
          dropWaiting(name);
        };
      },
      notice: (id, of) => this.notice(id, of),
      fail: (error, written) => this.fail(error, written),
      title: (words) => {
        const site = document.querySelector(".switcher-name")?.textContent ?? "";
        document.title = words === site ? site : `${words} · ${site}`;
      },
    };
  }

  #readOnly(workspace: string): string {
    if (globalThis.OR3_LOCAL === true || this.boot.mode === "local") return "";
    if (this.#removed) return "You are no longer a member here: you can read what is on this device.";
    if (this.#why !== undefined) return this.#why;
    if (!this.neutral && this.boot.workspace === workspace) return this.boot.canWrite ? "" : this.boot.readOnly;
    const role = this.boot.workspaces.find((w) => w.id === workspace)?.role;
    return role === "viewer" ? "You are a viewer here: you can read every thread." : "";
  }

  /** Says what failed where people look, and lets a full disk be understood. A page that goes reads no more: of that nobody is told. */
  fail(error: unknown, written = false): void {
    if (isFull(error)) {
      this.notice("failed", { tone: "danger", icon: "database", text: "This device has no room left for the app. What you wrote last was not saved: copy it, make room on the device, and try again." });
      return;
    }
    if (error instanceof Refused) {
      this.notice("failed", { tone: "danger", icon: "octagon-x", text: error.message });
      return;
    }
    const closed = error instanceof Error && error.name === "DatabaseClosedError";
    if (closed && !written) return;
    this.notice("failed", { tone: "danger", icon: "octagon-x", text: closed ? "This was not saved: another tab has closed what the app keeps on this device." : "This could not be done on this device. What you wrote before is safe.", link: { label: "Load again", href: here().path, again: true } });
    console.warn(error);
  }

  async #blueprints(): Promise<void> {
    if (adoptBlueprints(document) > 0) {
      for (const t of document.querySelectorAll("template[id^=bp-]")) t.remove();
      return;
    }
    if (this.boot.shell === "") return;
    const ask = (): Promise<Response> => fetch(this.boot.shell, { credentials: "same-origin", signal: AbortSignal.timeout(20_000) });
    const answer = await ask().catch(ask);
    if (!answer.ok) throw new Error(`The shell answered ${answer.status}.`);
    adoptBlueprints(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  /** Puts the person and the workspace into a shell that names nobody. */
  #fillShell(): void {
    if (!this.neutral) return;
    const { boot } = this;
    const values: Record<string, string> = { workspace: this.workspace, user: boot.user?.id ?? "", name: boot.user?.name ?? "" };
    const fill = (s: string): string => s.replace(/__(workspace|user|name)__/g, (_, key: string) => values[key] ?? "");
    for (const e of document.querySelectorAll<HTMLElement>("#sidebar *, .phone-bar *")) {
      for (const a of Array.from(e.attributes)) if (a.value.includes("__")) e.setAttribute(a.name, hrefOrText(a.name, fill(a.value)));
      for (const n of Array.from(e.childNodes)) if (n instanceof Text && n.data.includes("__")) n.data = fill(n.data);
    }
    dress(document.querySelector("#sidebar .me .avatar"), boot.user?.id ?? "", boot.user?.name ?? "");
    const site = boot.workspaces.find((w) => w.id === this.workspace)?.name;
    if (site !== undefined) for (const e of document.querySelectorAll(".switcher-name, .phone-site")) e.textContent = site;
    if (globalThis.OR3_LOCAL !== true && boot.admin !== true) document.querySelector("#sidebar .me a[href^='" + CSS.escape(boot.adminBase || "/admin") + "']")?.remove();
    const menu = document.querySelector(".switcher .menu-pop");
    if (menu !== null && hasBlueprint("workspace")) {
      menu.prepend(...boot.workspaces.map((w) => {
        const e = clone("workspace", { workspace: w.id, name: w.name, role: w.role.charAt(0).toUpperCase() + w.role.slice(1) });
        if (w.id !== this.workspace) {
          e.removeAttribute("aria-current");
          e.querySelector(":scope > .icon:last-child")?.remove();
        }
        return e;
      }));
    }
  }

  #listen(): void {
    document.addEventListener("click", (e) => {
      const a = linkOf(e);
      if (a !== undefined) {
        const address = addressOf(a);
        const place = parse(address);
        const taken = this.#view?.link?.(place, a) === true;
        if (taken || this.#takes(place)) {
          e.preventDefault();
          const menu = a.closest<HTMLDetailsElement>("details[open]");
          if (menu !== null) menu.open = false;
          const sidebar = document.getElementById("sidebar");
          if (sidebar?.matches(":popover-open") === true) sidebar.hidePopover();
          if (!taken) this.go(address);
        }
        return;
      }
      const button = e.target instanceof Element ? e.target.closest<HTMLElement>("button[data-act]") : null;
      const act = button?.dataset["act"];
      if (button !== null && act !== undefined && this.#view?.act?.(act, button) === true) e.preventDefault();
    });
    document.addEventListener("submit", (e) => {
      const form = e.target;
      if (!(form instanceof HTMLFormElement) || e.defaultPrevented || !this.main.contains(form)) return;
      if (this.#view?.submit?.(form, e.submitter) === true) {
        e.preventDefault();
        const menu = form.closest<HTMLDetailsElement>("details[open]");
        if (menu !== null) menu.open = false;
      }
    }, true);
    document.addEventListener("or3:open", (e) => {
      const address: unknown = e instanceof CustomEvent ? e.detail : undefined;
      if (typeof address !== "string" || !address.startsWith("/") || !this.#takes(parse(address))) return;
      e.preventDefault();
      this.go(address);
    });
    addEventListener("popstate", () => {
      void this.show(here()).then((done) => {
        if (!done) location.reload();
      });
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") for (const f of this.#wake) f();
    });
  }

  #takes(place: Place): boolean {
    const found = this.#find(place.path);
    return found !== undefined && this.context !== undefined && (found.params["workspace"] ?? this.context.workspace) === this.context.workspace;
  }

  /** Nothing on this device at this address. */
  #sayMissing(): void {
    const [icon, title, text] = /^\/(?!w\/)|^\/w\/[^/]+\/(?:x\/|dashboard$)/.test(here().path)
      ? ["cloud-off", "This page needs the server", "The server does not answer. What is on this device opens all the same."]
      : navigator.onLine
        ? ["search-x", "Nothing here", "There is no such page, or it was deleted."]
        : ["cloud-off", "Not on this device", "You are offline, and this page is not kept here. Open it again when you are back."];
    this.say({ kind: "not-on-device", icon, title, text, action: { label: "To the threads", href: `/w/${this.workspace}` } });
  }

  #sayClosed(): void {
    if (globalThis.OR3_LOCAL !== true && !this.neutral) {
      this.notice("store", { tone: "warn", icon: "database", text: "This browser stores nothing, so everything works with the server alone." });
      return;
    }
    this.say({ kind: "failed", icon: "database", title: "This browser stores nothing", text: "Private windows and some settings keep the app from storing what it needs." });
  }

  say(words: Parameters<typeof empty>[0]): void {
    const box = make("div", "pane pane-wide", make("div", "ledger", make("h1", "sr", words.title), empty(words)));
    const panes = document.createDocumentFragment();
    panes.append(box);
    showPanes(this.main, panes);
    document.title = words.title;
  }

  remember(): void {
    remember(this.#member ? { ...this.boot, workspace: this.workspace } : this.boot);
  }
}

const hrefOrText = (name: string, value: string): string => (name === "href" || name === "action" ? hrefOf(value) : value);

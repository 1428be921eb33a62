// /w/:workspace and /w/:workspace/t/:thread: the list of threads beside one
// thread, the form that starts one, or nothing yet.
import { cloneAll, fillParts, slot } from "./blueprint";
import { avatar } from "./avatar";
import { withExtras, type OpenThread } from "./extras";
import { restoreDrafts } from "../draft";
import type { MessageRow } from "./message_row";
import { lastMessages, Messages } from "./messages";
import { morphChildren } from "./morph";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import type { Params, Place } from "./router";
import { plural } from "./text";
import { ThreadActs } from "./thread_acts";
import { authorOf, ThreadList, titleOf } from "./thread_list";
import { isBranch, type Thread } from "./thread_rows";
import { sayEmpty, sayNoMessages } from "./threads_empty";

export const threadsPage: Page = {
  paths: ["/w/:workspace", "/w/:workspace/t/:thread"],
  nav: "threads",
  open: async (context, place, params, main) => {
    const view = new ThreadsView(context, main);
    if (await view.first(place, params)) return view;
    view.close();
    return undefined;
  },
};

class ThreadsView implements View {
  readonly #list: ThreadList;
  readonly #acts: ThreadActs;
  #messages: Messages | undefined;
  #thread: Thread | undefined;
  #stopThread: () => void = () => undefined;
  #turn = 0; // the latest one that was asked for is shown
  #more: OpenThread | undefined;
  #stopMore: () => void = () => undefined;
  readonly #stopPeople: () => void;
  #mode = ""; // what the reading pane is for

  constructor(private readonly context: Context, private readonly main: HTMLElement) {
    this.#list = new ThreadList(context);
    this.#acts = new ThreadActs(context, main, this.#list, { thread: () => this.#thread, messages: () => this.#messages, more: () => this.#more, show: (now) => this.#show(now) });
    this.#stopPeople = context.people.onChange(() => {
      const pane = main.querySelector<HTMLElement>(":scope > .pane-read");
      if (pane === null || this.#thread === undefined) return;
      fillParts(pane, { starter: this.#starter(this.#thread) });
      this.#faces(slot(pane, "people"));
    });
  }

  async first(place: Place, params: Params): Promise<boolean> {
    const id = params["thread"] ?? "";
    const [thread] = await Promise.all([id === "" ? undefined : this.context.store.db.threads.get(id), this.#list.first()]);
    if (id !== "" && thread === undefined) return false;
    const rows = id === "" ? [] : await lastMessages(this.context, id);
    this.#build(place, thread, rows, true);
    this.#list.follow();
    return true;
  }

  move(place: Place, params: Params): boolean {
    const id = params["thread"] ?? "";
    const turn = ++this.#turn;
    if (id !== "" && id === this.#thread?.id) {
      const rename = place.query.get("rename") !== null;
      if (rename !== (this.#mode === "rename")) this.#head(rename);
      this.#messages?.edit(place.query.get("edit") ?? "");
      if (place.hash.startsWith("#m-")) void this.#messages?.reveal(place.hash.slice(3));
      return true;
    }
    if (id === "") {
      this.#build(place, undefined, [], false);
      return true;
    }
    void this.#open(place, id, turn);
    return true;
  }

  async #open(place: Place, id: string, turn: number): Promise<void> {
    const [thread, rows] = await Promise.all([this.context.store.db.threads.get(id), lastMessages(this.context, id)]);
    if (turn !== this.#turn) return; // the person is somewhere else by now
    if (thread === undefined) withExtras((e) => e.gone(this.context, { id }, () => turn === this.#turn));
    else this.#build(place, thread, rows, false);
  }

  /** Draws what the address asks for. `whole` = the list is not on the page yet. */
  #build(place: Place, thread: Thread | undefined, rows: MessageRow[], whole: boolean): void {
    this.#closeThread();
    this.#thread = thread;
    const starting = thread === undefined && place.query.get("new") !== null && this.context.readOnly() === "";
    const rename = thread !== undefined && place.query.get("rename") !== null && this.context.readOnly() === "";
    this.#mode = thread !== undefined ? (rename ? "rename" : "thread") : starting ? "new" : "none";
    const panes = this.#panes(thread, starting, rename);
    const [list, read] = [panes.querySelector<HTMLElement>(".pane-list"), panes.querySelector<HTMLElement>(".pane-read")];
    if (list === null || read === null) return;
    const open = thread !== undefined || starting;
    if (whole) showPanes(this.main, panes);
    else {
      this.main.querySelector(":scope > .pane-read")?.replaceWith(read);
      const head = this.main.querySelector(":scope > .pane-list > .bar");
      const wanted = list.querySelector(":scope > .bar");
      if (head !== null && wanted !== null) morphChildren(head, wanted);
    }
    document.body.classList.toggle("pane-read-shown", open);
    document.body.classList.toggle("pane-list-shown", !open);
    const pane = this.main.querySelector<HTMLElement>(":scope > .pane-list");
    const reading = this.main.querySelector<HTMLElement>(":scope > .pane-read");
    if (pane === null || reading === null) return;
    this.#list.attach(pane, thread?.id ?? "", () => {
      if (this.#mode === "none") sayEmpty(this.context, this.#list, reading, pane);
    });
    this.context.title(thread !== undefined ? titleOf(thread) : starting ? "New thread" : "Threads");
    restoreDrafts(reading);
    if (thread !== undefined) this.#read(thread, rows, reading, place);
    else if (starting) {
      this.#stopMore = withExtras((e) => (this.#more = e.openStart(this.context, reading)));
      if (!reading.contains(document.activeElement)) reading.querySelector<HTMLElement>("input[name=title]")?.focus();
    }
  }

  #panes(thread: Thread | undefined, starting: boolean, rename: boolean): DocumentFragment {
    const writes = this.context.readOnly() === "";
    const name = thread === undefined ? (starting ? "threads-new" : "threads") : rename ? "thread-rename" : writes ? "thread" : "thread-reading";
    const values = {
      workspace: this.context.workspace, site: this.context.site, query: this.#list.query, thread: thread?.id ?? "", title: thread === undefined ? "" : titleOf(thread),
      starter: this.#starter(thread), why: this.context.readOnly(), message: "",
    };
    return cloneAll(name, values, {
      new: writes, ...(thread === undefined ? {} : { started: this.context.clock().long(thread.created_at), people: (e: HTMLElement) => this.#faces(e) }),
    });
  }

  #starter(thread: Thread | undefined): string {
    const by = thread === undefined ? "" : authorOf(thread);
    if (this.context.me === null || by === this.context.me.id) return "you";
    const name = by === "" ? "Somebody" : this.context.people.name(by);
    return name === "Somebody" ? "somebody" : name;
  }

  /** Fills the reading pane of a thread that was just put on the page. */
  #read(thread: Thread, rows: MessageRow[], pane: HTMLElement, place: Place): void {
    const container = slot(pane, "messages");
    const scroller = container?.parentElement;
    if (container === null || scroller === null || scroller === undefined) return;
    fillParts(pane, { started: this.context.clock().long(thread.created_at) });
    this.#pinMenu(pane, thread);
    this.#messages = new Messages({
      context: this.context, thread: thread.id, container, scroller, canWrite: () => this.context.readOnly() === "",
      onEnd: (rows) => this.#people(pane, rows),
      onSome: (some) => sayNoMessages(this.context, container, some, this.#thread !== undefined && isBranch(this.#thread)),
    });
    this.#messages.start(rows);
    this.#stopMore = withExtras((e) => (this.#more = e.openThread(this.context, thread.id, pane)));
    const editing = place.query.get("edit") ?? "";
    if (editing !== "") this.#messages.edit(editing);
    if (place.hash.startsWith("#m-")) void this.#messages.reveal(place.hash.slice(3));
    const first = pane.querySelector<HTMLElement>("[autofocus]");
    if (this.#mode === "rename") first?.focus();
    this.#stopThread = this.context.live(() => this.context.store.db.threads.get(thread.id), (row) => {
      const now = row && this.#list.seen(row);
      if (now === undefined) {
        withExtras((e) => e.gone(this.context, this.#thread ?? thread, () => this.#thread?.id === thread.id));
        return;
      }
      const before = this.#thread;
      this.#thread = now;
      if (before !== undefined && titleOf(before) === titleOf(now) && before.pinned === now.pinned) return;
      if (this.#mode !== "rename") this.#head(false);
      this.context.title(titleOf(now));
    });
  }

  /** Draws the head of the reading pane anew, with the form that renames or without. */
  #head(rename: boolean): void {
    const thread = this.#thread;
    const pane = this.main.querySelector<HTMLElement>(":scope > .pane-read");
    const head = pane?.querySelector(":scope > .bar");
    if (thread === undefined || pane === null || !head) return;
    this.#mode = rename ? "rename" : "thread";
    const panes = this.#panes(thread, false, rename);
    const wanted = panes.querySelector<HTMLElement>(".pane-read > .bar");
    if (wanted === null) return;
    morphChildren(head, wanted); // a menu that is open stays
    this.#pinMenu(pane, thread);
    this.#more?.drawn();
    void this.#faces(slot(pane, "people"));
    const box = pane.querySelector<HTMLTextAreaElement>("#composer textarea");
    const label = `Write to ${titleOf(thread)}`;
    if (box !== null) {
      box.placeholder = label;
      const of = pane.querySelector(`label[for="${box.id}"]`);
      if (of !== null) of.textContent = label;
    }
    if (rename) pane.querySelector<HTMLInputElement>("input[name=title]")?.select();
  }

  /** A thread is another one than before, unless it is not the one that is open. */
  #show(now: Thread): void {
    if (this.#thread?.id !== now.id) return;
    this.#thread = now;
    this.#head(false);
    this.context.title(titleOf(now));
  }

  /** The blueprint offers to pin; a pinned thread offers the opposite. */
  #pinMenu(pane: HTMLElement, thread: Thread): void {
    const input = pane.querySelector<HTMLInputElement>("input[name=pinned]");
    const words = input?.parentElement?.querySelector(".menu-words");
    if (input === null || words === null || words === undefined) return;
    input.value = thread.pinned ? "" : "true";
    const [label, note] = [words.querySelector(".menu-label"), words.querySelector(".menu-note")];
    if (label !== null) label.textContent = thread.pinned ? "Unpin" : "Pin to the top";
    if (note !== null) note.textContent = thread.pinned ? "Back in order of time, for everyone" : "For everyone here";
  }

  #writers: string[] = [];

  #people(pane: HTMLElement, rows: readonly MessageRow[]): void {
    const writers = new Set(rows.map(authorOf).reverse());
    writers.delete("");
    if (`${[...writers]}` === `${this.#writers}`) return;
    this.#writers = [...writers];
    this.#faces(slot(pane, "people"));
  }

  #faces(e: HTMLElement | null): void {
    if (e === null) return;
    const people = this.#writers.slice(0, 5).map((id) => ({ id, name: this.context.people.name(id) }));
    e.replaceChildren(...people.map((p) => avatar(p.id, p.name, "s")));
    e.hidden = people.length === 0;
    const more = this.#writers.length - people.length;
    const names = people.map((p) => p.name);
    e.setAttribute("aria-label", "Written by " + (more > 0 ? `${names.join(", ")} and ${plural(more, "other", "others")}` : names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`));
  }

  submit(form: HTMLFormElement): boolean {
    return this.#acts.submit(form);
  }

  link(place: Place): boolean {
    return this.#acts.link(place);
  }

  #closeThread(): void {
    this.#stopThread();
    this.#stopThread = () => undefined;
    this.#stopMore();
    this.#more?.close();
    this.#more = undefined;
    this.#messages?.close();
    this.#messages = undefined;
    this.#writers = [];
  }

  close(): void {
    this.#turn++;
    this.#closeThread();
    this.#stopPeople();
    this.#list.close();
  }
}

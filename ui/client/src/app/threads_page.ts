// /w/:workspace and /w/:workspace/t/:thread: the list of threads beside one
// thread, the form that starts one, or nothing yet.
import { cloneAll, fillParts, slot } from "./blueprint";
import { avatar } from "./avatar";
import { confirmFirst } from "./confirm";
import { empty, type EmptyWords } from "./empty";
import { withExtras, type OpenThread } from "./extras";
import { dropDraft, readDraft } from "../draft";
import { lastMessages, Messages, type MessageRow } from "./messages";
import { morphChildren } from "./morph";
import type { Context, Page, View } from "./page";
import { showRefusal } from "./refusal";
import { idIn, segment, type Params, type Place } from "./router";
import { authorOf, ThreadList, titleOf } from "./thread_list";
import * as write from "./thread_write";
import { showPanes } from "./panes";
import type { Row } from "../../../../sync/client/src/local";
import { plural } from "./text";

type Thread = Row<"threads">;

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
  #messages: Messages | undefined;
  #thread: Thread | undefined;
  #stopThread: () => void = () => undefined;
  #more: OpenThread | undefined;
  #stopMore: () => void = () => undefined;
  readonly #stopPeople: () => void;
  #mode = ""; // what the reading pane is for

  constructor(private readonly context: Context, private readonly main: HTMLElement) {
    this.#list = new ThreadList(context);
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
    void this.#open(place, id);
    return true;
  }

  async #open(place: Place, id: string): Promise<void> {
    const [thread, rows] = await Promise.all([this.context.store.db.threads.get(id), lastMessages(this.context, id)]);
    if (thread === undefined) {
      this.context.go(`/w/${this.context.workspace}`, { replace: true });
      return;
    }
    this.#build(place, thread, rows, false);
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
      if (this.#mode === "none") this.#sayEmpty(reading, pane);
    });
    this.context.title(thread !== undefined ? titleOf(thread) : starting ? "New thread" : "Threads");
    if (thread !== undefined) this.#read(thread, rows, reading, place);
    else if (starting && !whole) reading.querySelector<HTMLElement>("input[name=title]")?.focus();
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
    this.#restoreDraft(pane);
    this.#messages = new Messages({
      context: this.context, thread: thread.id, container, scroller, canWrite: () => this.context.readOnly() === "",
      onSome: (some) => this.#sayNoMessages(container, some),
    });
    this.#messages.start(rows);
    this.#people(pane, rows);
    this.#stopMore = withExtras((e) => (this.#more = e.openThread(this.context, thread.id, pane)));
    const editing = place.query.get("edit") ?? "";
    if (editing !== "") this.#messages.edit(editing);
    if (place.hash.startsWith("#m-")) void this.#messages.reveal(place.hash.slice(3));
    const first = pane.querySelector<HTMLElement>("[autofocus]");
    if (this.#mode === "rename") first?.focus();
    this.#stopThread = this.context.live(() => this.context.store.db.threads.get(thread.id), (now) => {
      if (now === undefined) {
        this.context.go(`/w/${this.context.workspace}`, { replace: true });
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
    head.replaceChildren(...Array.from(wanted.childNodes));
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
    this.#writers = [];
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i];
      const by = row === undefined ? "" : authorOf(row);
      if (by !== "" && !this.#writers.includes(by)) this.#writers.push(by);
    }
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

  #sayNoMessages(container: HTMLElement, some: boolean): void {
    const old = container.querySelector(":scope > .empty");
    if (some) old?.remove();
    else if (old === null) {
      const words = this.context.readOnly() === "" ? "Write the first one below." : "Nobody has written here so far.";
      container.append(empty({ kind: "nothing-yet", icon: "messages-square", title: "No messages yet", text: words }));
    }
  }

  #sayEmpty(reading: HTMLElement, pane: HTMLElement): void {
    const start = { label: "New thread", href: `/w/${this.context.workspace}?new=1`, icon: "plus" };
    const why = this.context.readOnly();
    let words: EmptyWords;
    if (!this.#list.empty) words = why === "" ? { kind: "nothing-yet", icon: "messages-square", title: "Pick a thread", text: "Or start one about something new.", action: start } : { kind: "not-allowed", icon: "lock", title: "You can look, not change", text: why };
    else if (this.#list.query !== "") words = { kind: "no-match", icon: "search-x", title: `Nothing matches “${this.#list.query}”`, text: "The search looks at titles." };
    else if (why === "") words = { kind: "nothing-yet", icon: "messages-square", title: "No threads yet", text: "A thread is a conversation about one thing. Start with the job on your bench.", action: { ...start, primary: true } };
    else words = { kind: "nothing-yet", icon: "messages-square", title: "No threads yet", text: why };
    const box = slot(reading, "empty");
    if (box !== null) morphChildren(box, fragmentOf(empty(words)));
    // On a phone the list stands alone and says it itself.
    const scroll = slot(pane, "rows")?.parentElement;
    let own = scroll?.querySelector<HTMLElement>(":scope > .list-empty") ?? null;
    if (this.#list.empty && this.#list.query === "" && scroll) {
      if (own === null) {
        own = document.createElement("div");
        own.className = "pane-empty list-empty";
        scroll.append(own);
      }
      morphChildren(own, fragmentOf(empty(words)));
    } else own?.remove();
  }

  #restoreDraft(pane: HTMLElement): void {
    const box = pane.querySelector<HTMLTextAreaElement>("#composer textarea");
    if (box?.form && box.value === "") box.value = readDraft(box.form)?.text ?? "";
  }

  submit(form: HTMLFormElement): boolean {
    const path = new URL(form.getAttribute("action") ?? "", location.origin).pathname;
    const base = `/w/${encodeURIComponent(this.context.workspace)}`;
    const data = new FormData(form);
    const text = (name: string): string => {
      const v = data.get(name);
      return typeof v === "string" ? v : "";
    };
    const at = (id: string): string => `${base}/t/${segment(id)}`;
    const { store } = this.context;
    if (path === `${base}/threads`) {
      void this.#try(form, async () => {
        const id = await write.createThread(store, { title: text("title"), text: text("text") });
        dropDraft(form);
        this.context.go(at(id));
      });
      return true;
    }
    if (form.classList.contains("list-search")) return true;
    const thread = this.#thread;
    if (thread === undefined || !path.startsWith(at(thread.id) + "/")) return false;
    const rest = path.slice(at(thread.id).length + 1).split("/");
    if (rest[0] === "messages") void this.#send(form, thread.id, text("text"));
    else if (rest[0] === "rename") void this.#try(form, async () => {
      await write.renameThread(store, thread.id, text("title"));
      this.#head(false);
      this.context.go(at(thread.id), { replace: true });
    });
    else if (rest[0] === "pin") void this.#try(form, () => write.pinThread(store, thread.id, text("pinned") === "true"));
    else if (rest[0] === "m" && rest[1] !== undefined && rest.length === 2) {
      const id = idIn(rest[1]);
      void this.#try(form, async () => {
        await write.editMessage(store, id, text("text"));
        this.context.go(at(thread.id) + "#m-" + id, { replace: true });
      });
    } else return this.#more?.submit(rest.join("/"), form) === true;
    return true;
  }

  async #send(form: HTMLFormElement, thread: string, words: string): Promise<void> {
    const box = form.querySelector("textarea");
    if (box !== null) {
      // The box is free for the next message at once; on a refusal the words come back.
      box.value = "";
      box.style.height = "";
    }
    const done = await this.#try(form, async () => {
      await write.append(this.context.store, thread, words);
      dropDraft(form);
    });
    if (!done && box !== null && box.value === "") box.value = words;
    if (done) this.#messages?.toEnd();
    if (!matchMedia("(hover: none)").matches) box?.focus();
  }

  async #try(form: HTMLFormElement, work: () => Promise<void>): Promise<boolean> {
    showRefusal(form, undefined);
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof write.Refused) showRefusal(form, error);
      else this.context.fail(error);
      return false;
    }
  }

  /** Links that ask first: they open a question here instead of a page. */
  link(place: Place): boolean {
    const thread = this.#thread;
    if (thread === undefined || this.context.readOnly() !== "") return false;
    const base = `/w/${encodeURIComponent(this.context.workspace)}/t/${segment(thread.id)}`;
    if (place.path === `${base}/delete`) {
      void this.#askDeleteThread(thread);
      return true;
    }
    const of = /^\/m\/([^/]+)\/delete$/.exec(place.path.slice(base.length));
    if (!place.path.startsWith(base) || of === null) return false;
    const id = idIn(of[1] ?? "");
    confirmFirst({ title: "Delete this message?", text: "It goes for everyone, also where it was read already.", keep: "Keep it", do: "Delete message" }, () => void write.deleteMessage(this.context.store, id).catch((e: unknown) => this.context.fail(e)));
    return true;
  }

  async #askDeleteThread(thread: Thread): Promise<void> {
    const n = await write.messagesOf(this.context.store, thread.id).count();
    const what = n === 0 ? "It has no messages" : `${plural(n, "message goes", "messages go")} with it`;
    confirmFirst({ title: `Delete thread ${titleOf(thread)}?`, text: this.context.me === null ? `${what}.` : `${what}, for everyone in ${this.context.site}.`, keep: "Keep it", do: "Delete thread" }, () => {
      void write.deleteThread(this.context.store, thread.id).catch((e: unknown) => this.context.fail(e));
    });
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
    this.#closeThread();
    this.#stopPeople();
    this.#list.close();
  }
}

function fragmentOf(...nodes: Node[]): DocumentFragment {
  const f = document.createDocumentFragment();
  f.append(...nodes);
  return f;
}

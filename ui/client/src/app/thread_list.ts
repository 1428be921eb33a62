// The middle column: threads of this workspace from the device, pinned first,
// then by activity, with a line of each one's last message.
import { clone, slot } from "./blueprint";
import { withExtras, type UnreadCounts } from "./extras";
import { Keyed } from "./morph";
import type { Context } from "./page";
import { stateIcon } from "./state";
import { dropWaiting, whenLetGo } from "./still";
import { authorOf, firstName } from "./text";
import { ThreadsAhead, type ThreadAhead } from "./thread_ahead";
import { activeAt, inList, isBranch, ThreadRows, titleOf, type ListResult, type ListRow, type Thread } from "./thread_rows";

export { authorOf, titleOf };

const page = 40;

export class ThreadList {
  #query = "";
  #limit = page;
  #current = "";
  #result: ListResult = { rows: [], more: false };
  readonly #rows: ThreadRows;
  #keyed: Keyed<ListRow> | undefined;
  readonly #stops: (() => void)[] = [];
  #onRows: (some: boolean) => void = () => undefined;

  #counts: UnreadCounts | undefined;
  readonly #ahead = new ThreadsAhead();

  constructor(private readonly context: Context) {
    const draw = (): void => whenLetGo(this, () => this.#draw()); // rows change their places
    this.#rows = new ThreadRows(context.store, (result) => {
      this.#result = result;
      draw();
    }, (error) => context.fail(error));
    this.#stops.push(() => this.#rows.close(), context.unsent.onChange((keys) => {
      if (keys.some((key) => this.#keyed?.has(key))) draw();
    }), context.people.onChange(draw), withExtras((e) => {
      this.#counts = e.unread(context);
      this.#stops.push(this.#counts.onChange(draw));
      draw();
    }));
  }

  /** How much of a thread is unread; what the server said stands until it is known here. */
  #unread(t: Thread): string {
    return this.#counts?.label(t.id) ?? document.querySelector(`#t-${CSS.escape(t.id)} .unread`)?.textContent ?? "";
  }

  /** Whether the person hears nothing about a thread, by the same rule. */
  #muted(t: Thread): boolean {
    return this.#counts?.muted(t.id) ?? document.querySelector(`#t-${CSS.escape(t.id)} [data-slot=muted]`) !== null;
  }

  /** Reads the list for the first time. */
  first(): Promise<void> {
    return this.#rows.ask(this.#query, this.#limit);
  }

  get empty(): boolean {
    return this.#result.rows.length === 0;
  }

  /** Draws what a person does to a thread before it is on the disk. Whoever does so says with what comes back whether it has got there. */
  ahead(thread: string, fields: ThreadAhead["fields"], line: ThreadAhead["line"] = {}): (written: boolean) => void {
    const of: ThreadAhead = { thread, fields, line };
    this.#ahead.add(of);
    this.#draw();
    return (written) => {
      const off = (): void => {
        this.#ahead.remove(of);
        this.#draw();
      };
      if (!written) off();
      else void this.#rows.again(thread).catch((e: unknown) => this.context.fail(e)).finally(off);
    };
  }

  /** A thread as it will be once everything is written; undefined = it goes. */
  seen(t: Thread): Thread | undefined {
    return this.#ahead.thread(t);
  }

  #shown(): readonly ListRow[] {
    const { rows } = this.#result;
    return this.#ahead.empty ? rows : rows.flatMap((r) => this.#ahead.row(r) ?? []).sort((a, b) => inList(a.thread, b.thread));
  }

  get query(): string {
    return this.#query;
  }

  /** Draws into a pane that was just put on the page, and keeps it up to date. */
  attach(pane: HTMLElement, current: string, onRows: (some: boolean) => void): void {
    this.#current = current;
    this.#onRows = onRows;
    const list = slot(pane, "rows");
    if (list === null) return;
    if (this.#keyed?.container !== list) {
      this.#keyed = new Keyed<ListRow>(list, { key: (r) => r.thread.id, signature: (r) => this.#signature(r), make: (r) => this.#make(r) });
      const search = pane.querySelector<HTMLInputElement>("input[name=q]");
      search?.addEventListener("input", () => this.#search(search.value));
      list.parentElement?.addEventListener("scroll", (e) => this.#scrolled(e.currentTarget), { passive: true });
    }
    this.#draw();
  }

  select(current: string): void {
    this.#current = current;
    this.#draw();
  }

  close(): void {
    for (const s of this.#stops) s();
    dropWaiting(this);
  }

  /** Looks for pinned threads that were not changed for long. */
  follow(): void {
    void this.#rows.findPinned().catch((e: unknown) => this.context.fail(e));
  }

  #ask(): void {
    void this.#rows.ask(this.#query, this.#limit).catch((e: unknown) => this.context.fail(e));
  }

  #search(query: string): void {
    if (query === this.#query) return;
    this.#query = query;
    this.#limit = page;
    this.#ask();
  }

  #scrolled(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement) || !this.#result.more) return;
    if (target.scrollHeight - target.scrollTop - target.clientHeight > 900) return;
    this.#result = { ...this.#result, more: false };
    this.#limit += page * 2;
    this.#ask();
  }

  #signature(r: ListRow): string {
    const t = r.thread;
    return [titleOf(t), activeAt(t), t.pinned, r.preview, this.#by(r), t.id === this.#current, this.#unread(t), this.#muted(t), this.context.unsent.ofThread(t.id), this.context.clock().dayOf(activeAt(t))].join("\u0001");
  }

  #by(r: ListRow): string {
    const { me, people } = this.context;
    if (me === null || r.by === me.id) return me === null ? "" : "You: ";
    const name = r.by === "" ? "" : people.name(r.by);
    return name === "" || name === "Somebody" ? "" : firstName(name) + ": ";
  }

  #make(r: ListRow): HTMLElement {
    const t = r.thread;
    const row = clone("thread-row", {
      workspace: this.context.workspace, thread: t.id, title: titleOf(t), preview: r.preview === "" ? (isBranch(t) ? "A branch, nothing of its own yet" : "No messages yet") : this.#by(r) + r.preview,
    }, { time: this.context.clock().short(activeAt(t)), pinned: t.pinned, muted: this.#muted(t) });
    if (t.id !== this.#current) row.querySelector("a")?.removeAttribute("aria-current");
    const state = this.context.unsent.ofThread(t.id);
    const unread = this.#unread(t);
    const marks = slot(row, "marks");
    if (state !== "") marks?.append(stateIcon(state));
    else if (unread !== "") marks?.append(clone("unread", { unread }));
    return row;
  }

  #draw(): void {
    if (this.#keyed === undefined) return;
    this.#keyed.show(this.#shown());
    const pane = this.#keyed.container.closest(".pane");
    if (pane !== null) {
      const none = slot(pane, "no-match");
      const missed = this.#result.rows.length === 0 && this.#query.trim() !== "";
      if (none !== null) {
        none.hidden = !missed;
        if (missed) none.firstChild?.replaceWith(`Nothing matches “${this.#query.trim()}”. `);
      }
      const search = slot(pane, "search");
      if (search !== null) search.hidden = this.#result.rows.length === 0 && this.#query === "";
    }
    this.#onRows(this.#result.rows.length > 0);
  }
}


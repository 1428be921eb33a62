// The middle column: threads of this workspace from the device, pinned first,
// then by activity, with a line of each one's last message.
import type { Row } from "../../../../sync/client/src/local";
import { clone, slot } from "./blueprint";
import { withExtras, type UnreadCounts } from "./extras";
import { Keyed } from "./morph";
import type { Context } from "./page";
import { authorOf, firstName, preview, wordsOf } from "./text";
import { messagesOf } from "./thread_write";
import { stateIcon } from "./state";

type Thread = Row<"threads">;

export interface ListRow {
  readonly thread: Thread;
  readonly preview: string;
  readonly by: string;
}

export interface ListResult {
  readonly rows: readonly ListRow[];
  readonly more: boolean;
}

export const activeAt = (t: Thread): number => t.last_message_at ?? t.updated_at;
export const titleOf = (t: { title?: string | null }): string => (t.title ?? "") || "Untitled thread";
export { authorOf };

const page = 40;
const noop = (): void => undefined;
const fold = (s: string): string => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * The `limit` threads with the latest activity, pinned ones first. Activity is
 * never later than the last change, so reading by last change may stop as soon
 * as nothing older can be among them.
 */
export async function readList(context: Context, query: string, limit: number, pinned: Set<string>): Promise<ListResult> {
  const { db } = context.store;
  const wanted = fold(query.trim());
  const found: Thread[] = [];
  let bound = Number.POSITIVE_INFINITY;
  let done = false;
  for (let offset = 0; !done; offset += 250) {
    const some = await db.threads.orderBy("updated_at").reverse().offset(offset).limit(250).toArray();
    for (const t of some) if (t.pinned) pinned.add(t.id);
    for (const t of some) if (wanted === "" || fold(titleOf(t)).includes(wanted)) found.push(t);
    bound = some[some.length - 1]?.updated_at ?? 0;
    found.sort((a, b) => activeAt(b) - activeAt(a) || (a.id < b.id ? 1 : -1));
    const last = found[limit];
    done = some.length < 250 || (last !== undefined && activeAt(last) >= bound);
  }
  const seen = new Set(found.slice(0, limit).map((t) => t.id));
  const apart = (await db.threads.bulkGet(Array.from(pinned).filter((id) => !seen.has(id)))).filter((t): t is Thread => t !== undefined && (wanted === "" || fold(titleOf(t)).includes(wanted)));
  const shown = [...found.slice(0, limit), ...apart];
  shown.sort((a, b) => Number(b.pinned) - Number(a.pinned) || activeAt(b) - activeAt(a) || (a.id < b.id ? 1 : -1));
  const rows = await Promise.all(shown.map(async (thread) => {
    const last = await messagesOf(context.store, thread.id).last();
    return { thread, preview: last === undefined ? "" : preview(wordsOf(last.data)), by: last === undefined ? "" : authorOf(last) };
  }));
  return { rows, more: found.length > limit };
}

export class ThreadList {
  #query = "";
  #limit = page;
  #current = "";
  readonly #pinned = new Set<string>();
  #closed = false;
  #result: ListResult = { rows: [], more: false };
  #stop: () => void = noop;
  #keyed: Keyed<ListRow> | undefined;
  readonly #stops: (() => void)[] = [];
  #onRows: (some: boolean) => void = () => undefined;

  #counts: UnreadCounts | undefined;

  constructor(private readonly context: Context) {
    const draw = (): void => this.#draw();
    this.#stops.push(context.unsent.onChange(draw), context.people.onChange(draw), withExtras((e) => {
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
  async first(): Promise<void> {
    this.#result = await readList(this.context, this.#query, this.#limit, this.#pinned);
  }

  get empty(): boolean {
    return this.#result.rows.length === 0;
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
    this.#stop();
    this.#closed = true;
    for (const s of this.#stops) s();
  }

  follow(): void {
    this.#follow();
    // Who is pinned is in no index: it is looked for once. Later changes of it
    // show by themselves, for they make the thread the one changed last.
    void this.context.store.db.threads.filter((t) => t.pinned).primaryKeys().then((ids) => {
      if (ids.every((id) => this.#pinned.has(id)) || this.#closed) return;
      for (const id of ids) this.#pinned.add(id);
      this.#follow();
    }, () => undefined);
  }

  #follow(): void {
    this.#stop();
    const { context } = this;
    const query = this.#query;
    const limit = this.#limit;
    const pinned = this.#pinned;
    this.#stop = context.live(() => readList(context, query, limit, pinned), (result) => {
      this.#result = result;
      this.#draw();
    });
  }

  #search(query: string): void {
    if (query === this.#query) return;
    this.#query = query;
    this.#limit = page;
    this.#follow();
  }

  #scrolled(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement) || !this.#result.more) return;
    if (target.scrollHeight - target.scrollTop - target.clientHeight > 900) return;
    this.#result = { ...this.#result, more: false };
    this.#limit += page * 2;
    this.#follow();
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
      workspace: this.context.workspace, thread: t.id, title: titleOf(t), preview: r.preview === "" ? "No messages yet" : this.#by(r) + r.preview,
    }, { time: this.context.clock().short(activeAt(t)), pinned: t.pinned, muted: this.#muted(t) });
    if (t.id !== this.#current) row.querySelector("a")?.removeAttribute("aria-current");
    const state = this.context.unsent.ofThread(t.id);
    const unread = this.#unread(t);
    if (state !== "" || unread !== "") slot(row, "pinned")?.remove();
    const marks = slot(row, "marks");
    if (state !== "") marks?.append(stateIcon(state));
    else if (unread !== "") marks?.append(clone("unread", { unread }));
    return row;
  }

  #draw(): void {
    if (this.#keyed === undefined) return;
    this.#keyed.show(this.#result.rows);
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


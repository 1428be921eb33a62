// The threads that the list shows, with a line of each one's last message. They
// are read once; from then on a change costs what it is about: the rows of the
// threads it names, and the last message of those that got another one.
import { onChanges, type Changes } from "../../../../sync/client/src/store/changed.js";
import type { Row, Store } from "../../../../sync/client/src/local";
import { excerpt } from "./plain";
import { authorOf, wordsOf } from "./text";
import { messagesOf } from "./thread_write";

export type Thread = Row<"threads">;

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

/** Whether a thread shows its parent's messages instead of copies. */
export const isBranch = (t: Thread): boolean => (t.parent_thread_id ?? "") !== "" && t.branch_mode !== "copy";

const fold = (s: string): string => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const order = (a: Thread, b: Thread): number => activeAt(b) - activeAt(a) || (a.id < b.id ? 1 : -1);
/** Pinned first, then the latest. */
export const inList = (a: Thread, b: Thread): number => Number(b.pinned) - Number(a.pinned) || order(a, b);

/** How many threads are read at once. */
const slice = 250;
/** The index that tells which threads' messages have changed. */
const places = "[thread_id+index+order_key]";

/** The last message of a thread, as the list shows it. */
interface Last {
  readonly id: string;
  readonly preview: string;
  readonly by: string;
}

export class ThreadRows {
  #query = "";
  #limit = 0;
  /** Threads that were read: all that changed at `#bound` or later, the pinned ones, and what was written since. */
  readonly #known = new Map<string, Thread>();
  /** Those of them that were asked for, the latest first. */
  #found: Thread[] = [];
  #bound = Number.POSITIVE_INFINITY;
  #whole = false;
  /** Threads that are pinned, or were since the list is open. */
  readonly #pinned = new Set<string>();
  readonly #lasts = new Map<string, Last | undefined>();

  // What is to be done.
  #anew = false;
  #unknown = false; // nobody knows what has changed
  readonly #changed = new Set<string>(); // threads
  readonly #talked = new Set<string>(); // threads with other messages
  readonly #worded = new Set<string>(); // messages
  #working: Promise<void> = Promise.resolve();
  readonly #stop: () => void;
  #closed = false;

  constructor(private readonly store: Store, private readonly show: (result: ListResult) => void, private readonly fail: (error: unknown) => void) {
    this.#stop = onChanges(store.db.name, (changes) => this.#hear(changes));
  }

  /** Reads the `limit` threads with the latest activity whose titles have `query` in them, pinned ones first. */
  ask(query: string, limit: number): Promise<void> {
    this.#query = fold(query.trim());
    this.#limit = limit;
    this.#anew = true;
    return this.#work();
  }

  /** Who is pinned is in no index: these are looked for once. Later changes of it are heard. */
  async findPinned(): Promise<void> {
    const ids = await this.store.db.threads.filter((t) => t.pinned).primaryKeys();
    for (const id of ids) if (!this.#pinned.has(id)) this.#changed.add(id);
    await this.#work();
  }

  /** Reads a thread and its last message once more; resolves when it is shown as it stands now. */
  again(id: string): Promise<void> {
    this.#changed.add(id);
    this.#talked.add(id);
    return this.#work();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #hear(changes: Changes): void {
    const [threads, messages, talks] = [changes.keys("threads"), changes.keys("messages"), changes.keys("messages", places)];
    if (threads === undefined || messages === undefined || talks === undefined) {
      this.#unknown = true;
      this.#anew = true;
    } else {
      for (const id of threads) this.#changed.add(String(id));
      for (const id of messages) this.#worded.add(String(id));
      for (const place of talks) if (Array.isArray(place)) this.#talked.add(String(place[0]));
    }
    // The transaction that was told of is still the current one.
    if (this.#anew || this.#changed.size + this.#worded.size > 0) setTimeout(() => void this.#work().catch((e: unknown) => this.fail(e)));
  }

  /** Does what is to be done, one after the other. */
  #work(): Promise<void> {
    return (this.#working = this.#working.catch(() => undefined).then(() => this.#all()));
  }

  async #all(): Promise<void> {
    while (!this.#closed && (this.#anew || this.#changed.size + this.#talked.size + this.#worded.size > 0)) {
      const others = this.#forget();
      let torn = false;
      if (this.#anew) torn = await this.#read();
      else if (this.#changed.size > 0) await this.#follow();
      else if (!others) continue; // messages that stand in no row
      if (this.#anew) continue; // something else was asked for, or too much has gone
      const result = await this.#result();
      if (!this.#closed && !this.#anew) this.show(result);
      this.#anew ||= torn;
    }
  }

  /** Forgets the last messages that may be others by now. Tells whether there were any. */
  #forget(): boolean {
    const known = this.#lasts.size;
    if (this.#unknown) this.#lasts.clear();
    this.#unknown = false;
    for (const id of this.#talked) this.#lasts.delete(id);
    if (this.#worded.size > 0) for (const [id, last] of this.#lasts) if (last && this.#worded.has(last.id)) this.#lasts.delete(id);
    this.#talked.clear();
    this.#worded.clear();
    return this.#lasts.size < known;
  }

  /**
   * Reads threads by their last change. Activity is never later than that, so
   * reading may stop as soon as nothing older can be among those asked for.
   * Tells whether a change moved them between two slices: some may be missing.
   */
  async #read(): Promise<boolean> {
    this.#anew = false;
    this.#changed.clear();
    const { threads } = this.store.db;
    this.#known.clear();
    this.#found = [];
    this.#whole = false;
    let offset = 0;
    for (; !this.#anew && !this.#enough(); offset += slice) {
      const some = await threads.orderBy("updated_at").reverse().offset(offset).limit(slice).toArray();
      for (const t of some) if (!this.#known.has(t.id)) this.#know(t);
      this.#found.sort(order);
      this.#bound = some[some.length - 1]?.updated_at ?? 0;
      this.#whole = some.length < slice;
    }
    const torn = offset > slice && this.#changed.size > 0;
    await this.#take(Array.from(this.#pinned).filter((id) => !this.#known.has(id)));
    return torn;
  }

  /** Reads the threads that have changed. */
  async #follow(): Promise<void> {
    const ids = Array.from(this.#changed);
    this.#changed.clear();
    await this.#take(ids);
    if (!this.#enough()) this.#anew = true;
  }

  async #take(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    const rows = await this.store.db.threads.bulkGet(ids);
    const taken = new Set(ids);
    this.#found = this.#found.filter((t) => !taken.has(t.id));
    for (const id of ids) this.#known.delete(id);
    for (const t of rows) if (t) this.#know(t);
    this.#found.sort(order);
  }

  #know(t: Thread): void {
    this.#known.set(t.id, t);
    if (t.pinned) this.#pinned.add(t.id);
    if (this.#fits(t)) this.#found.push(t);
  }

  #fits(t: Thread): boolean {
    return this.#query === "" || fold(titleOf(t)).includes(this.#query);
  }

  /** Whether no thread that was not read can be among those asked for. */
  #enough(): boolean {
    const last = this.#found[this.#limit];
    return this.#whole || (last !== undefined && activeAt(last) >= this.#bound);
  }

  async #result(): Promise<ListResult> {
    const shown = this.#found.slice(0, this.#limit);
    const seen = new Set(shown.map((t) => t.id));
    for (const id of this.#pinned) {
      const t = this.#known.get(id);
      if (t?.pinned && !seen.has(id) && this.#fits(t)) shown.push(t);
    }
    shown.sort(inList);
    const more = this.#found.length > this.#limit;
    await Promise.all(shown.map(async ({ id }) => {
      if (this.#lasts.has(id)) return;
      const last = await messagesOf(this.store, id).last();
      this.#lasts.set(id, last && { id: last.id, preview: excerpt(wordsOf(last.data)) || (last.file_hashes ? "Files" : ""), by: authorOf(last) });
    }));
    return { rows: shown.map((thread): ListRow => ({ thread, preview: "", by: "", ...this.#lasts.get(thread.id) })), more };
  }
}

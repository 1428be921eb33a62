// A thread's messages on the page. The end is there at once; what came earlier
// is added chunk by chunk while the browser has time, so that the browser's own
// find, the keyboard and the scroll bar know all of it. A chunk out of sight is
// not laid out (content-visibility), and a write reads and draws its chunk alone.
import Bounds from "./dexie";
import { onChanges, type Changes } from "../../../../sync/client/src/store/changed.js";
import type { Message, PendingOp } from "../../../../sync/client/src/local";
import { slot } from "./blueprint";
import { withExtras } from "./extras";
import { keyOfItem, MessageDrawing, type Item, type MessageRow } from "./message_row";
import { Keyed } from "./morph";
import { after } from "./order";
import type { Context } from "./page";
import { addressOf } from "./router";
import { letGo } from "./still";
import { messagesOf } from "./thread_write";
import { make } from "../dom";

const firstChunk = 60;
const laterChunk = 75; // as many as are laid out at once without a jerk
const sealAt = 240;
/** The order of reading, as the index has it. */
const places = "[thread_id+index+order_key]";

type Key = readonly [number, string];

interface Chunk {
  from: Key | null; // null = the beginning of the thread
  to: Key | null; // null = its end
  /** As they are on the disk. */
  rows: readonly MessageRow[];
  readonly element: HTMLElement;
  readonly keyed: Keyed<Item>;
}

/** A message that is not on the disk yet, as it will be. */
interface Ahead {
  /** undefined = it is being deleted. */
  readonly row: MessageRow | undefined;
  /** There was no such message before. */
  readonly fresh: boolean;
}

export interface MessagesOptions {
  readonly context: Context;
  readonly thread: string;
  readonly container: HTMLElement;
  readonly scroller: HTMLElement;
  readonly canWrite: () => boolean;
  /** Called with the messages at the end whenever they are drawn. */
  readonly onEnd: (rows: readonly MessageRow[]) => void;
  /** Called when there are messages, or none. */
  readonly onSome: (some: boolean) => void;
}

export async function lastMessages(context: Context, thread: string): Promise<MessageRow[]> {
  return (await messagesOf(context.store, thread).reverse().limit(firstChunk).toArray()).reverse();
}

const isBehind = (a: Key, b: Key): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] >= b[1]);

export class Messages {
  readonly #chunks: Chunk[] = [];
  readonly #ahead = new Map<string, Ahead>();
  #drawnAhead = 0;
  readonly #drawing: MessageDrawing;
  #closed = false;
  #some: boolean | undefined;
  #filling: Promise<void> | undefined;
  readonly #stale = new Set<Chunk>(); // to be read again
  #reading: Promise<void> = Promise.resolve();
  #heard = 0;
  readonly #stops: (() => void)[];

  constructor(private readonly o: MessagesOptions) {
    const { context } = o;
    this.#drawing = new MessageDrawing(context, o.thread, o.canWrite, (id) => this.#ahead.has(id));
    // A menu that is open is not cut off at the end of its chunk.
    o.container.addEventListener("toggle", (e) => {
      if (e.target instanceof HTMLDetailsElement) e.target.closest(".chunk")?.classList.toggle("chunk-open", e.target.open);
    }, true);
    this.#stops = [
      context.unsent.onChange((keys) => this.#chunks.forEach((c, i) => {
        if (keys.some((key) => c.keyed.has("m" + key))) this.#draw(i);
      })),
      withExtras(() => this.#chunks.forEach((_, i) => this.#draw(i))), // they draw Markdown
      context.people.onChange(() => this.#chunks.forEach((_, i) => this.#draw(i))),
      context.store.events.on("store:written", (ops) => this.#written(ops as PendingOp[])),
      onChanges(context.store.db.name, (changes) => this.#hear(changes)),
    ];
  }

  /** Shows the end of the thread and begins to fill in what came before. */
  start(rows: MessageRow[]): void {
    const first = rows[0];
    const whole = rows.length < firstChunk || first === undefined;
    for (const old of Array.from(this.o.container.children)) if (!old.hasAttribute("data-slot") || old.classList.contains("day")) old.remove();
    this.#stale.add(this.#add({ from: whole ? null : [first.index, first.order_key], to: null, rows }, 0));
    this.#draw(0);
    this.#read();
    if (!whole) this.#filling = this.#fill();
  }

  /** Marks the message that is being changed; "" for none. */
  edit(id: string): void {
    const before = this.#drawing.editing;
    const left = before === "" || before === id ? null : document.getElementById(`m-${before}`);
    const within = left?.contains(document.activeElement) === true;
    this.#drawing.editing = id;
    for (const m of [before, id]) this.#draw(this.#chunkOf(m));
    const box = id === "" ? null : this.o.container.querySelector<HTMLTextAreaElement>("textarea[name=text]");
    if (box !== null) {
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
      box.onkeydown = (e) => {
        const back = box.form?.querySelector<HTMLAnchorElement>("a[href]");
        if (e.key !== "Escape" || e.isComposing || !back) return;
        e.preventDefault(); // what was typed stays a draft: only the link beside it discards it
        document.dispatchEvent(new CustomEvent("or3:open", { detail: addressOf(back), cancelable: true }));
      };
    } else if (within) this.focusOn(before);
  }

  /** Whoever has changed a message goes on from it. */
  focusOn(id: string): void {
    const message = document.getElementById(`m-${id}`);
    message?.setAttribute("tabindex", "-1");
    message?.focus({ preventScroll: true });
  }

  /** The last message there is, or will be. */
  get last(): MessageRow | undefined {
    for (let i = this.#chunks.length; i-- > 0;) {
      const row = this.#rowsOf(i).at(-1);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** A message as it is drawn. */
  row(id: string): MessageRow | undefined {
    return this.#rowsOf(this.#chunkOf(id)).find((r) => r.id === id);
  }

  /**
   * Draws a message before it is on the disk; undefined draws that it is gone.
   * Whoever does so calls what comes back when it is written, or is not.
   */
  ahead(id: string, row: Message | undefined): () => void {
    const at = this.#chunkOf(id);
    const fresh = row !== undefined && at < 0;
    const of: Ahead = { row: row && { ...row, device_id: "", op_id: "", hlc: String(++this.#drawnAhead), clock: 0, server_version: 0 }, fresh };
    this.#ahead.set(id, of);
    if (fresh) this.#drawing.fresh = id;
    this.#draw(at < 0 ? this.#chunks.length - 1 : at);
    return () => {
      if (this.#ahead.get(id) === of) {
        const now = this.#chunks.findIndex((c) => this.#holds(c, id));
        this.#ahead.delete(id);
        this.#draw(now);
      }
      this.#ripen(id);
    };
  }

  /** Brings a message into sight, loading up to it when need be. */
  async reveal(id: string): Promise<boolean> {
    const find = (): HTMLElement | null => document.getElementById("m-" + id);
    if (find() === null && this.#filling !== undefined) await this.#filling;
    const e = find();
    for (const old of this.o.container.querySelectorAll(".message-found")) old.classList.remove("message-found");
    e?.classList.add("message-found");
    e?.scrollIntoView({ block: "center" });
    return e !== null;
  }

  toEnd(): void {
    this.o.scroller.scrollTop = 0; // the scroller counts from its end
  }

  close(): void {
    this.#closed = true;
    for (const s of this.#stops) s();
  }

  #add(of: { from: Key | null; to: Key | null; rows: readonly MessageRow[] }, at: number): Chunk {
    const element = make("div", "chunk");
    const drawing = this.#drawing;
    const chunk: Chunk = { ...of, element, keyed: new Keyed<Item>(element, { key: keyOfItem, signature: (i) => drawing.signature(i), make: (i) => drawing.make(i) }) };
    const next = this.#chunks[at];
    if (next === undefined) this.o.container.append(element);
    else next.element.before(element);
    this.#chunks.splice(at, 0, chunk);
    return chunk;
  }

  #between(from: Key | null, to: Key | null) {
    const { thread, context } = this.o;
    return context.store.db.messages.where(places)
      .between(from === null ? [thread, Bounds.minKey, Bounds.minKey] : [thread, ...from], to === null ? [thread, Bounds.maxKey, Bounds.maxKey] : [thread, ...to], true, to === null);
  }

  /** Marks the chunks that a transaction is about. */
  #hear(changes: Changes): void {
    const [ids, at] = [changes.keys("messages"), changes.keys("messages", places)];
    if (ids?.length === 0) return;
    this.#heard++;
    const keys = at?.filter((k): k is [string, ...Key] => Array.isArray(k) && k[0] === this.o.thread).map(([, ...key]): Key => key);
    for (const c of this.#chunks) {
      if (ids === undefined || keys === undefined || keys.some((k) => (c.from === null || isBehind(k, c.from)) && (c.to === null || !isBehind(k, c.to)))
        || ids.some((id) => this.#holds(c, String(id)))) this.#stale.add(c);
    }
    // The transaction that was told of is still the current one.
    if (this.#stale.size > 0) setTimeout(() => this.#read());
  }

  #read(): void {
    this.#reading = this.#reading.then(() => this.#readStale()).catch((e: unknown) => this.o.context.fail(e));
  }

  /** Reads what has changed, and draws it. */
  async #readStale(): Promise<void> {
    for (const chunk of this.#stale) {
      this.#stale.delete(chunk);
      const rows = await this.#between(chunk.from, chunk.to).toArray();
      await letGo(); // a new message moves all others
      const at = this.#chunks.indexOf(chunk);
      if (this.#closed) return;
      if (this.#stale.has(chunk)) continue; // it has changed meanwhile, and its turn comes again
      chunk.rows = rows;
      this.#keepPlace(() => {
        this.#draw(at);
        if (at + 1 < this.#chunks.length) this.#draw(at + 1); // its first head may hang on our last message
      });
      if (chunk.to === null && rows.length > sealAt) this.#seal();
    }
  }

  /** Draws what was written here as soon as it is on the disk, before anything is read again. */
  #written([op, ...more]: PendingOp[]): void {
    if (op?.table !== "messages" || more.length > 0) return; // many at once: they are read
    const known = this.#ahead.get(op.pk)?.fresh === true ? -1 : this.#chunks.findIndex((c) => this.#holds(c, op.pk));
    const chunk = this.#chunks.at(known); // what is new stands at the end
    if (chunk === undefined || (known < 0 && op.payload?.["thread_id"] !== this.o.thread)) return;
    const row = { ...op.payload, ...op.stamp, server_version: 0 } as MessageRow;
    const last = chunk.rows.at(-1);
    if (known < 0 && last !== undefined && !after(row, last)) return; // it belongs further up, and is read
    this.#ahead.delete(op.pk);
    const rows = chunk.rows.filter((r) => r.id !== op.pk || op.op === "put");
    chunk.rows = known < 0 ? [...rows, row] : rows.map((r) => (r.id === op.pk ? row : r));
    if (known < 0) {
      this.#drawing.fresh = op.pk;
      this.#ripen(op.pk);
    }
    this.#draw(this.#chunks.indexOf(chunk));
  }

  /** Draws a new message like the others once there is time. */
  #ripen(id: string): void {
    void rest().then(letGo).then(() => {
      if (this.#drawing.fresh !== id || this.#ahead.has(id)) return;
      this.#drawing.fresh = "";
      this.#draw(this.#chunkOf(id));
    });
  }

  /** Where a message is drawn; -1 = nowhere. */
  #chunkOf(id: string): number {
    return this.#chunks.findIndex((c) => c.keyed.has("m" + id));
  }

  /** Whether a message on the disk is this chunk's, also when it is drawn as gone. */
  #holds(c: Chunk, id: string): boolean {
    return c.keyed.has("m" + id) || (this.#ahead.has(id) && c.rows.some((r) => r.id === id));
  }

  /** Splits the end off a chunk that has grown. */
  #seal(): void {
    const at = this.#chunks.length - 1;
    const chunk = this.#chunks[at];
    const first = chunk?.rows[chunk.rows.length - firstChunk];
    if (chunk === undefined || first === undefined) return;
    const border: Key = [first.index, first.order_key];
    const cut = chunk.rows.findIndex((r) => r.index === border[0] && r.order_key === border[1]);
    if (cut <= 0) return;
    const rows = chunk.rows.slice(cut);
    chunk.rows = chunk.rows.slice(0, cut);
    chunk.to = border;
    this.#add({ from: border, to: null, rows }, at + 1);
    this.#keepPlace(() => {
      this.#draw(at);
      this.#draw(at + 1);
    });
  }

  /** Adds what came earlier, a chunk at a time, until the thread is whole. */
  async #fill(): Promise<void> {
    for (;;) {
      await rest();
      const border = this.#chunks[0]?.from;
      if (this.#closed || !border) return;
      const heard = this.#heard;
      const rows = await this.#between(null, border).reverse().limit(laterChunk).toArray();
      if (this.#closed) return;
      rows.reverse();
      const first = rows[0];
      const chunk = this.#add({ from: rows.length < laterChunk || first === undefined ? null : [first.index, first.order_key], to: border, rows }, 0);
      this.#keepPlace(() => {
        this.#draw(0);
        this.#draw(1);
      });
      if (heard === this.#heard) continue;
      this.#stale.add(chunk); // something has changed while it was read
      this.#read();
    }
  }

  /** Runs a change and keeps in place what the person is reading. */
  #keepPlace(change: () => void): void {
    const { scroller } = this.o;
    const away = scroller.scrollTop;
    if (Math.abs(away) < 40) {
      change();
      return;
    }
    const anchor = this.#anchor();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected && before !== undefined) {
      const moved = anchor.getBoundingClientRect().top - before;
      if (Math.abs(moved) > 1) scroller.scrollTop += moved;
    }
  }

  /** The message at the top of what is in sight. */
  #anchor(): Element | undefined {
    const box = this.o.scroller.getBoundingClientRect();
    for (let y = 12; y < box.height; y += 24) {
      const e = document.elementFromPoint(box.left + 60, box.top + y)?.closest(".message");
      if (e !== null && e !== undefined && this.o.container.contains(e)) return e;
    }
    return undefined;
  }

  /** A chunk's messages as they will be once everything is written. */
  #rowsOf(index: number): readonly MessageRow[] {
    const chunk = this.#chunks[index];
    if (chunk === undefined || this.#ahead.size === 0) return chunk?.rows ?? [];
    const rows = chunk.rows.flatMap((r) => {
      const of = this.#ahead.get(r.id);
      return of === undefined ? r : (of.row ?? []);
    });
    if (chunk.to !== null) return rows;
    for (const { row, fresh } of this.#ahead.values()) if (row !== undefined && fresh && !rows.includes(row)) rows.push(row);
    return rows.sort((a, b) => (after(a, b) ? 1 : -1));
  }

  #draw(index: number): void {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const rows = this.#rowsOf(index);
    chunk.keyed.show(this.#drawing.items(rows, this.#chunks[index - 1]?.rows.at(-1)));
    if (chunk.to === null) this.o.onEnd(rows);
    if (index === 0) {
      const facts = slot(this.o.container, "facts");
      if (facts !== null) facts.hidden = chunk.from !== null;
    }
    const some = this.#chunks.some((_, i) => this.#rowsOf(i).length > 0);
    if (some !== this.#some) this.o.onSome((this.#some = some));
  }
}

/** Waits until the browser has nothing better to do. */
const rest = (): Promise<void> =>
  new Promise((done) => {
    if ("requestIdleCallback" in window) window.requestIdleCallback(() => done(), { timeout: 200 });
    else setTimeout(done, 30);
  });

// A thread's messages on the page. The end is there at once; what came earlier
// is added chunk by chunk while the browser has time, so that the browser's own
// find, the keyboard and the scroll bar know all of it. A chunk out of sight is
// not laid out (content-visibility), and each one watches its own part of the
// thread: a write redraws its chunk alone.
import Bounds from "./dexie";
import type { PendingOp, Row } from "../../../../sync/client/src/local";
import { dress } from "./avatar";
import { clone, slot } from "./blueprint";
import { Keyed } from "./morph";
import { after } from "./order";
import type { Context } from "./page";
import { messageState } from "./state";
import { drawText, wordsOf } from "./text";
import { authorOf } from "./thread_list";
import { messagesOf } from "./thread_write";
import { make } from "../dom";

export type MessageRow = Row<"messages">;

const firstChunk = 60;
const laterChunk = 75; // as many as are laid out at once without a jerk
const sealAt = 240;
const followGap = 300; // seconds
const maxRun = 20;

type Key = readonly [number, string];
type Item = { readonly day: number } | { readonly row: MessageRow; readonly follow: boolean };

interface Chunk {
  from: Key | null; // null = the beginning of the thread
  to: Key | null; // null = its end
  rows: MessageRow[];
  readonly element: HTMLElement;
  readonly keyed: Keyed<Item>;
  stop: () => void;
}

export interface MessagesOptions {
  readonly context: Context;
  readonly thread: string;
  readonly container: HTMLElement;
  readonly scroller: HTMLElement;
  readonly canWrite: () => boolean;
  /** Called when there are messages, or none. */
  readonly onSome: (some: boolean) => void;
}

export async function lastMessages(context: Context, thread: string): Promise<MessageRow[]> {
  return (await messagesOf(context.store, thread).reverse().limit(firstChunk).toArray()).reverse();
}

export class Messages {
  readonly #chunks: Chunk[] = [];
  #editing = "";
  #closed = false;
  #some: boolean | undefined;
  /** A message that was just written. Its menu comes in a quiet moment: a browser takes its time for one in a long page. */
  #fresh = "";
  #filling: Promise<void> | undefined;
  readonly #stops: (() => void)[];

  constructor(private readonly o: MessagesOptions) {
    const again = (): void => this.#chunks.forEach((_, i) => this.#draw(i));
    // A menu that is open is not cut off at the end of its chunk.
    o.container.addEventListener("toggle", (e) => {
      if (e.target instanceof HTMLDetailsElement) e.target.closest(".chunk")?.classList.toggle("chunk-open", e.target.open);
    }, true);
    this.#stops = [
      o.context.unsent.onChange((keys) => this.#chunks.forEach((c, i) => {
        if (keys.some((key) => c.keyed.has("m" + key))) this.#draw(i);
      })),
      o.context.people.onChange(again),
      o.context.store.events.on("store:written", (ops) => this.#written(ops as PendingOp[])),
    ];
  }

  /** Shows the end of the thread and begins to fill in what came before. */
  start(rows: MessageRow[]): void {
    const first = rows[0];
    const whole = rows.length < firstChunk || first === undefined;
    for (const old of Array.from(this.o.container.children)) if (!old.hasAttribute("data-slot") || old.classList.contains("day")) old.remove();
    this.#add({ from: whole ? null : [first.index, first.order_key], to: null, rows }, 0);
    this.#draw(0);
    this.#follow(0);
    if (!whole) this.#filling = this.#fill();
  }

  /** Marks the message that is being changed; "" for none. */
  edit(id: string): void {
    this.#editing = id;
    this.#chunks.forEach((_, i) => this.#draw(i));
    const box = id === "" ? null : this.o.container.querySelector<HTMLTextAreaElement>("textarea[name=text]");
    if (box !== null) {
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    }
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
    for (const c of this.#chunks) c.stop();
    for (const s of this.#stops) s();
  }

  get count(): number {
    return this.#chunks.reduce((n, c) => n + c.rows.length, 0);
  }

  #add(of: { from: Key | null; to: Key | null; rows: MessageRow[] }, at: number): Chunk {
    const element = make("div", "chunk");
    const chunk: Chunk = {
      ...of, element, stop: () => undefined,
      keyed: new Keyed<Item>(element, {
        key: (i) => ("day" in i ? `d${i.day}` : `m${i.row.id}`),
        signature: (i) => this.#signature(i),
        make: (i) => this.#make(i),
      }),
    };
    const next = this.#chunks[at];
    if (next === undefined) this.o.container.append(element);
    else next.element.before(element);
    this.#chunks.splice(at, 0, chunk);
    return chunk;
  }

  /** Keeps one chunk up to date with its part of the thread. */
  #follow(index: number): void {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    chunk.stop();
    const { context, thread } = this.o;
    const lower = chunk.from === null ? [thread, Bounds.minKey, Bounds.minKey] : [thread, ...chunk.from];
    const upper = chunk.to === null ? [thread, Bounds.maxKey, Bounds.maxKey] : [thread, ...chunk.to];
    chunk.stop = context.live(
      () => context.store.db.messages.where("[thread_id+index+order_key]").between(lower, upper, true, chunk.to === null).toArray(),
      (rows) => {
        const at = this.#chunks.indexOf(chunk);
        if (at < 0) return;
        chunk.rows = rows;
        this.#keepPlace(() => {
          this.#draw(at);
          if (at + 1 < this.#chunks.length) this.#draw(at + 1); // its first head may hang on our last message
        });
        if (chunk.to === null && rows.length > sealAt) this.#seal();
      },
    );
  }

  /** Draws what was written here as soon as it is on the disk, before any query has run again. */
  #written([op, ...more]: PendingOp[]): void {
    if (op?.table !== "messages" || more.length > 0) return; // many at once: the queries bring them
    const at = this.#chunks.findIndex((c) => c.keyed.has("m" + op.pk));
    const chunk = this.#chunks.at(at); // what is new stands at the end
    if (chunk === undefined || (at < 0 && op.payload?.["thread_id"] !== this.o.thread)) return;
    const row = { ...op.payload, ...op.stamp, server_version: 0 } as MessageRow;
    const last = chunk.rows.at(-1);
    if (at < 0 && last !== undefined && !after(row, last)) return; // it belongs further up: the query of its chunk brings it
    const rows = chunk.rows.filter((r) => r.id !== op.pk || op.op === "put");
    chunk.rows = at < 0 ? [...rows, row] : rows.map((r) => (r.id === op.pk ? row : r));
    if (at < 0) {
      this.#fresh = op.pk;
      void rest().then(() => {
        this.#fresh = "";
        this.#draw(this.#chunks.indexOf(chunk));
      });
    }
    this.#draw(this.#chunks.indexOf(chunk));
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
    const rest = chunk.rows.slice(cut);
    chunk.rows = chunk.rows.slice(0, cut);
    chunk.to = border;
    this.#add({ from: border, to: null, rows: rest }, at + 1);
    this.#keepPlace(() => {
      this.#draw(at);
      this.#draw(at + 1);
    });
    this.#follow(at);
    this.#follow(at + 1);
  }

  /** Adds what came earlier, a chunk at a time, until the thread is whole. */
  async #fill(): Promise<void> {
    for (;;) {
      await rest();
      const chunk = this.#chunks[0];
      if (this.#closed || chunk === undefined || chunk.from === null) return;
      const { thread, context } = this.o;
      const border = chunk.from;
      const found = await context.store.db.messages.where("[thread_id+index+order_key]")
        .between([thread, Bounds.minKey, Bounds.minKey], [thread, ...border], true, false).reverse().limit(laterChunk).toArray();
      if (this.#closed) return;
      found.reverse();
      const first = found[0];
      const whole = found.length < laterChunk || first === undefined;
      this.#add({ from: whole ? null : [first.index, first.order_key], to: border, rows: found }, 0);
      this.#keepPlace(() => {
        this.#draw(0);
        this.#draw(1);
      });
      this.#follow(0);
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

  #draw(index: number): void {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const before = this.#chunks[index - 1]?.rows.at(-1);
    chunk.keyed.show(this.#items(chunk.rows, before));
    if (index === 0) {
      const facts = slot(this.o.container, "facts");
      if (facts !== null) facts.hidden = chunk.from !== null;
    }
    const some = this.#chunks.some((c) => c.rows.length > 0);
    if (some !== this.#some) this.o.onSome((this.#some = some));
  }

  #items(rows: readonly MessageRow[], before: MessageRow | undefined): Item[] {
    const clock = this.o.context.clock();
    const items: Item[] = [];
    let last = before;
    let day = before === undefined ? "" : clock.dayOf(before.created_at);
    let run = maxRun; // a chunk begins with a head
    for (const row of rows) {
      const today = clock.dayOf(row.created_at);
      let follow = false;
      if (last === undefined || today !== day) items.push({ day: row.created_at });
      else follow = run < maxRun && authorOf(last) === authorOf(row) && row.created_at - last.created_at < followGap;
      if (!follow) run = 0;
      run++;
      day = today;
      last = row;
      items.push({ row, follow });
    }
    return items;
  }

  #mine(row: MessageRow): boolean {
    const { me } = this.o.context;
    return row.id !== this.#fresh && this.o.canWrite() && (me === null || authorOf(row) === me.id);
  }

  #signature(i: Item): string {
    if ("day" in i) return this.o.context.clock().dayOf(i.day);
    const { row } = i;
    return [row.op_id, row.hlc, row.updated_at, i.follow, this.o.context.people.name(authorOf(row)), this.o.context.unsent.of("messages", row.id), this.#mine(row), row.id === this.#editing].join("\u0001");
  }

  #make(i: Item): HTMLElement {
    const { context, thread } = this.o;
    if ("day" in i) return clone("day", {}, { day: context.clock().day(i.day) });
    const { row } = i;
    const clock = context.clock();
    const author = authorOf(row);
    const name = context.people.name(author);
    const mine = this.#mine(row);
    const editing = mine && row.id === this.#editing;
    const time = clock.hour(row.created_at);
    const e = clone(editing ? "message-edit" : mine ? "message" : "message-other", {
      workspace: context.workspace, thread, message: row.id, user: author, name,
    }, editing ? { head: !i.follow, time } : {
      head: !i.follow, time, text: (t) => {
        const edited = slot(t, "edited");
        t.replaceChildren(...drawText(wordsOf(row.data)));
        if (edited !== null && row.updated_at > row.created_at) t.append(edited);
      }, menu: this.o.canWrite(),
    });
    e.classList.toggle("message-follow", i.follow);
    e.classList.toggle("message-acts", this.o.canWrite() && !editing);
    e.setAttribute("aria-label", `${name}, ${clock.exact(row.created_at)}`);
    const menu = e.querySelector(".message-menu summary");
    for (const name of ["aria-label", "data-tip"]) menu?.setAttribute(name, `More for ${mine ? "your" : "the"} message of ${time.textContent ?? ""}`);
    if (i.follow) e.querySelector(":scope > .avatar")?.remove();
    else dress(e.querySelector(":scope > .avatar"), author, name);
    if (editing) {
      const box = e.querySelector("textarea");
      if (box !== null) box.value = box.defaultValue = wordsOf(row.data);
    }
    const state = context.unsent.of("messages", row.id);
    if (state !== "") {
      e.classList.add("message-waiting");
      const line = messageState(state, `/w/${encodeURIComponent(context.workspace)}/waits`);
      const head = slot(e, "head");
      if (head !== null) head.append(line);
      else e.querySelector(".message-body")?.prepend(line);
    }
    return e;
  }
}

/** Waits until the browser has nothing better to do. */
const rest = (): Promise<void> =>
  new Promise((done) => {
    if ("requestIdleCallback" in window) window.requestIdleCallback(() => done(), { timeout: 200 });
    else setTimeout(done, 30);
  });

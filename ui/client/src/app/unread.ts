// Keeps count of what is unread, for the list, the sidebar and the thread that is
// open, and knows which threads are muted. Each of the latest threads is watched by itself, so that a message
// counts anew its own thread alone.
import { make } from "../dom";
import type { UnreadCounts } from "./extras";
import { mutedThreads } from "./mute_write";
import type { Context } from "./page";
import { beginReading, markRead, mostUnread, unreadIn } from "./unread_read";

const latest = 100;
/** A moment, so that a lively talk does not write a row for every message. */
const moment = 1500;

const capped = (n: number): string => (n >= mostUnread ? "99+" : String(n));

export class Unread implements UnreadCounts {
  readonly #counts = new Map<string, number>();
  readonly #watched = new Map<string, () => void>();
  readonly #heard = new Set<() => void>();
  #muted: ReadonlySet<string> | undefined;
  #latest: readonly string[] = [];
  /** The workspace is here as a whole. While it arrives, each part of it would count every thread anew. */
  #loaded = false;
  #open = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: Context) {
    const { store } = context;
    if (store.userId === null) return;
    void beginReading(store).catch((e: unknown) => context.fail(e));
    context.live(() => mutedThreads(store), (all) => {
      this.#muted = new Set(all);
      this.#changed();
    });
    context.live(() => store.db.threads.orderBy("updated_at").reverse().limit(latest).primaryKeys(), (ids) => {
      this.#latest = ids;
      this.#watch();
    });
    const stop = context.live(() => store.db.sync_state.get("position"), (position) => {
      if (position === undefined || !("loaded" in position) || !position.loaded) return;
      stop();
      this.#loaded = true;
      this.#watch();
    });
    document.addEventListener("visibilitychange", () => this.#changed());
  }

  label(thread: string): string | undefined {
    if (this.#reads(thread)) return "";
    const n = this.#counts.get(thread);
    return n === undefined ? (this.context.store.userId === null ? "" : undefined) : n === 0 ? "" : capped(n);
  }

  muted(thread: string): boolean | undefined {
    if (this.context.store.userId === null) return false;
    const known = this.#muted?.has(thread);
    return known === true || this.#loaded ? known : undefined;
  }

  onChange(f: () => void): () => void {
    this.#heard.add(f);
    return () => this.#heard.delete(f);
  }

  /** A thread is on the page. `atEnd` tells whether its end is in sight. */
  open(thread: string, scroller: HTMLElement | null): () => void {
    this.#open = thread;
    this.#follow(thread);
    const atEnd = (): boolean => scroller === null || Math.abs(scroller.scrollTop) < 80;
    const look = (): void => {
      if (this.#timer !== undefined || !this.#reads(thread) || !atEnd() || (this.#counts.get(thread) ?? 0) === 0) return;
      this.#timer = setTimeout(() => read(), moment);
    };
    const read = (): void => {
      if (this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (document.visibilityState !== "visible") return; // the page went out of sight meanwhile
      void markRead(this.context.store, thread).catch((e: unknown) => this.context.fail(e));
    };
    const stop = this.onChange(look);
    scroller?.addEventListener("scroll", look, { passive: true });
    addEventListener("pagehide", read);
    look();
    return () => {
      stop();
      scroller?.removeEventListener("scroll", look);
      removeEventListener("pagehide", read);
      read();
      if (this.#open === thread) this.#open = "";
      this.#changed();
    };
  }

  /** Whether the person has this thread before them. */
  #reads(thread: string): boolean {
    return thread === this.#open && document.visibilityState === "visible";
  }

  #watch(): void {
    const wanted = new Set(this.#latest);
    for (const id of wanted) this.#follow(id);
    if (this.#open !== "") this.#follow(this.#open);
    for (const [id, stop] of this.#watched) {
      if (wanted.has(id) || id === this.#open) continue;
      stop();
      this.#watched.delete(id);
      this.#counts.delete(id);
    }
    this.#changed();
  }

  #follow(id: string): void {
    const { context } = this;
    if (!this.#loaded || this.#watched.has(id)) return;
    this.#watched.set(id, context.live(() => unreadIn(context.store, id), (n) => {
      if (this.#counts.get(id) === n) return;
      this.#counts.set(id, n);
      this.#changed();
    }));
  }

  #changed(): void {
    for (const f of this.#heard) f();
    let n = 0;
    for (const [id, of] of this.#counts) if (this.muted(id) !== true && !this.#reads(id)) n += of;
    showInSidebar(n);
  }
}

/** Says it beside the sidebar's entry. */
function showInSidebar(n: number): void {
  const entry = document.querySelector("#sidebar a[data-nav=threads]");
  const old = entry?.querySelector(".nav-count");
  if (n === 0) old?.remove();
  else if (entry !== null && old?.firstChild?.nodeValue !== capped(n)) {
    old?.remove();
    entry.append(make("span", "nav-count", capped(n), make("span", "sr", " unread")));
  }
}

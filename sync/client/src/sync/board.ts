import { liveQuery, type Subscription } from "dexie";

import type { Store } from "../store/store.js";
import { unsentFiles } from "../store/unsent_files.js";
import { actsOf } from "./acts.js";
import type { Phase, SyncStatus } from "./types.js";

// The board: what the page says about sync. Each tab counts what waits by
// itself, from the database they share; only the tab that syncs knows more, and
// tells the others.

/** Writes after which writers should slow down. */
export const softLimit = 500;
/** Milliseconds after which an outbox that does not shrink is a fault. */
export const patience = 60_000;
/** Milliseconds after which a start without an answer has a reason. */
export const slowStart = 10_000;

/** What the tab that syncs knows. */
interface Owners {
  /** An end that only a new start or the person changes. */
  halted: Phase | null;
  unreachable: boolean;
  paused: boolean;
  busy: boolean;
  reason: string | null;
  started: boolean;
  lastSyncAt: number | null;
  bootstrap: { done: number } | null;
}

type Word = { type: "state"; state: Owners } | { type: "ask" } | { type: "wake" };

export interface BoardOptions {
  /** How tabs talk; null = there is only one. */
  channel: BroadcastChannel | null;
  /** Something is to be sent, or the person of another tab is impatient. */
  wake(impatient: boolean): void;
  patience?: number;
  slowStart?: number;
}

export class Board {
  #owners: Owners = { halted: null, unreachable: false, paused: false, busy: false, reason: null, started: false, lastSyncAt: null, bootstrap: null };
  #counts = { pending: 0, acts: 0, failed: 0, quarantined: 0, first: 0, code: "" };
  #files = 0;
  #movedAt: number;
  readonly #begunAt: number;
  #owner = false;
  #last = "";
  #status: SyncStatus;
  readonly #listeners = new Set<(status: SyncStatus) => void>();
  readonly #subscriptions: readonly Subscription[];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly store: Store, private readonly options: BoardOptions) {
    this.#movedAt = this.#begunAt = store.now();
    this.#status = this.#compute();
    const error = (): void => undefined; // the database is closed: nothing changes any more
    this.#subscriptions = [
      liveQuery(async () => count(store)).subscribe({ next: (counts) => this.#counted(counts), error }),
      liveQuery(() => unsentFiles(store.db).count()).subscribe({
        next: (files) => {
          this.#files = files;
          this.#show();
        },
        error,
      }),
    ];
    this.#timer = setInterval(() => this.#show(), 1000);
    if (options.channel) {
      options.channel.onmessage = (event: MessageEvent<Word>) => this.#heard(event.data);
      this.#say({ type: "ask" });
    }
  }

  status(): SyncStatus {
    return this.#status;
  }

  onStatus(listener: (status: SyncStatus) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#status);
    return () => this.#listeners.delete(listener);
  }

  own(owner: boolean): void {
    this.#owner = owner;
    this.#show();
  }

  set(change: Partial<Owners>): void {
    this.#owners = { ...this.#owners, ...change };
    this.#show();
    if (this.#owner) this.#say({ type: "state", state: this.#owners });
  }

  get halted(): Phase | null {
    return this.#owners.halted;
  }

  /** Asks the tab that syncs to do so now. */
  askToWake(): void {
    this.#say({ type: "wake" });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const s of this.#subscriptions) s.unsubscribe();
    this.options.channel?.close();
    this.#listeners.clear();
  }

  #say(word: Word): void {
    try {
      this.options.channel?.postMessage(word);
    } catch {
      // The channel is closed: this tab is on its way out.
    }
  }

  #heard(word: Word): void {
    if (word.type === "state" && !this.#owner) {
      this.#owners = word.state;
      this.#show();
    } else if (word.type === "ask" && this.#owner) this.#say({ type: "state", state: this.#owners });
    else if (word.type === "wake" && this.#owner) this.options.wake(true);
  }

  #counted(counts: Awaited<ReturnType<typeof count>>): void {
    const before = this.#counts;
    if (before.pending === 0 || counts.pending < before.pending || counts.first !== before.first) this.#movedAt = this.store.now();
    if (counts.pending >= softLimit && before.pending < softLimit) this.store.events.emit("sync.queue:action:full", { pendingCount: counts.pending, maxSize: softLimit });
    this.#counts = counts;
    this.#show();
    if (counts.pending > before.pending) this.options.wake(false);
  }

  #show(): void {
    const status = this.#compute();
    const text = JSON.stringify(status);
    if (text === this.#last) return;
    this.#last = text;
    const previous = this.#status;
    this.#status = status;
    if (previous && previous.phase !== status.phase) {
      this.store.events.emit("sync.subscription:action:statusChange", { scope: { workspaceId: this.store.workspaceId }, previousStatus: previous.phase, status: status.phase });
    }
    for (const listener of this.#listeners) listener(status);
  }

  #compute(): SyncStatus {
    const { pending, acts, failed, quarantined } = this.#counts;
    const { phase, reason } = this.#phase();
    const { lastSyncAt, bootstrap } = this.#owners;
    return {
      phase, pending, acts, failed, files: this.#files, quarantined, ...(reason ? { reason } : {}), ...(lastSyncAt ? { lastSyncAt } : {}), owner: this.#owner,
      full: pending >= softLimit, insecure: globalThis.isSecureContext === false, ...(bootstrap ? { bootstrap } : {}),
    };
  }

  #phase(): { phase: Phase; reason: string | null } {
    const o = this.#owners;
    const { pending, failed, quarantined } = this.#counts;
    if (o.halted) return { phase: o.halted, reason: o.reason };
    const online = globalThis.navigator?.onLine !== false;
    if (pending === 0 || !online) this.#movedAt = this.store.now();
    else if (this.store.now() - this.#movedAt > (this.options.patience ?? patience)) {
      return { phase: "stuck", reason: o.reason ?? "Nothing that was written here has been taken for a minute." };
    }
    if (o.unreachable || (!online && !o.started)) return { phase: "offline", reason: o.reason };
    if (o.paused) return { phase: "paused", reason: o.reason };
    if (!o.started) {
      const slow = this.store.now() - this.#begunAt > (this.options.slowStart ?? slowStart);
      return { phase: "starting", reason: slow ? "The server has not answered yet." : null };
    }
    if (failed > 0) return { phase: "failed", reason: this.#counts.code || null };
    if (quarantined > 0) return { phase: "failed", reason: "Some changes need a newer version of the app." };
    if (pending > 0 || o.busy) return { phase: "syncing", reason: null };
    return { phase: "synced", reason: null };
  }
}

async function count(store: Store): Promise<{ pending: number; acts: number; failed: number; quarantined: number; first: number; code: string }> {
  const { db } = store;
  const all = await db.pending_ops.count();
  const failed = all === 0 ? 0 : await db.pending_ops.where("status").equals("failed").count();
  const refused = failed === 0 ? undefined : await db.pending_ops.where("status").equals("failed").first();
  const first = all === failed ? 0 : ((await db.pending_ops.orderBy("seq").filter((op) => op.status !== "failed").first())?.seq ?? 0);
  const quarantined = await db.sync_state.where("id").startsWith("quarantine:").count();
  const pending = all - failed;
  // So many are not read again with each write; that it is a lot is all there is to say.
  const acts = pending === 0 || pending > softLimit ? pending : actsOf(await db.pending_ops.orderBy("seq").filter((op) => op.status !== "failed").toArray()).length;
  return { pending, acts, failed, quarantined, first, code: refused?.error?.message ?? "" };
}

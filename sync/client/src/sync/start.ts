import type { Store } from "../store/store.js";
import { Api } from "./api.js";
import { Board } from "./board.js";
import { unsentLines } from "./export.js";
import { Loop, pace, type Pace } from "./loop.js";
import { discard, retry } from "./outbox.js";
import { asOwner, lease, type Lease } from "./owner.js";
import type { Sync, SyncOptions } from "./types.js";
import { sleep } from "./wait.js";

/** What tests turn. */
export interface Tuning {
  pace?: Partial<Pace>;
  pages?: { pull: number; snapshot: number };
  /** null: this tab is alone. */
  channel?: BroadcastChannel | null;
  lease?: Lease;
  patience?: { request?: number; stuck?: number; start?: number };
}

/** Begins to sync the workspace: one tab of the browser does, the others watch. */
export function startSync(store: Store, options: SyncOptions & Tuning): Sync {
  const stopping = new AbortController();
  const { signal } = stopping;
  const api = new Api({
    base: options.base ?? "", clientVersion: options.clientVersion, userId: store.userId, fetch: options.fetch ?? ((input, init) => fetch(input, init)), signal,
    patience: options.patience?.request ?? 30_000,
  });
  const channel = options.channel === undefined ? openChannel(store) : options.channel;
  let owner = false;
  const board = new Board(store, { channel, wake: (impatient) => loop.wake(impatient), ...(options.patience?.stuck === undefined ? {} : { patience: options.patience.stuck }), ...(options.patience?.start === undefined ? {} : { slowStart: options.patience.start }) });
  const loop: Loop = new Loop(store, api, board, {
    clientVersion: options.clientVersion,
    pace: { ...pace, ...options.pace },
    pages: options.pages ?? { pull: 1000, snapshot: 1000 },
    remove: async () => store.db.delete(),
    kept: () => options.kept?.() ?? 0,
    undecided: (table, pk) => options.undecided?.(table, pk) ?? false,
  });
  const wake = () => {
    if (owner) loop.wake(true);
    else board.askToWake();
  };
  const seen = () => {
    if (globalThis.document?.visibilityState === "visible") wake();
  };
  globalThis.addEventListener?.("online", wake);
  globalThis.addEventListener?.("offline", wake);
  globalThis.document?.addEventListener("visibilitychange", seen);
  const running = (async () => {
    while (!signal.aborted && store.db.isOpen()) {
      try {
        await asOwner(store, options.lease ?? lease, signal, async (mine) => {
          owner = true;
          board.own(true);
          try {
            await loop.run(mine);
          } finally {
            owner = false;
            board.own(false);
          }
        });
      } catch (error) {
        if (!store.db.isOpen()) return;
        board.set({ paused: true, reason: error instanceof Error ? error.message : String(error) });
      }
      await sleep(500, signal);
    }
  })();
  let stopped: Promise<void> | null = null;
  return {
    status: () => board.status(),
    onStatus: (listener) => board.onStatus(listener),
    onHook: (name, listener) => store.events.on(name, listener),
    wake,
    waiting: () => store.db.pending_ops.orderBy("seq").toArray(),
    retry: async (opId) => {
      await retry(store, opId);
      wake();
    },
    discard: (opId) => discard(store, opId, board.halted === "removed"),
    exportUnsent: () => unsentLines(store.db, store.workspaceId, store.userId),
    stop: () => {
      stopped ??= (async () => {
        stopping.abort();
        globalThis.removeEventListener?.("online", wake);
        globalThis.removeEventListener?.("offline", wake);
        globalThis.document?.removeEventListener("visibilitychange", seen);
        // A database that was closed in the middle of a transaction may never say
        // how it ended. Nobody waits for that: the next start recovers.
        await Promise.race([running, new Promise((done) => setTimeout(done, store.db.isOpen() ? 3000 : 50))]);
        board.close();
      })();
      return stopped;
    },
  };
}

function openChannel(store: Store): BroadcastChannel | null {
  return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`or3-sync ${store.db.name}`);
}

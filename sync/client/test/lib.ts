import { IDBFactory, IDBKeyRange } from "fake-indexeddb";

import { openStore, startSync, type Message, type OpenOptions, type Phase, type Store, type Sync, type SyncOptions, type SyncStatus, type Thread } from "../src/index.js";
import type { PositionState } from "../src/store/state.js";
import type { Tuning } from "../src/sync/start.js";
import type { FakeServer } from "./server.js";

/** A browser profile of its own: a fresh IndexedDB. */
export function browser(): NonNullable<OpenOptions["idb"]> {
  return { indexedDB: new IDBFactory(), IDBKeyRange: IDBKeyRange as unknown as typeof globalThis.IDBKeyRange };
}

export function open(options: Partial<OpenOptions> = {}): Promise<Store> {
  return openStore({ workspaceId: "w1", userId: "u1", idb: browser(), ...options });
}

export function thread(id: string, more: Partial<Thread> = {}): Thread {
  return { id, title: `Thread ${id}`, status: "ready", pinned: false, created_at: 1764288000, updated_at: 1764288000, ...more };
}

export function message(id: string, more: Partial<Message> = {}): Message {
  return { id, thread_id: "t1", role: "user", index: 0, order_key: "0", data: { content: id }, created_at: 1764288000, updated_at: 1764288000, ...more };
}

/** A sync that keeps its time in milliseconds instead of seconds. */
export const fast: Tuning = {
  channel: null,
  pace: { retry: [1, 2, 3, 4], breakAfter: 5, breakFor: 20, poll: 20, check: 60_000, silence: 60_000, report: 0 },
  lease: { life: 400, renewal: 50 },
  patience: { request: 20_000 },
};

export interface Device {
  store: Store;
  sync: Sync;
  idb: NonNullable<OpenOptions["idb"]>;
  stop(): Promise<void>;
}

export async function device(server: FakeServer, options: Partial<OpenOptions> = {}, tuning: Partial<SyncOptions & Tuning> = {}): Promise<Device> {
  const idb = options.idb ?? browser();
  const store = await open({ ...options, idb });
  const sync = startSync(store, { clientVersion: "1.0.0", fetch: server.fetch, ...fast, ...tuning });
  const stop = async () => {
    await sync.stop();
    store.close();
  };
  running.add(stop);
  return { store, sync, idb, stop };
}

const running = new Set<() => Promise<void>>();

/** Stops whatever a test left running. */
export async function stopAll(): Promise<void> {
  for (const stop of running) await stop();
  running.clear();
}

/** Waits for a condition; fails after a minute and a half. */
export async function until(condition: () => boolean | Promise<boolean>, what = "it"): Promise<void> {
  const end = Date.now() + 90_000; // generous: the machine may be busy
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

export async function phase(device: Device, ...phases: Phase[]): Promise<SyncStatus> {
  await until(() => phases.includes(device.sync.status().phase), `phase ${phases.join(" or ")} (it is ${JSON.stringify(device.sync.status())})`);
  return device.sync.status();
}

/** Everything sent, everything heard. */
export async function quiet(server: FakeServer, ...devices: Device[]): Promise<void> {
  await until(async () => {
    for (const d of devices) {
      // First the position: what starting over puts back into the outbox comes with it.
      const position = (await d.store.db.sync_state.get("position")) as PositionState | undefined;
      if (!position?.loaded || position.cursor !== server.version || position.history_id !== server.historyId) return false;
      if ((await d.store.db.pending_ops.filter((op) => op.status !== "failed").count()) > 0) return false;
    }
    return true;
  }, `quiet (${JSON.stringify(devices.map((d) => d.sync.status()))})`);
}

/** Waits for the end of a round that begins now: what an earlier one had to tell is told. */
export async function round(a: Device): Promise<void> {
  const ends = [0, 1].map(() => () => new Promise<void>((done) => { const stop = a.sync.onHook("sync.stats:action", () => { stop(); done(); }); a.sync.wake(); }));
  for (const end of ends) await end();
}

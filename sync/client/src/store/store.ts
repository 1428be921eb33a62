import Dexie from "dexie";

import { captureMiddleware } from "./capture.js";
import { Events } from "./events.js";
import { newId, newNode } from "./ids.js";
import { markTransaction } from "./marks.js";
import { define, type Or3Database } from "./schema.js";
import type { ClockState, DeviceState } from "./state.js";
import type { Table } from "./types.js";

/** What stands beside the seven tables and is never synced, where one transaction writes both. */
export type FileTable = "file_transfers" | "file_blobs" | "file_cache" | "sync_state";

export interface OpenOptions {
  workspaceId: string;
  /** null = nobody is signed in. */
  userId: string | null;
  /** No account: nothing is captured. */
  local?: boolean;
  /** Names of kv rows that never leave this device, besides the built-in ones. */
  blocklist?: readonly string[];
  /** Another IndexedDB, for tests. */
  idb?: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange };
  /** Another wall clock, for tests; epoch milliseconds. */
  now?: () => number;
}

export interface Store {
  readonly workspaceId: string;
  readonly userId: string | null;
  readonly deviceId: string;
  /** The device's part of its HLC. */
  readonly node: string;
  readonly local: boolean;
  readonly db: Or3Database;
  /** The server's clock minus this device's, in milliseconds, as far as it is known. */
  offset: number;
  /** Hooks by name: `sync.op:action:captured` and, while the workspace is synced, all others. */
  readonly events: Events;
  /** Runs several writes in one transaction. With `atomic` the server takes all of them (at most 100) or none. */
  transact<T>(tables: (Table | FileTable)[], work: () => Promise<T>, options?: { atomic?: boolean }): Promise<T>;
  newId(): string;
  /** Epoch seconds by the server's clock, as far as it is known. */
  seconds(): number;
  /** Epoch milliseconds of the device's own clock. */
  now(): number;
  close(): void;
}

/** The database belongs to somebody else. It was not opened. */
export class ForeignStore extends Error {
  override readonly name = "ForeignStore";
  constructor(
    readonly database: string,
    readonly workspaceId: string,
    readonly userId: string | null,
    /** Writes that no server has. */
    readonly unsent: number,
    /** Their owner left and kept it. */
    readonly locked: boolean,
  ) {
    super("This workspace's data on this device belongs to another person.");
  }
}

/** kv rows of this device alone. */
export const builtInBlocklist: readonly string[] = ["MODELS_CATALOG", "openrouter_api_key", "workspace.manager.cache"];

export const prefix = "or3-db-";

/** The name of a workspace's database. Whoever comes second to a computer where the first one's was kept gets one beside it. */
export function databaseName(workspaceId: string, userId?: string): string {
  return prefix + workspaceId + (userId === undefined ? "" : `~${userId}`);
}

/** Opens the workspace's database and makes it when there is none. Throws ForeignStore when it is another person's. */
export async function openStore(options: OpenOptions): Promise<Store> {
  const userId = options.local ? null : options.userId;
  const first = await open(databaseName(options.workspaceId), options, userId);
  if (!(first instanceof ForeignStore)) return first;
  if (userId !== null) {
    const name = databaseName(options.workspaceId, userId);
    if (first.locked || (await exists(name, options.idb))) {
      const second = await open(name, options, userId);
      if (!(second instanceof ForeignStore)) return second;
    }
  }
  throw first;
}

async function exists(name: string, idb: OpenOptions["idb"]): Promise<boolean> {
  const factory = idb?.indexedDB ?? indexedDB;
  return (await factory.databases()).some((db) => db.name === name);
}

async function open(name: string, options: OpenOptions, userId: string | null): Promise<Store | ForeignStore> {
  const { workspaceId, local = false, now = Date.now } = options;
  const blocklist = new Set([...builtInBlocklist, ...(options.blocklist ?? [])]);
  const events = new Events();
  // A live query must not show what is not on the disk yet: no optimistic cache.
  const db = new Dexie(name, { cache: "disabled", ...options.idb }) as Or3Database;
  define(db);
  const captured = { device: { device_id: "", node: "" }, local, events, blocked: (kv: string) => blocklist.has(kv), now };
  db.use(captureMiddleware(captured));
  // Another tab removes the database or brings a newer one: let go for good.
  // Dexie would open it again by itself, and make an empty one that is nobody's.
  db.on("versionchange", () => {
    db.close();
    events.emit("store:closed", { database: name });
    return false;
  });
  try {
    await db.open();
    const { device, clock } = await introduce(db, workspaceId, userId, now());
    if (device.user_id !== userId) {
      const unsent = await db.pending_ops.count();
      db.close();
      return new ForeignStore(name, workspaceId, device.user_id, unsent, device.locked ?? false);
    }
    captured.device = device;
    return new LocalStore(db, events, now, { device, local, offset: clock?.offset ?? 0 });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Gives the database its device and its person when it is new. Coming back unlocks what one kept. */
async function introduce(db: Or3Database, workspaceId: string, userId: string | null, now: number): Promise<{ device: DeviceState; clock: ClockState | undefined }> {
  return db.transaction("rw", db.sync_state, async () => {
    const clock = (await db.sync_state.get("clock")) as ClockState | undefined;
    const known = (await db.sync_state.get("device")) as DeviceState | undefined;
    if (known) {
      if (known.user_id !== userId || !known.locked) return { device: known, clock };
      const { locked: _, ...device } = known;
      await db.sync_state.put(device);
      return { device, clock };
    }
    const device: DeviceState = { id: "device", device_id: newId(), node: newNode(), user_id: userId, workspace_id: workspaceId, created_at: now };
    await db.sync_state.put(device);
    return { device, clock };
  });
}

class LocalStore implements Store {
  readonly workspaceId: string;
  readonly userId: string | null;
  readonly deviceId: string;
  readonly node: string;
  readonly local: boolean;
  offset: number;

  constructor(readonly db: Or3Database, readonly events: Events, readonly now: () => number, of: { device: DeviceState; local: boolean; offset: number }) {
    this.workspaceId = of.device.workspace_id;
    this.userId = of.device.user_id;
    this.deviceId = of.device.device_id;
    this.node = of.device.node;
    this.local = of.local;
    this.offset = of.offset;
  }

  transact<T>(tables: (Table | FileTable)[], work: () => Promise<T>, options: { atomic?: boolean } = {}): Promise<T> {
    return this.db.transaction("rw", tables, async () => {
      markTransaction(options.atomic ? { atomic: newId() } : {});
      return work();
    });
  }

  newId(): string {
    return newId();
  }

  seconds(): number {
    return Math.floor((this.now() + this.offset) / 1000);
  }

  close(): void {
    this.db.close();
  }
}

import { serverDigest } from "./digest.js";
import { browser, until } from "../test/lib.js";
import { compareRanks, rankOf, type Rank } from "../src/store/rank.js";
import type { PositionState } from "../src/store/state.js";
import { localDigest, openStore, startSync, tables, type OpenOptions, type PendingOp, type Store, type Sync } from "../src/index.js";
import { Api } from "../src/sync/api.js";
import type { AnyRow } from "../src/store/types.js";

// Several people and devices in one process, each with a database of its own,
// in front of one real server and behind a bad network.

export interface Person {
  token: string;
  id: string;
}

/** Numbers that come again when the seed does. */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this by go test ./tests/client`);
  return value;
}

export function fetchAs(person: Person, base = ""): typeof fetch {
  return (input, init) => fetch(base + String(input), { ...init, headers: { ...(init?.headers as Record<string, string>), Authorization: `Bearer ${person.token}` } });
}

export class RealDevice {
  readonly idb: NonNullable<OpenOptions["idb"]> = browser();
  store!: Store;
  sync!: Sync;
  offline = false;
  /** Share of requests that go wrong. */
  trouble = 0.15;
  readonly captured: PendingOp[] = [];
  readonly failed: unknown[] = [];

  constructor(readonly name: string, readonly person: Person, readonly workspace: string, readonly base: string, readonly skew: number, private readonly rnd: () => number) {}

  async open(): Promise<void> {
    this.store = await openStore({ workspaceId: this.workspace, userId: this.person.id, idb: this.idb, now: () => Date.now() + this.skew });
    this.store.events.on("sync.op:action:captured", (op) => this.captured.push(op as PendingOp));
    this.store.events.on("sync.error:action", (e) => this.failed.push(e));
    this.sync = startSync(this.store, {
      base: this.base, clientVersion: "1.0.0", fetch: this.fetch, channel: null,
      pace: { retry: [2, 5, 10, 20], breakAfter: 5, breakFor: 50, poll: 150, check: 5_000, silence: 30_000, report: 500 }, lease: { life: 300, renewal: 50 }, pages: { pull: 20, snapshot: 15 },
    });
  }

  /** The page goes away between any two steps and comes back. */
  async crash(): Promise<void> {
    this.store.close();
    await this.sync.stop();
    await this.open();
  }

  async close(): Promise<void> {
    await this.sync.stop();
    this.store.close();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const real = fetchAs(this.person);
    if (this.offline) throw new Error("offline");
    const luck = this.rnd();
    if (luck < this.trouble / 3) throw new Error("the request is lost");
    if (luck < (this.trouble * 2) / 3 && init?.method === "POST") await (await real(input, init)).text(); // the answer is lost, or the request doubled
    if (luck >= this.trouble / 3 && luck < this.trouble / 2) throw new Error("the answer is lost");
    return real(input, init);
  };

  api(): Api {
    return new Api({ base: this.base, clientVersion: "1.0.0", userId: this.person.id, fetch: fetchAs(this.person), signal: new AbortController().signal, patience: 30_000 });
  }

  async outbox(): Promise<PendingOp[]> {
    return this.store.db.pending_ops.orderBy("seq").toArray();
  }

  async position(): Promise<PositionState | undefined> {
    return (await this.store.db.sync_state.get("position")) as PositionState | undefined;
  }
}

/**
 * Waits until every device has sent all, holds exactly what the server has and
 * has nothing more to do: what a person is told of a merge is written after it.
 */
export async function converge(devices: RealDevice[]): Promise<void> {
  for (const d of devices) {
    d.offline = false;
    d.trouble = 0;
    d.sync.wake();
  }
  let last = "";
  await until(async () => {
    const states: string[] = [];
    const versions = new Set<number>();
    for (const d of devices) {
      const busy = d.sync.status().phase !== "synced";
      const waiting = (await d.outbox()).filter((op) => op.status !== "failed");
      const server = await serverDigest(d.api(), { workspace_id: d.workspace, deep: true });
      const own = await localDigest(d.store, true);
      states.push(`${d.name}: ${waiting.length} waiting, cursor ${(await d.position())?.cursor}, ${own.rows} rows ${own.digest.slice(0, 8)}, server ${server.rows} rows ${server.digest.slice(0, 8)}, ${JSON.stringify(d.sync.status())}`);
      versions.add(server.server_version);
      if (busy || waiting.length > 0 || own.digest !== server.digest) {
        last = states.join("\n");
        return false;
      }
    }
    return versions.size === 1;
  }, "convergence").catch((error: unknown) => {
    throw new Error(`${String(error)}\n${last}`);
  });
}

/** Every write that kept its stamp is the row now or is outranked by it. Gives those that are not. */
export async function lost(devices: RealDevice[]): Promise<string[]> {
  const missing: string[] = [];
  for (const d of devices) {
    const standing = new Map<string, Rank>();
    for (const table of tables) {
      await d.store.db.table<AnyRow, string>(table).each((row, cursor) => void standing.set(`${table} ${String(cursor.primaryKey)}`, rankOf(row, false)));
    }
    await d.store.db.tombstones.each((stone) => void standing.set(`${stone.table} ${stone.pk}`, rankOf(stone, true)));
    for (const op of d.captured) {
      if (Number(op.stamp.hlc.slice(0, 13)) > Date.now() + 60_000) continue; // it was stamped anew
      const now = standing.get(`${op.table} ${op.pk}`);
      if (!now || compareRanks(now, rankOf(op.stamp, op.op === "delete")) < 0) missing.push(`${d.name}: ${op.table} ${op.pk} ${op.op} clock ${op.stamp.clock}, stands ${JSON.stringify(now)}`);
    }
  }
  return missing;
}

import { markTransaction } from "../store/marks.js";
import { stripStamp, withStamp } from "../store/payload.js";
import { rankOf, resolve } from "../store/rank.js";
import { shadowId, type BaseState, type NeverUploadedState, type PositionState, type ShadowState } from "../store/state.js";
import type { Store } from "../store/store.js";
import { tables, type AnyRow, type FileMeta, type Payload, type PendingOp, type Stamped, type Table, type Tombstone } from "../store/types.js";
import { observe } from "./clock.js";
import type { Change } from "./parse.js";
import { readSeen, unseen } from "./unseen.js";

// Merging what the server has into what is here: for each row the write of the
// highest rank stands, and what came from the server is not captured again.

/** Everything a merge touches. */
export const mergeTables = [...tables, "tombstones", "pending_ops", "sync_state"];

/**
 * Runs work on the rows as the server's, not the person's: nothing of it goes into
 * the outbox. Of the `whole` workspace, those who follow a table are told that it
 * has changed and not which rows: to keep account of each takes longer.
 */
export function asServer<T>(store: Store, work: () => Promise<T>, whole = false): Promise<T> {
  return store.db.transaction("rw", mergeTables, async () => {
    markTransaction({ remote: true, whole });
    return work();
  });
}

/** A row or a tombstone as it stands here. */
export interface Standing extends Stamped {
  payload: Payload | null;
}

export interface Merged {
  applied: number;
  skipped: number;
  conflicts: Conflict[];
  overtaken: Lost[];
}

/** A write of this device in whose place somebody else's stands, who did not know of it. */
export type Lost = Pick<PendingOp, "table" | "pk" | "op" | "payload">;

/** A write of this device met one whose author had not seen it: which stands. `local.server_version` is 0 unless it had been acknowledged. */
export interface Conflict {
  tableName: Table;
  pk: string;
  local: Stamped;
  remote: Change;
  winner: "local" | "remote";
  /** The row that the local write was made over, where that is known; with `winner: "local"`. */
  over?: Payload;
}

export function key(table: string, pk: string): string {
  return `${table}\0${pk}`;
}

/** Reads what stands here for some rows. */
export async function standing(store: Store, table: Table, pks: string[]): Promise<Map<string, Standing>> {
  const { db } = store;
  const found = new Map<string, Standing>();
  const rows = await db.table<AnyRow, string>(table).bulkGet(pks);
  const missing: string[] = [];
  pks.forEach((pk, i) => {
    const row = rows[i];
    if (row) found.set(pk, { ...stampOf(row), payload: stripStamp(table, row) });
    else missing.push(pk);
  });
  if (missing.length > 0) {
    const stones = await db.tombstones.bulkGet(missing.map((pk): [Table, string] => [table, pk]));
    for (const stone of stones) if (stone) found.set(stone.pk, { ...stampOf(stone), payload: null });
  }
  return found;
}

export function stampOf(s: Stamped): Stamped {
  return { device_id: s.device_id, op_id: s.op_id, hlc: s.hlc, clock: s.clock, server_version: s.server_version };
}

/** Collects writes and makes them at once, table by table. */
export class Batch {
  readonly #rows = new Map<Table, Map<string, AnyRow | null>>();
  readonly #stones = new Map<string, Tombstone | [Table, string]>();
  readonly #states = new Map<string, ShadowState | BaseState | NeverUploadedState | null>();

  constructor(private readonly store: Store) {}

  /** The row becomes `what`, where `before` stands now, in the database or by this batch. */
  stand(table: Table, pk: string, what: Standing | null, before: Standing | null): void {
    const rows = this.#rows.get(table) ?? new Map<string, AnyRow | null>();
    this.#rows.set(table, rows);
    const stone = key(table, pk);
    if (table === "file_meta" && before?.payload && what && !what.payload) {
      // Whether the server ever had the file is known as long as the row is there.
      const [id, { name, mime_type, size_bytes, storage_id }] = [`never:${pk}` as const, before.payload as Partial<FileMeta>];
      this.#states.set(id, storage_id ? null : { id, name: name ?? "", mime_type: mime_type ?? "", size: size_bytes ?? 0 });
    }
    if (what?.payload) rows.set(pk, withStamp(what.payload, what));
    else if (before?.payload || rows.has(pk)) rows.set(pk, null);
    if (what && !what.payload) this.#stones.set(stone, { table, pk, ...stampOf(what), deleted_at: this.store.seconds() });
    else if ((before && !before.payload) || this.#stones.has(stone)) this.#stones.set(stone, [table, pk]);
  }

  shadow(table: Table, pk: string, what: Standing | null): void {
    const id = shadowId(table, pk);
    this.#states.set(id, what && { id, op: what.payload ? "put" : "delete", ...(what.payload ? { payload: what.payload } : {}), ...stampOf(what) });
  }

  base(what: BaseState): void {
    this.#states.set(what.id, what);
  }

  async write(): Promise<void> {
    const { db } = this.store;
    for (const [table, rows] of this.#rows) {
      const put: AnyRow[] = [];
      const gone: string[] = [];
      for (const [pk, row] of rows) {
        if (row) put.push(row);
        else gone.push(pk);
      }
      if (put.length > 0) await db.table<AnyRow, string>(table).bulkPut(put);
      if (gone.length > 0) await db.table<AnyRow, string>(table).bulkDelete(gone);
    }
    const stones = [...this.#stones.values()];
    const raised = stones.filter((s): s is Tombstone => !Array.isArray(s));
    const fallen = stones.filter((s): s is [Table, string] => Array.isArray(s));
    if (raised.length > 0) await db.tombstones.bulkPut(raised);
    if (fallen.length > 0) await db.tombstones.bulkDelete(fallen);
    const put = [...this.#states.values()].filter((s) => s !== null);
    const gone = [...this.#states].filter(([, s]) => s === null).map(([id]) => id);
    if (put.length > 0) await db.sync_state.bulkPut(put);
    if (gone.length > 0) await db.sync_state.bulkDelete(gone);
  }
}

/**
 * Merges changes within a running transaction of asServer. The same code takes
 * pages of a pull, events of the stream and winners of a push.
 */
export async function merge(store: Store, changes: Change[]): Promise<Merged> {
  const merged: Merged = { applied: 0, skipped: 0, conflicts: [], overtaken: [] };
  const batch = new Batch(store);
  const byTable = new Map<Table, Change[]>();
  for (const change of changes) {
    const own = byTable.get(change.table);
    if (own) own.push(change);
    else byTable.set(change.table, [change]);
  }
  for (const [table, own] of byTable) {
    const here = await standing(store, table, [...new Set(own.map((c) => c.pk))]);
    const others = own.filter((c) => c.stamp.device_id !== store.deviceId && here.get(c.pk)?.device_id === store.deviceId);
    const seen = await readSeen(store, table, [...new Set(others.map((c) => c.pk))]);
    for (const change of own) {
      const current = here.get(change.pk) ?? null;
      const what = arrived(change);
      if (!outranks(what, current)) {
        if (current && current.op_id === what.op_id) {
          // Our own write comes back: it is acknowledged, whatever became of the answer.
          if (current.server_version === 0) {
            const known = { ...current, server_version: what.server_version };
            here.set(change.pk, known);
            batch.stand(table, change.pk, known, current);
            batch.shadow(table, change.pk, null);
          }
        } else if (current && current.server_version === 0) {
          batch.shadow(table, change.pk, what);
          const over = seen.get(change.pk)?.shadow;
          if (unseen(what, current, store.deviceId, seen.get(change.pk))) merged.conflicts.push({ tableName: table, pk: change.pk, local: stampOf(current), remote: change, winner: "local", ...(over?.payload ? { over: over.payload } : {}) });
        } else if (current && (unseen(what, current, store.deviceId, seen.get(change.pk)) || replaced(what, current, store.deviceId))) merged.conflicts.push({ tableName: table, pk: change.pk, local: stampOf(current), remote: change, winner: "local" });
        merged.skipped++;
        continue;
      }
      const unsent = current?.server_version === 0 && current.op_id !== "";
      const late = !unsent && current && overtakes(what, current, store.deviceId);
      if (unsent) batch.shadow(table, change.pk, null);
      if (late) merged.overtaken.push({ table, pk: change.pk, op: current.payload ? "put" : "delete", ...(current.payload ? { payload: current.payload } : {}) });
      if (current && (unsent || late)) merged.conflicts.push({ tableName: table, pk: change.pk, local: stampOf(current), remote: change, winner: "remote" });
      here.set(change.pk, what);
      batch.stand(table, change.pk, what, current);
      merged.applied++;
    }
  }
  await batch.write();
  await observe(store, changes.map((c) => c.stamp.hlc));
  return merged;
}

export function arrived(change: Change): Standing {
  return { ...change.stamp, server_version: change.server_version, payload: change.op === "put" ? (change.payload ?? {}) : null };
}

/**
 * Whether what arrived becomes the row. A tombstone that the server has
 * forgotten meanwhile does not hold up what it took afterwards.
 */
export function outranks(what: Standing, current: Standing | null): boolean {
  if (!current) return true;
  if (!current.payload && current.server_version > 0 && what.server_version > current.server_version) return true;
  return resolve(rankOf(current, !current.payload), rankOf(what, !what.payload)) === "apply";
}

/**
 * Whether what arrived replaces an acknowledged write of this device that its
 * writer had not seen: whoever has seen a write raises its clock, and their
 * hybrid clock is past its.
 */
function overtakes(what: Standing, current: Standing, deviceId: string): boolean {
  if (current.server_version === 0 || current.device_id !== deviceId || what.device_id === deviceId) return false;
  return what.clock === current.clock || (what.clock > current.clock && what.hlc < current.hlc);
}

/** Whether what arrived had been replaced by an acknowledged write of this device whose writer had not seen it. */
function replaced(what: Standing, current: Standing, deviceId: string): boolean {
  if (current.device_id !== deviceId || what.device_id === deviceId || what.server_version >= current.server_version) return false;
  return what.clock === current.clock || (what.clock < current.clock && what.hlc > current.hlc);
}

/** Forgets acknowledged tombstones the server has forgotten; within a running transaction. */
export async function forget(store: Store, floor: number): Promise<void> {
  await store.db.tombstones.filter((t) => t.server_version > 0 && t.server_version <= floor).delete();
}

export async function readPosition(store: Store): Promise<PositionState | null> {
  return ((await store.db.sync_state.get("position")) as PositionState | undefined) ?? null;
}

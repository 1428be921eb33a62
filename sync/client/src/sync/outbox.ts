import { nextHLC } from "../store/hlc.js";
import { newId } from "../store/ids.js";
import type { Store } from "../store/store.js";
import { shadowId, type ShadowState } from "../store/state.js";
import type { OpError, PendingOp } from "../store/types.js";
import { readClock } from "./clock.js";
import { Batch, asServer, key, outranks, stampOf, standing, type Standing } from "./merge.js";
import { wireOp, type WireOp } from "./api.js";

// The outbox: what was written here and nobody has answered for. An op leaves
// it as applied, as superseded, or because the person said so.

export const batchOps = 50;
const batchBytes = 4 << 20;
const scan = 500;

export interface Load {
  ops: PendingOp[];
  wire: WireOp[];
  /** Those that went out before and may have arrived then. */
  earlier: Set<string>;
}

/**
 * Takes what is to be sent next and notes that it is on its way. Earlier unsent
 * writes of a row give way to later ones, but never one that belongs to an
 * atomic group, nor one that may have arrived already.
 */
export async function take(store: Store, now: number, limit = batchOps): Promise<Load | null> {
  const { db } = store;
  return db.transaction("rw", db.pending_ops, async () => {
    const window = await db.pending_ops.orderBy("seq").filter((op) => op.status !== "failed" && (op.atomic !== undefined || op.next_attempt_at <= now)).limit(scan).toArray();
    const { kept, dropped } = coalesce(window);
    if (dropped.length > 0) await db.pending_ops.bulkDelete(dropped.map((op) => op.id));
    const load: Load = { ops: [], wire: [], earlier: new Set() };
    let bytes = 0;
    for (const unit of units(kept, window.length === scan)) {
      if (unit.some((op) => op.next_attempt_at > now)) continue; // a group waits for all of its members
      const wire = unit.map(wireOp);
      const size = wire.reduce((sum, op) => sum + JSON.stringify(op).length, 0);
      if (load.ops.length > 0 && (load.ops.length + unit.length > limit || bytes + size > batchBytes)) break;
      load.ops.push(...unit);
      load.wire.push(...wire);
      bytes += size;
    }
    if (load.ops.length === 0) return null;
    for (const op of load.ops) if (op.sent) load.earlier.add(op.id);
    load.ops = load.ops.map((op) => ({ ...op, status: "in_flight", sent: true }));
    await db.pending_ops.bulkPut(load.ops);
    return load;
  });
}

export function coalesce(ops: PendingOp[]): { kept: PendingOp[]; dropped: PendingOp[] } {
  const dropped = new Set<PendingOp>();
  const last = new Map<string, PendingOp>();
  for (const op of ops) {
    const row = key(op.table, op.pk);
    const before = last.get(row);
    if (before && mergeable(before) && op.atomic === undefined && !op.again) dropped.add(before);
    last.set(row, op);
  }
  return { kept: ops.filter((op) => !dropped.has(op)), dropped: [...dropped] };
}

function mergeable(op: PendingOp): boolean {
  return op.atomic === undefined && !op.sent && !op.again && op.status === "pending";
}

/** Splits into what must travel together. A group the window may have cut waits for the next one. */
function units(ops: PendingOp[], cut: boolean): PendingOp[][] {
  const units: PendingOp[][] = [];
  const groups = new Map<string, PendingOp[]>();
  for (const op of ops) {
    const group = op.atomic === undefined ? undefined : groups.get(op.atomic);
    if (group) {
      group.push(op);
      continue;
    }
    const unit = [op];
    if (op.atomic !== undefined) groups.set(op.atomic, unit);
    units.push(unit);
  }
  const tail = ops.at(-1)?.atomic;
  return cut && tail !== undefined && units.length > 1 ? units.filter((unit) => unit[0]?.atomic !== tail) : units;
}

/** Puts a load back: it is to be sent again. `arrived` says whether it may have been taken now; what may have been taken before stays so. */
export async function putBack(store: Store, load: Load, arrived: boolean, notBefore = 0): Promise<void> {
  const { db } = store;
  await db.transaction("rw", db.pending_ops, async () => {
    const now = await db.pending_ops.bulkGet(load.ops.map((op) => op.id));
    const back = now.filter((op) => op?.status === "in_flight").map((op): PendingOp => ({ ...op!, status: "pending", sent: arrived || load.earlier.has(op!.id), next_attempt_at: notBefore }));
    if (back.length > 0) await db.pending_ops.bulkPut(back);
  });
}

/** What was on its way when the page went away is sent again. */
export async function recover(store: Store): Promise<void> {
  await store.db.pending_ops.where("status").equals("in_flight").modify({ status: "pending" });
}

/** Fails an op for the person to see; within a running transaction. */
export async function fail(store: Store, op: PendingOp, error: OpError): Promise<void> {
  await store.db.pending_ops.put({ ...op, status: "failed", error, sent: false });
}

/**
 * Gives a refused op a new id and a new reading, and `clock` when given; the row
 * it made follows. Within a running transaction of asServer.
 */
export async function restamp(store: Store, op: PendingOp, change: { clock?: number; attempts: number }): Promise<PendingOp> {
  const { db } = store;
  const clock = await readClock(db);
  const hlc = nextHLC(clock.hlc, store.now() + clock.offset, store.node);
  await db.sync_state.put({ ...clock, hlc });
  const { error: _, ...rest } = op;
  const stamp = { device_id: store.deviceId, op_id: newId(), hlc, clock: change.clock ?? op.stamp.clock };
  const fresh: PendingOp = { ...rest, id: stamp.op_id, stamp, status: "pending", sent: false, attempts: change.attempts, next_attempt_at: 0 };
  await db.pending_ops.delete(op.id);
  await db.pending_ops.put(fresh);
  const current = (await standing(store, op.table, [op.pk])).get(op.pk) ?? null;
  if (current?.op_id === op.id) {
    // Under its new stamp the write may rank below what it had outranked.
    const anew: Standing = { ...current, ...stamp, server_version: 0 };
    const server = await readShadow(store, op);
    const batch = new Batch(store);
    if (server && outranks(server, anew)) {
      batch.stand(op.table, op.pk, server, current);
      batch.shadow(op.table, op.pk, null);
    } else batch.stand(op.table, op.pk, anew, current);
    await batch.write();
  }
  return fresh;
}

/** What the server has of an op's row, as far as this device knows; null = nothing. */
export async function readShadow(store: Store, op: { table: PendingOp["table"]; pk: string }): Promise<Standing | null> {
  const shadow = (await store.db.sync_state.get(shadowId(op.table, op.pk))) as ShadowState | undefined;
  return shadow ? { ...stampOf(shadow), payload: shadow.op === "put" ? (shadow.payload ?? {}) : null } : null;
}

/**
 * Takes an op out of the outbox and makes the row what it would be without it:
 * the newest of the other unsent writes, or what the server has. Within a
 * running transaction of asServer.
 */
export async function undo(store: Store, op: PendingOp): Promise<void> {
  const { db } = store;
  await db.pending_ops.delete(op.id);
  const current = (await standing(store, op.table, [op.pk])).get(op.pk) ?? null;
  const rest = await db.pending_ops.where("[table+pk]").equals([op.table, op.pk]).toArray();
  const batch = new Batch(store);
  if (current?.op_id === op.id) {
    let best = await readShadow(store, op);
    for (const other of rest) {
      const would = written(other);
      if (!best || outranks(would, best)) best = would;
    }
    batch.stand(op.table, op.pk, best, current);
  }
  if (rest.length === 0) batch.shadow(op.table, op.pk, null);
  await batch.write();
}

/** The row as the op would leave it. */
export function written(op: PendingOp): Standing {
  return { ...op.stamp, server_version: 0, payload: op.op === "put" ? (op.payload ?? {}) : null };
}

/** All members of an op's atomic group, or the op alone. */
export async function group(store: Store, op: PendingOp): Promise<PendingOp[]> {
  if (op.atomic === undefined) return [op];
  return (await store.db.pending_ops.orderBy("seq").toArray()).filter((other) => other.atomic === op.atomic);
}

/** The person wants a failed write sent after all: stamped anew, above whatever the row is now. */
export async function retry(store: Store, opId: string): Promise<void> {
  await asServer(store, async () => {
    const op = await store.db.pending_ops.get(opId);
    if (op?.status !== "failed") return;
    for (const member of await group(store, op)) {
      const current = (await standing(store, member.table, [member.pk])).get(member.pk) ?? null;
      const mine = current?.op_id === member.id;
      const clock = mine ? member.stamp.clock : Math.max(member.stamp.clock, (current?.clock ?? 0) + 1);
      const fresh = await restamp(store, member, { clock, attempts: 0 });
      if (mine) continue;
      const batch = new Batch(store);
      if (current && current.server_version > 0) batch.shadow(member.table, member.pk, current);
      batch.stand(member.table, member.pk, written(fresh), current);
      await batch.write();
    }
  });
}

/** The person gives a failed write up, with the group it belongs to. `any`: none goes out any more, so also one that waits. */
export async function discard(store: Store, opId: string, any = false): Promise<void> {
  await asServer(store, async () => {
    const op = await store.db.pending_ops.get(opId);
    if (!op || (op.status !== "failed" && !any)) return;
    for (const member of (await group(store, op)).reverse()) await undo(store, member);
  });
}

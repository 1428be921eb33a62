import { namesOther } from "../store/own_name.js";
import { shadowId } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { OpError, PendingOp } from "../store/types.js";
import { Batch, arrived, asServer, forget, key, merge, outranks, readPosition, standing, type Conflict, type Standing } from "./merge.js";
import { fail, readShadow, restamp, undo, written, type Load } from "./outbox.js";
import { baseOf, readSeen, type Seen } from "./unseen.js";
import { jitter } from "./wait.js";
import { isStrange, type Change, type PushAnswer, type Result } from "./parse.js";

/** What a push came to. */
export interface Settled {
  /** Ops that left the outbox. */
  done: number;
  failed: { op: PendingOp; error: OpError }[];
  retried: PendingOp[];
  /** Own writes that somebody else's newer one replaced. */
  superseded: { op: PendingOp; winner: Change }[];
  conflicts: Conflict[];
  /** The local rows cannot be mended from what is known here. */
  rescan: boolean;
}

/** How often an op is tried before the person is asked. */
export const maxAttempts = 4;

/** Takes the answer to a push: each op ends, waits, or is shown. One transaction. */
export async function settle(store: Store, load: Load, answer: PushAnswer, delays: readonly number[]): Promise<Settled> {
  const settled: Settled = { done: 0, failed: [], retried: [], superseded: [], conflicts: [], rescan: false };
  await asServer(store, async () => {
    const position = await readPosition(store);
    if (position && answer.tombstone_floor > position.tombstone_floor) {
      await store.db.sync_state.put({ ...position, tombstone_floor: answer.tombstone_floor });
      await forget(store, answer.tombstone_floor);
    }
    const mendable = mendableGroups(load, answer);
    const found = await store.db.pending_ops.bulkGet(load.ops.map((op) => op.id));
    const taken: { op: PendingOp; version: number }[] = [];
    for (const [i, sent] of load.ops.entries()) {
      const result = answer.results[i];
      const op = found[i];
      if (!op) continue; // another tab has settled it
      if (!result || result.op_id !== sent.id) {
        // No answer for this one: it is sent again.
        await store.db.pending_ops.put({ ...op, status: "pending", attempts: op.attempts + 1, next_attempt_at: store.now() + delay(delays, op.attempts) });
        settled.retried.push(op);
      } else if (result.status === "applied" || result.status === "replayed") {
        taken.push({ op, version: result.server_version });
      } else if (result.status === "superseded") {
        await supersede(store, op, result, settled);
      } else {
        await reject(store, op, result.error ?? { code: "server_error", message: "The server gave no reason." }, mendable, delays, settled);
      }
    }
    await acknowledge(store, taken, position?.cursor ?? 0);
    settled.done += taken.length;
  });
  return settled;
}

/** The ops are the server's rows now, or were. */
async function acknowledge(store: Store, taken: { op: PendingOp; version: number }[], cursor: number): Promise<void> {
  if (taken.length === 0) return;
  const { db } = store;
  await db.pending_ops.bulkDelete(taken.map(({ op }) => op.id));
  const here = new Map<string, Standing>();
  const bases = new Map<string, Seen>();
  for (const table of new Set(taken.map(({ op }) => op.table))) {
    const pks = [...new Set(taken.filter(({ op }) => op.table === table).map(({ op }) => op.pk))];
    for (const [pk, standing_] of await standing(store, table, pks)) here.set(key(table, pk), standing_);
    for (const [pk, seen] of await readSeen(store, table, pks)) bases.set(key(table, pk), seen);
  }
  const batch = new Batch(store);
  const shadows = new Map<string, Standing>();
  for (const { op, version } of taken) {
    const current = here.get(key(op.table, op.pk)) ?? null;
    const seen = bases.get(key(op.table, op.pk));
    if (seen) {
      const base = baseOf(op.table, op.pk, seen.base, seen.shadow?.server_version ?? 0, version, cursor);
      if (base) batch.base(base);
      seen.base = base;
    }
    if (current?.op_id === op.id) {
      batch.stand(op.table, op.pk, { ...current, server_version: version }, current);
      batch.shadow(op.table, op.pk, null);
    } else if (current && current.server_version === 0) {
      // It was written again meanwhile: what has arrived is what the server has of it.
      const known = shadows.get(key(op.table, op.pk)) ?? (await readShadow(store, op));
      const now: Standing = { ...written(op), server_version: version };
      if (known && !outranks(now, known)) continue;
      shadows.set(key(op.table, op.pk), now);
      batch.shadow(op.table, op.pk, now);
    }
  }
  await batch.write();
  await forgetFailed(store, taken.map(({ op }) => op));
}

/** Earlier failed writes of a row are replaced by one that has arrived, as they would have been on the server. */
async function forgetFailed(store: Store, ops: PendingOp[]): Promise<void> {
  const failed = await store.db.pending_ops.where("status").equals("failed").toArray();
  if (failed.length === 0) return;
  const latest = new Map<string, number>();
  for (const op of ops) latest.set(key(op.table, op.pk), Math.max(op.seq, latest.get(key(op.table, op.pk)) ?? 0));
  const moot = failed.filter((op) => op.atomic === undefined && op.error?.code !== "row_gone" && op.seq < (latest.get(key(op.table, op.pk)) ?? 0));
  if (moot.length > 0) await store.db.pending_ops.bulkDelete(moot.map((op) => op.id));
}

async function supersede(store: Store, op: PendingOp, result: Result, settled: Settled): Promise<void> {
  const { winner } = result;
  settled.done++;
  if (!winner || isStrange(winner)) {
    // What stands is not known: the row is taken anew from a snapshot.
    await store.db.pending_ops.delete(op.id);
    settled.rescan = true;
    return;
  }
  const { conflicts } = await merge(store, [winner]);
  settled.conflicts.push(...conflicts);
  if (winner.stamp.device_id !== op.stamp.device_id) settled.superseded.push({ op, winner });
  await store.db.pending_ops.delete(op.id);
  // Whatever ranks here, the server has said what stands there.
  const current = (await standing(store, op.table, [op.pk])).get(op.pk) ?? null;
  if (current?.op_id === op.id) {
    const batch = new Batch(store);
    batch.stand(op.table, op.pk, arrived(winner), current);
    batch.shadow(op.table, op.pk, null);
    await batch.write();
  } else if (current && current.server_version > 0) await store.db.sync_state.delete(shadowId(op.table, op.pk));
}

async function reject(store: Store, op: PendingOp, error: OpError, mendable: Set<string>, delays: readonly number[], settled: Settled): Promise<void> {
  const attempts = op.attempts + 1;
  const { fields = {} } = error;
  if (op.again && (error.code === "forbidden" || namesOther(op.table, fields))) {
    // A write that a restored server has lost, and that this person may not repeat, also because somebody else made the row: the server's state stands.
    await undo(store, op);
    settled.done++;
    return;
  }
  const companion = error.code === "conflict" && fields["atomic"] !== undefined && op.atomic !== undefined;
  const together = op.atomic === undefined || mendable.has(op.atomic); // a group is tried again as a whole or not at all
  const wait = together && (error.code === "server_error" || companion);
  const stampWrong = error.code === "validation_error" ? "hlc" in fields || "clock" in fields : error.code === "conflict" && "op_id" in fields;
  if (attempts <= maxAttempts && together && stampWrong) {
    const clock = "clock" in fields ? ((await readShadow(store, op))?.clock ?? 0) + 1 : op.stamp.clock;
    settled.retried.push(await restamp(store, op, { clock, attempts }));
  } else if (attempts <= maxAttempts && wait) {
    const again: PendingOp = { ...op, status: "pending", sent: error.code === "server_error", attempts, next_attempt_at: error.code === "server_error" ? store.now() + delay(delays, op.attempts) : 0 };
    await store.db.pending_ops.put(again);
    settled.retried.push(again);
  } else {
    await fail(store, { ...op, attempts }, error);
    settled.failed.push({ op, error });
  }
}

/** Groups in which nothing is wrong that cannot be mended: their members are sent again together. */
function mendableGroups(load: Load, answer: PushAnswer): Set<string> {
  const hopeless = new Set<string>();
  const groups = new Set<string>();
  load.ops.forEach((op, i) => {
    if (op.atomic === undefined) return;
    groups.add(op.atomic);
    const { error, status } = answer.results[i] ?? {};
    if (status !== "rejected" || !error) return;
    const { fields = {} } = error;
    const mendable = error.code === "server_error" || "atomic" in fields || "hlc" in fields || "clock" in fields || "op_id" in fields;
    if (!mendable || op.attempts >= maxAttempts) hopeless.add(op.atomic);
  });
  return new Set([...groups].filter((g) => !hopeless.has(g)));
}

function delay(delays: readonly number[], attempts: number): number {
  return jitter(delays[Math.min(attempts, delays.length - 1)] ?? 5000);
}

/** Not one op of the push is permitted. */
export async function forbid(store: Store, load: Load, error: OpError): Promise<Settled> {
  const settled: Settled = { done: 0, failed: [], retried: [], superseded: [], conflicts: [], rescan: false };
  await asServer(store, async () => {
    for (const sent of load.ops) {
      const op = await store.db.pending_ops.get(sent.id);
      if (op) await reject(store, op, error, new Set(), [], settled);
    }
  });
  return settled;
}


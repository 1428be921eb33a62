import { withStamp } from "../store/payload.js";
import type { PositionState } from "../store/state.js";
import type { Store } from "../store/store.js";
import { tables, type AnyRow, type PendingOp, type Table } from "../store/types.js";
import { observe, readClock } from "./clock.js";
import { Batch, arrived, asServer, key, outranks, readPosition, stampOf, standing, type Conflict, type Standing } from "./merge.js";
import { fail, readShadow, written } from "./outbox.js";
import type { Change, SnapshotAnswer } from "./parse.js";
import { stripStamp } from "../store/payload.js";
import { forgetBases, unseen } from "./unseen.js";

// Taking the workspace from a snapshot: the first load, and starting over after
// a long absence or when the server lives another life.

/** What the pages of a snapshot say together. */
export type SnapshotMeta = Pick<SnapshotAnswer, "history_id" | "tombstone_floor" | "high_watermark" | "base_version" | "discard_newer">;

export interface Reset {
  rows: number;
  /** Rows that stood here and are gone. */
  removed: number;
  /** Acknowledged writes that the server has lost and gets again. */
  again: number;
  /** Unsent writes to rows that have gone: shown to the person. */
  gone: PendingOp[];
  /** Unsent writes that stand before somebody else's they were not made over. */
  conflicts: Conflict[];
}

/**
 * A page of the very first load goes straight into the empty database, so that
 * the list is on screen long before the last row. The position stays unset
 * until all is here, so a load that breaks off is done again as a whole.
 */
export async function stockPage(store: Store, items: Change[], meta: SnapshotMeta, last: boolean): Promise<void> {
  await asServer(store, async () => {
    const { db } = store;
    const unsent = new Set((await db.pending_ops.toArray()).map((op) => key(op.table, op.pk)));
    const byTable = new Map<Table, AnyRow[]>();
    const batch = new Batch(store);
    const contested: Change[] = [];
    for (const item of items) {
      if (unsent.has(key(item.table, item.pk))) contested.push(item);
      else if (item.op === "put") {
        const rows = byTable.get(item.table) ?? [];
        rows.push(withStamp(item.payload ?? {}, { ...item.stamp, server_version: item.server_version }));
        byTable.set(item.table, rows);
      } else batch.stand(item.table, item.pk, arrived(item), null);
    }
    for (const [table, rows] of byTable) await db.table<AnyRow, string>(table).bulkPut(rows);
    for (const item of contested) {
      const here = (await standing(store, item.table, [item.pk])).get(item.pk) ?? null;
      if (outranks(arrived(item), here)) batch.stand(item.table, item.pk, arrived(item), here);
      else batch.shadow(item.table, item.pk, arrived(item));
    }
    await batch.write();
    await observe(store, items.map((item) => item.stamp.hlc));
    await db.sync_state.put(positionOf(meta, last, await readPosition(store), store.now()));
  }, true);
}

function positionOf(meta: SnapshotMeta, loaded: boolean, before: PositionState | null, now: number): PositionState {
  return {
    id: "position", cursor: loaded ? meta.high_watermark : 0, history_id: meta.history_id, tombstone_floor: meta.tombstone_floor,
    last_sync_at: loaded ? now : (before?.last_sync_at ?? 0), loaded,
  };
}

/**
 * Merges a whole snapshot into what stands here, in one transaction:
 *
 * - acknowledged rows follow the snapshot: what it does not have is gone;
 * - of a restored server only what both knew (at or below base_version) counts
 *   as known. What this device knew above it and the snapshot does not outrank
 *   goes back into the outbox with its first stamps, unless the server's state
 *   is to stand (discard_newer) or the person may not write it;
 * - unsent writes are applied again by rank. A put to a row that has gone is
 *   not: the person decides.
 */
export async function mergeSnapshot(store: Store, items: Change[], meta: SnapshotMeta, mayWrite: (table: Table, pk: string) => boolean): Promise<Reset> {
  const reset: Reset = { rows: items.length, removed: 0, again: 0, gone: [], conflicts: [] };
  await asServer(store, async () => {
    const { db } = store;
    const position = await readPosition(store);
    const sameLife = position === null || position.history_id === meta.history_id;
    const base = sameLife ? Infinity : meta.base_version;
    const arrivals = new Map<string, Change>();
    for (const item of items) arrivals.set(key(item.table, item.pk), item);
    const batch = new Batch(store);
    const state = new Map<string, { here: Standing | null; now: Standing | null }>();
    const ops = await db.pending_ops.orderBy("seq").toArray();
    const unsent = new Map<string, PendingOp[]>();
    for (const op of ops) {
      const own = unsent.get(key(op.table, op.pk));
      if (own) own.push(op);
      else unsent.set(key(op.table, op.pk), [op]);
    }
    const contested = new Map(items.filter((item) => unsent.has(key(item.table, item.pk))).map((item) => [key(item.table, item.pk), item]));
    const clock = await readClock(db);
    const again: PendingOp[] = [];

    const consider = async (table: Table, pk: string, here: Standing) => {
      const row = key(table, pk);
      const item = arrivals.get(row);
      arrivals.delete(row);
      const server = item ? arrived(item) : null;
      const settle = (now: Standing | null) => {
        if (now === null && here.payload) reset.removed++;
        state.set(row, { here, now });
        if (now !== here && !(now && now.op_id === here.op_id && now.server_version === here.server_version)) batch.stand(table, pk, now, here);
      };
      if (here.op_id === "") return settle(server && outranks(server, here) ? server : here); // of this device alone
      if (unsent.has(row)) return settle(server); // its unsent writes come on top below
      if (here.server_version === 0) return settle(server); // nothing is left to send: the server's word
      // Taken by the server after the snapshot began: the pull that follows speaks of it.
      if (sameLife && here.server_version > meta.high_watermark) return settle(server && outranks(server, here) ? server : here);
      if (here.server_version <= base || meta.discard_newer || !mayWrite(table, pk)) return settle(server);
      if (server && !lostRank(here, server)) return settle(server);
      const lost: Standing = { ...here, server_version: 0 };
      clock.seq++;
      again.push(opAgain(table, pk, lost, clock.seq, store.now()));
      batch.shadow(table, pk, server);
      settle(lost);
    };

    for (const table of tables) {
      const rows = await db.table<AnyRow, string>(table).toArray();
      const pks = await db.table<AnyRow, string>(table).toCollection().primaryKeys();
      for (const [i, row] of rows.entries()) await consider(table, pks[i] ?? "", { ...stampOf(row), payload: stripStamp(table, row) });
    }
    const forgetBelow = Math.min(meta.tombstone_floor, base);
    for (const stone of await db.tombstones.toArray()) {
      const here: Standing = { ...stampOf(stone), payload: null };
      if (stone.server_version > 0 && stone.server_version <= forgetBelow && !arrivals.has(key(stone.table, stone.pk))) batch.stand(stone.table, stone.pk, null, here);
      else await consider(stone.table, stone.pk, here);
    }
    for (const [row, item] of arrivals) {
      const now = arrived(item);
      state.set(row, { here: null, now });
      batch.stand(item.table, item.pk, now, null);
    }

    // The outbox on top.
    for (const [row, own] of unsent) {
      const [first] = own;
      if (!first) continue;
      const { table, pk } = first;
      const { here, now: server } = state.get(row) ?? { here: null, now: null };
      const known = await readShadow(store, first);
      const wasThere = known?.payload != null && known.server_version <= base;
      // After an absence longer than deletions are remembered, what may have arrived may have been deleted since.
      // (`loaded` is false by now: that is how starting over begins. A device that never had it all has never synced either.)
      const longAway = sameLife && position !== null && position.last_sync_at > 0 && position.cursor < meta.tombstone_floor;
      let now: Standing | null = server;
      if (!server && (wasThere || (longAway && own.some((op) => op.sent)))) {
        for (const op of own) {
          if (op.op !== "put" || op.status === "failed") continue;
          const members = op.atomic === undefined ? [op] : ops.filter((o) => o.atomic === op.atomic);
          for (const member of members) {
            await fail(store, member, { code: "row_gone", message: wasThere ? "It was deleted elsewhere while this device was away." : "It may have been deleted elsewhere: this device was away for too long to know. Try again to keep it." });
            reset.gone.push(member);
          }
        }
      } else {
        for (const op of own) {
          if (op.error?.code === "row_gone") continue;
          const would = written(op);
          if (!now || outranks(would, now)) now = would;
        }
      }
      const over = contested.get(row);
      const sameVersions = known !== null && known.server_version <= base; // above it a restored server counts anew
      if (now && over && now.server_version === 0 && unseen(arrived(over), now, store.deviceId, { shadow: sameVersions ? known : null, base: null })) {
        reset.conflicts.push({ tableName: table, pk, local: stampOf(now), remote: over, winner: "local", ...(known?.payload ? { over: known.payload } : {}) });
      }
      batch.stand(table, pk, now, here);
      batch.shadow(table, pk, now && now.server_version === 0 ? server : null);
    }

    if (again.length > 0) {
      reset.again = again.length;
      await db.pending_ops.bulkPut(again);
      await db.sync_state.put(clock);
    }
    await batch.write();
    await forgetBases(store, Infinity);
    await observe(store, items.map((item) => item.stamp.hlc));
    await db.sync_state.put(positionOf(meta, true, position, store.now()));
  }, true);
  return reset;
}

function lostRank(here: Standing, server: Standing): boolean {
  return outranks({ ...here, server_version: 0 }, { ...server, server_version: 0 });
}

function opAgain(table: Table, pk: string, row: Standing, seq: number, now: number): PendingOp {
  const { device_id, op_id, hlc, clock } = row;
  return {
    id: op_id, seq, table, pk, op: row.payload ? "put" : "delete", ...(row.payload ? { payload: row.payload } : {}), stamp: { device_id, op_id, hlc, clock },
    created_at: now, attempts: 0, next_attempt_at: 0, status: "pending", sent: false, again: true,
  };
}


import { canonical } from "./canonical.js";
import { stripStamp } from "./payload.js";
import { SHA256, sha256 } from "./sha256.js";
import type { PositionState } from "./state.js";
import type { Store } from "./store.js";
import { tables, type AnyRow, type Table, type Tombstone } from "./types.js";

const encoder = new TextEncoder();

/**
 * The digest the server computes at /api/sync/digest, from this device's own
 * tables: equal means that both hold the same. With `deep` the payloads count
 * too. Writes that are not acknowledged are in it, so it is equal only when
 * nothing is pending.
 */
export async function localDigest(store: Store, deep = false): Promise<{ rows: number; digest: string }> {
  const { db } = store;
  return db.transaction("r", [...tables, "tombstones", "sync_state"], async () => {
    const floor = ((await db.sync_state.get("position")) as PositionState | undefined)?.tombstone_floor ?? 0;
    const stones = new Map<Table, Tombstone[]>();
    await db.tombstones.each((stone) => {
      if (stone.server_version !== 0 && stone.server_version <= floor) return;
      const own = stones.get(stone.table);
      if (own) own.push(stone);
      else stones.set(stone.table, [stone]);
    });
    const hash = new SHA256();
    let rows = 0;
    for (const table of [...tables].sort()) {
      const lines: { pk: string; line: string }[] = [];
      for (const stone of stones.get(table) ?? []) lines.push({ pk: stone.pk, line: line(table, stone.pk, stone, 1, deep ? "" : null) });
      await db.table<AnyRow, string>(table).toCollection().each((row, cursor) => {
        if (row.op_id === "") return; // for this device alone
        const pk = String(cursor.primaryKey);
        lines.push({ pk, line: line(table, pk, row, 0, deep ? sha256(canonical(stripStamp(table, row))) : null) });
      });
      lines.sort((a, b) => (a.pk < b.pk ? -1 : a.pk > b.pk ? 1 : 0));
      for (const { line } of lines) hash.update(encoder.encode(line));
      rows += lines.length;
    }
    return { rows, digest: hash.hex() };
  });
}

function line(table: Table, pk: string, stamp: { clock: number; hlc: string; op_id: string }, deleted: 0 | 1, payload: string | null): string {
  return `${table}\0${pk}\0${stamp.clock}\0${stamp.hlc}\0${stamp.op_id}\0${deleted}${payload === null ? "" : `\0${payload}`}\n`;
}

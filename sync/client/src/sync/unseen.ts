import { baseId, shadowId, type BaseState, type ShadowState } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { Table } from "../store/types.js";
import type { Standing } from "./merge.js";

// What a write of this device was made over. Stamps do not tell it: after three
// saves without a network a row's clock is higher than that of a save elsewhere
// in between. The versions do: what the server took after the one that was
// written over, and before the write itself, its writer had not seen.

/** What is known of a row that was written here, before the changes of a page are merged into it. */
export interface Seen {
  /** What an unsent write was made over. */
  shadow: ShadowState | null;
  base: BaseState | null;
}

/** Reads it for rows of a table; within a running transaction. */
export async function readSeen(store: Store, table: Table, pks: string[]): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  if (pks.length === 0) return seen;
  const states = store.db.sync_state;
  const [shadows, bases] = [await states.bulkGet(pks.map((pk) => shadowId(table, pk))), await states.bulkGet(pks.map((pk) => baseId(table, pk)))];
  pks.forEach((pk, i) => seen.set(pk, { shadow: (shadows[i] as ShadowState | undefined) ?? null, base: (bases[i] as BaseState | undefined) ?? null }));
  return seen;
}

/** Whether what arrived is another device's and was unknown here when the standing write, which outranks it, was made. */
export function unseen(what: Standing, current: Standing, deviceId: string, of: Pick<Seen, "base"> & { shadow: Pick<ShadowState, "server_version"> | null } | undefined): boolean {
  if (what.device_id === deviceId) return false;
  const base = of?.base;
  if (base && base.base < what.server_version && what.server_version < base.version) return true;
  return current.server_version === 0 && what.server_version > (of?.shadow?.server_version ?? 0);
}

/** An acknowledged write: what it was made over, as far as the server's changes since are still to come. */
export function baseOf(table: Table, pk: string, before: BaseState | null, over: number, version: number, cursor: number): BaseState | null {
  if (before && before.version > cursor) return { ...before, version: Math.max(before.version, version) };
  return over > 0 && over < version - 1 && cursor < version - 1 ? { id: baseId(table, pk), base: over, version } : null;
}

/** Everything up to `cursor` has come, or nothing before it counts any more; within a running transaction. */
export async function forgetBases(store: Store, cursor: number): Promise<void> {
  const bases = (await store.db.sync_state.where("id").startsWith("base:").toArray()) as BaseState[];
  const done = bases.filter((b) => b.version <= cursor).map((b) => b.id);
  if (done.length > 0) await store.db.sync_state.bulkDelete(done);
}

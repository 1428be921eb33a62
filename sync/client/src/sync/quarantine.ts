import type { QuarantineState } from "../store/state.js";
import type { Store } from "../store/store.js";
import { asServer, merge } from "./merge.js";
import { isStrange, parseChange, type Change, type Strange } from "./parse.js";

// What cannot be applied is kept and counted. The next version of the program
// may know what to do with it.

/** Parts what can be applied from what cannot. */
export function sort(changes: (Change | Strange)[]): { good: Change[]; strange: Strange[] } {
  const good: Change[] = [];
  const strange: Strange[] = [];
  for (const change of changes) {
    if (isStrange(change)) strange.push(change);
    else good.push(change);
  }
  return { good, strange };
}

/** Keeps what cannot be applied; within a running transaction of asServer. */
export async function quarantine(store: Store, strange: Strange[], clientVersion: string): Promise<void> {
  const rows = strange.map(({ strange: change, why }): QuarantineState => ({ id: idOf(change), change, error: why, client_version: clientVersion, at: store.now() }));
  if (rows.length > 0) await store.db.sync_state.bulkPut(rows);
}

function idOf(change: unknown): QuarantineState["id"] {
  const { table, pk } = (typeof change === "object" && change !== null ? change : {}) as { table?: unknown; pk?: unknown };
  return `quarantine:${String(table)}:${String(pk)}`;
}

/** Tries again what an earlier version put aside. */
export async function retryQuarantined(store: Store, clientVersion: string): Promise<void> {
  await asServer(store, async () => {
    const { db } = store;
    const kept = (await db.sync_state.where("id").startsWith("quarantine:").toArray()) as QuarantineState[];
    for (const item of kept) {
      if (item.client_version === clientVersion) continue;
      const change = parseChange(item.change);
      if (isStrange(change)) {
        await db.sync_state.put({ ...item, client_version: clientVersion });
        continue;
      }
      await merge(store, [change]);
      await db.sync_state.delete(item.id);
    }
  });
}

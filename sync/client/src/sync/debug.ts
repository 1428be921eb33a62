import { localDigest } from "../store/digest.js";
import type { Store } from "../store/store.js";
import type { Sync, SyncStatus } from "./types.js";

/** What `window.or3.debug` offers under ?debug=1, to tests and to support. */
export interface Debug {
  status(): SyncStatus | null;
  /** Rows of each table. */
  counts(): Promise<Record<string, number>>;
  digest(deep?: boolean): Promise<{ rows: number; digest: string }>;
  /** Tables as JSON; all of them when none is named. Blobs are left out. */
  dump(...tables: string[]): Promise<Record<string, unknown[]>>;
}

export function debugOf(store: Store, sync: Sync | null): Debug {
  const names = () => store.db.tables.map((t) => t.name).filter((name) => name !== "file_blobs");
  return {
    status: () => sync?.status() ?? null,
    counts: async () => Object.fromEntries(await Promise.all(store.db.tables.map(async (t): Promise<[string, number]> => [t.name, await t.count()]))),
    digest: (deep) => localDigest(store, deep),
    dump: async (...tables) => {
      const wanted = tables.length > 0 ? tables.filter((name) => names().includes(name)) : names();
      return Object.fromEntries(await Promise.all(wanted.map(async (name): Promise<[string, unknown[]]> => [name, await store.db.table<unknown, unknown>(name).toArray()])));
    },
  };
}

import type { DeviceState } from "../store/state.js";
import { prefix } from "../store/store.js";
import type { Or3Database } from "../store/schema.js";
import type { AnyRow, Table } from "../store/types.js";
import { unsentFiles } from "../store/unsent_files.js";
import { actsOf } from "./acts.js";
import { lockDatabase, lookInto, removeDatabase, type Idb } from "./database.js";
import { unsentLines } from "./export.js";

// Leaving a computer that others use too: what is on it, and what becomes of it.

/** A workspace's data on this device. */
export interface LocalDatabase {
  name: string;
  workspaceId: string;
  /** null = it was made without an account. */
  userId: string | null;
  /** What the person did that no server has. */
  unsent: number;
  /** Files no server has. */
  files: number;
  locked: boolean;
}

/** Every workspace's data on this device, whoever's it is. */
export async function listLocalDatabases(idb?: Idb): Promise<LocalDatabase[]> {
  const list: LocalDatabase[] = [];
  for (const name of await localNames(idb)) {
    const entry = await lookAt(name, idb);
    if (entry) list.push(entry);
  }
  return list;
}

async function localNames(idb: Idb | undefined): Promise<string[]> {
  const all = await (idb?.indexedDB ?? indexedDB).databases();
  return all.flatMap(({ name }) => (name?.startsWith(prefix) ? [name] : []));
}

const lookAt = (name: string, idb: Idb | undefined): Promise<LocalDatabase | null> =>
  lookInto(name, idb, async (db): Promise<LocalDatabase | null> => {
    const device = (await db.sync_state.get("device")) as DeviceState | undefined;
    if (!device) return null;
    return { name, workspaceId: device.workspace_id, userId: device.user_id, unsent: actsOf(await db.pending_ops.toArray()).length, files: await uploads(db), locked: device.locked ?? false };
  });

/** How many files of a database were not uploaded yet. */
async function uploads(db: Or3Database): Promise<number> {
  if (!db.tables.some((t) => t.name === "file_transfers")) return 0;
  return unsentFiles({ file_transfers: db.table("file_transfers") }).count();
}

/** A database's unsent writes as JSON lines, for a file. */
export async function exportDatabase(name: string, idb?: Idb): Promise<string> {
  return (await lookInto(name, idb, async (db) => {
    const device = (await db.sync_state.get("device")) as DeviceState | undefined;
    return unsentLines(db, device?.workspace_id ?? "", device?.user_id ?? null);
  })) ?? "";
}

/** Rows of a database by their keys, as they are; undefined for one that is not there. */
export async function rowsOf(name: string, table: Table, pks: string[], idb?: Idb): Promise<(AnyRow | undefined)[]> {
  return (await lookInto(name, idb, (db) => db.table<AnyRow, string>(table).bulkGet(pks))) ?? [];
}

/**
 * Signing out: all of a person's databases are kept for them, or go. Show what is
 * unsent (listLocalDatabases) and offer it as a file (exportDatabase) first;
 * stop sync and close the store. One that cannot be read keeps none of the others
 * back; it is thrown once they are done.
 */
export async function leaveDevice(o: { userId: string; how: "keep" | "remove"; idb?: Idb }): Promise<void> {
  const failed: unknown[] = [];
  for (const name of await localNames(o.idb)) {
    try {
      if ((await lookAt(name, o.idb))?.userId !== o.userId) continue;
      if (o.how === "remove") await removeDatabase(name, o.idb);
      else await lockDatabase(name, o.idb);
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}

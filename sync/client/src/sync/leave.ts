import Dexie from "dexie";

import type { Or3Database } from "../store/schema.js";
import type { DeviceState } from "../store/state.js";
import { prefix, type OpenOptions } from "../store/store.js";
import { unsentLines } from "./export.js";

// Leaving a computer that others use too: what is on it, and what becomes of it.

/** A workspace's data on this device. */
export interface LocalDatabase {
  name: string;
  workspaceId: string;
  /** null = it was made without an account. */
  userId: string | null;
  /** Writes no server has. */
  unsent: number;
  locked: boolean;
}

type Idb = OpenOptions["idb"];

/** Every workspace's data on this device, whoever's it is. */
export async function listLocalDatabases(idb?: Idb): Promise<LocalDatabase[]> {
  const names = await (idb?.indexedDB ?? indexedDB).databases();
  const list: LocalDatabase[] = [];
  for (const { name } of names) {
    if (!name?.startsWith(prefix)) continue;
    const entry = await look(name, idb, async (db): Promise<LocalDatabase | null> => {
      const device = (await db.sync_state.get("device")) as DeviceState | undefined;
      if (!device) return null;
      return { name, workspaceId: device.workspace_id, userId: device.user_id, unsent: await db.pending_ops.count(), locked: device.locked ?? false };
    });
    if (entry) list.push(entry);
  }
  return list;
}

/** A database's unsent writes as JSON lines, for a file. */
export async function exportDatabase(name: string, idb?: Idb): Promise<string> {
  return (await look(name, idb, async (db) => {
    const device = (await db.sync_state.get("device")) as DeviceState | undefined;
    return unsentLines(db, device?.workspace_id ?? "", device?.user_id ?? null);
  })) ?? "";
}

/** Keeps a database on the device for its person alone. Opening it as that person unlocks it. */
export async function lockDatabase(name: string, idb?: Idb): Promise<void> {
  await look(name, idb, async (db) => {
    await db.transaction("rw", db.sync_state, async () => {
      const device = (await db.sync_state.get("device")) as DeviceState | undefined;
      if (device) await db.sync_state.put({ ...device, locked: true });
    });
  });
}

/** Removes a database with all that is in it. Other tabs let go of it. */
export async function removeDatabase(name: string, idb?: Idb): Promise<void> {
  await new Dexie(name, { ...idb }).delete();
}

/**
 * Signing out: all of a person's databases are kept for them, or go. Show what is
 * unsent (listLocalDatabases) and offer it as a file (exportDatabase) first;
 * stop sync and close the store.
 */
export async function leaveDevice(o: { userId: string; how: "keep" | "remove"; idb?: Idb }): Promise<void> {
  for (const { name, userId } of await listLocalDatabases(o.idb)) {
    if (userId !== o.userId) continue;
    if (o.how === "remove") await removeDatabase(name, o.idb);
    else await lockDatabase(name, o.idb);
  }
}

/** Opens a database as it is, without capturing or making anything; null when it is gone meanwhile. */
async function look<T>(name: string, idb: Idb, work: (db: Or3Database) => Promise<T>): Promise<T | null> {
  const db = new Dexie(name, { cache: "disabled", ...idb }) as Or3Database;
  try {
    await db.open();
    if (!db.tables.some((t) => t.name === "sync_state")) return null;
    db.sync_state = db.table("sync_state");
    db.pending_ops = db.table("pending_ops");
    return await work(db);
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchDatabaseError") return null;
    throw error;
  } finally {
    db.close();
  }
}

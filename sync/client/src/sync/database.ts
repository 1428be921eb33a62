import Dexie from "dexie";

import type { Or3Database } from "../store/schema.js";
import type { DeviceState } from "../store/state.js";
import type { OpenOptions } from "../store/store.js";

// A database of this device from outside: looked into, locked, removed.

export type Idb = OpenOptions["idb"];

/** Opens a database as it is, without capturing or making anything; null when it is gone meanwhile. */
export async function lookInto<T>(name: string, idb: Idb, work: (db: Or3Database) => Promise<T>): Promise<T | null> {
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

/** Keeps a database on the device for its person alone. Opening it as that person unlocks it. */
export async function lockDatabase(name: string, idb?: Idb): Promise<void> {
  await lookInto(name, idb, async (db) => {
    await db.transaction("rw", db.sync_state, async () => {
      const device = (await db.sync_state.get("device")) as DeviceState | undefined;
      if (device) await db.sync_state.put({ ...device, locked: true });
    });
  });
}

/** Removes a database with all that is in it. Other tabs let go of it. */
export async function removeDatabase(name: string, idb?: Idb): Promise<void> {
  await new Dexie(name, { cache: "disabled", ...idb }).delete();
}

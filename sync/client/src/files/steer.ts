import type { Store } from "../store/store.js";
import type { TransferState } from "../store/types.js";
import { newTransfer, transferId } from "./keep.js";
import { noteOf } from "./release.js";

// What a person decides about transfers. It is written into their rows; the tab
// that works on them follows.

/** Asks for a file that is not on this device. One that failed is asked for again. */
export async function wantFile(store: Store, hash: string, size: number): Promise<void> {
  const { db } = store;
  await db.transaction("rw", [db.file_transfers, db.file_cache], async () => {
    const [row, here] = await Promise.all([db.file_transfers.get(transferId("download", hash)), db.file_cache.get(hash)]);
    if (here || (row && ["queued", "running", "paused"].includes(row.state))) return;
    await db.file_transfers.put(newTransfer(store, "download", hash, size));
  });
}

/** Stops one transfer, or all, until they are resumed. */
export const pauseTransfers = (store: Store, id?: string): Promise<void> => move(store, id, ["queued", "running"], "paused");
export const resumeTransfers = (store: Store, id?: string): Promise<void> => move(store, id, ["paused"], "queued");
/** Tries a failed transfer again. */
export const retryTransfer = (store: Store, id: string): Promise<void> => move(store, id, ["failed"], "queued");

/** Takes a transfer back. The bytes of an upload stay until forgetKept. */
export async function cancelTransfer(store: Store, id: string): Promise<void> {
  const { db } = store;
  await db.transaction("rw", [db.file_transfers, db.sync_state], async () => {
    const note = noteOf(await db.file_transfers.get(id), store.now());
    if (note) await db.sync_state.put(note); // the server may have it all the same
    await db.file_transfers.delete(id);
  });
}

async function move(store: Store, id: string | undefined, from: readonly TransferState[], to: "paused" | "queued"): Promise<void> {
  const { file_transfers } = store.db;
  const rows = id === undefined ? file_transfers.where("state").anyOf([...from]) : file_transfers.where("id").equals(id).filter((r) => from.includes(r.state));
  await rows.modify((r) => {
    delete r.error_code;
    r.state = to;
    r.updated_at = store.now();
    if (to === "queued") {
      r.attempts = 0;
      delete r.next_attempt_at;
      delete r.last_error;
    }
  });
}

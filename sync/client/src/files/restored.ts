import type { FilesState, PositionState } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { FileFacts } from "../store/types.js";
import { attached, factsOf, newTransfer, transferId } from "./keep.js";

/**
 * A server that came back from a backup may lack files that it had. What this
 * device keeps of the workspace's files is offered again, and does not make room
 * until it is there: one question each, for what the server has.
 */
export async function afterRestore(store: Store): Promise<void> {
  const { db } = store;
  const lives = async (): Promise<[PositionState | undefined, FilesState | undefined]> => (await db.sync_state.bulkGet(["position", "files"])) as [PositionState | undefined, FilesState | undefined];
  const another = ([position, known]: [PositionState | undefined, FilesState | undefined]): boolean => position?.loaded === true && position.history_id !== known?.history_id;
  if (!another(await lives())) return;
  await db.transaction("rw", [db.sync_state, db.file_meta, db.file_blobs, db.file_cache, db.file_transfers], async () => {
    const both = await lives();
    const [position, known] = both;
    if (!position || !another(both)) return;
    await db.sync_state.put({ id: "files", history_id: position.history_id });
    if (known === undefined) return; // the first life this device hears of
    const inForms = new Map((await attached(db)).flatMap((form) => form.files.map((f): [string, FileFacts] => [f.hash, f.facts])));
    const kept = new Set(await db.file_blobs.toCollection().primaryKeys());
    await db.file_transfers.where("state").equals("done").filter((t) => t.direction === "upload" && !kept.has(t.hash)).delete(); // it may be there no more
    for (const hash of kept) {
      const [row, cached, upload] = await Promise.all([db.file_meta.get(hash), db.file_cache.get(hash), db.file_transfers.get(transferId("upload", hash))]);
      // What stands in a form and was not sent has a row no more: the row came after the backup.
      const facts = row ? factsOf(row) : (upload?.facts ?? inForms.get(hash));
      if (!facts || !cached || (upload && upload.state !== "done")) continue;
      const form = upload?.form === true || (!row && inForms.has(hash));
      const made = upload?.storage_id;
      await db.file_cache.put({ ...cached, safe: false });
      await db.file_transfers.put(newTransfer(store, "upload", hash, cached.size, {
        facts, ...(row ? { again: true } : {}), ...(form ? { form, ...(made === undefined ? {} : { committing: made }) } : {}),
      }));
    }
  });
}

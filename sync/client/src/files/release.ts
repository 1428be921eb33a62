import type { AttachedState, ReleasedState } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { FileTransfer, Row } from "../store/types.js";
import { attached, forgetKept, transferId } from "./keep.js";

// A file that was attached and taken back before anything named it. It uploads
// while it stands in the form, so the server may have shown it to everybody
// already, or is about to: what an upload from a form made goes again with it.

/** The name of a note that a row is not wanted when it comes. */
export const releasedId = (hash: string): ReleasedState["id"] => `released:${hash}`;

/** What is to be remembered of an upload that nobody wants any more; undefined = others may count on what it made. */
export function noteOf(upload: FileTransfer | undefined, now: number): ReleasedState | undefined {
  if (upload?.form !== true) return undefined;
  return { id: releasedId(upload.hash), ...storageOf(upload), since: upload.created_at, at: now };
}

const storageOf = (upload: FileTransfer): { storage_id?: string } => {
  const id = upload.storage_id ?? upload.committing;
  return id === undefined ? {} : { storage_id: id };
};

/** Whether an upload of this device made the row. "stored" is what the server writes of any file that it had without one. */
function madeBy(store: Store, note: ReleasedState, row: Row<"file_meta">): boolean {
  if (row.storage_id !== "stored") return Boolean(row.storage_id) && row.storage_id === note.storage_id;
  return row.created_at >= Math.floor((note.since + store.offset) / 1000) - 5; // clocks agree to a few seconds
}

const holds = (forms: readonly AttachedState[], hash: string): boolean => forms.some((form) => form.files.some((f) => f.hash === hash));

/** Whether a row names a file: wherever the digits of its hash stand, as the server's collector looks for them. */
async function isNamed({ db }: Store, hash: string): Promise<boolean> {
  const digits = hash.replace(/^[a-z0-9]+:/, "");
  for (const table of [db.messages, db.posts, db.threads, db.projects, db.kv, db.notifications]) {
    if ((await table.filter((row) => JSON.stringify(row).includes(digits)).first()) !== undefined) return true;
  }
  return false;
}

/**
 * A form lets go of a file: what no row and no other form names goes with it, here
 * and, where this device's upload from a form has brought it there, for everyone.
 * Says whether it went.
 */
export async function releaseKept(store: Store, hash: string): Promise<boolean> {
  const { db } = store;
  const named = !store.local && (await isNamed(store, hash)); // a message of this device takes the mark off the upload
  return db.transaction("rw", [db.file_meta, db.file_blobs, db.file_cache, db.file_transfers, db.sync_state], async () => {
    const [row, upload, known, forms] = await Promise.all([
      db.file_meta.get(hash), db.file_transfers.get(transferId("upload", hash)), db.sync_state.get(releasedId(hash)) as Promise<ReleasedState | undefined>, attached(db),
    ]);
    if (holds(forms, hash)) return false;
    const note = noteOf(upload, store.now()) ?? known;
    if (row && (named || note === undefined || !madeBy(store, note, row))) return false;
    if (upload?.state === "done" && (named || note === undefined)) return false;
    if (row) await db.file_meta.delete(hash);
    await forgetKept(store, hash);
    if (row || named) await db.sync_state.delete(releasedId(hash));
    else if (note) await db.sync_state.put(note);
    return true;
  });
}

/** For how long the row of a file that was taken back is looked out for; milliseconds. */
const lookOut = 7 * 86_400_000;

/** Deletes the rows of files that were taken back before they came. */
export async function letGo(store: Store): Promise<void> {
  const { db } = store;
  const notes = (await db.sync_state.where("id").startsWith("released:").toArray()) as ReleasedState[];
  for (const { id, at } of notes) {
    const hash = id.slice("released:".length);
    const there = await db.file_meta.get(hash);
    if (!there && store.now() - at < lookOut) continue;
    const named = there !== undefined && (await isNamed(store, hash));
    await db.transaction("rw", [db.file_meta, db.sync_state], async () => {
      const [note, row, forms] = await Promise.all([db.sync_state.get(id) as Promise<ReleasedState | undefined>, db.file_meta.get(hash), attached(db)]);
      if (note === undefined || holds(forms, hash)) return; // chosen again, or still in a form: it is for the form to say
      if (row && !named && madeBy(store, note, row)) await db.file_meta.delete(hash);
      await db.sync_state.delete(id);
    });
  }
}

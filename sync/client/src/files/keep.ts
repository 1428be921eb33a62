import type { Direction, FileCache, FileFacts, FileTransfer, NewRow } from "../store/types.js";
import type { AttachedState, ReleasedState } from "../store/state.js";
import { isFull } from "../store/full.js";
import type { Store } from "../store/store.js";

// The bytes of files on this device. What the server does not have stays until
// it does; the rest goes, the least recently opened first, when room is needed.

/** A file that was chosen here: its name by content, its size and what it is. */
export interface Chosen {
  hash: string;
  size: number;
  facts: FileFacts;
}

/** How many bytes of files a device keeps that the server has too. */
export const budget = 1 << 30;

export function transferId(direction: Direction, hash: string): string {
  return `${direction}:${hash}`;
}

/** What a file's row says of it, as its upload does. */
export function factsOf(row: Meta): FileFacts {
  const number = (name: "width" | "height" | "page_count"): object => (typeof row[name] === "number" ? { [name]: row[name] } : {});
  return { name: row.name || "file", mime_type: row.mime_type || "application/octet-stream", kind: row.kind ?? "file", ...number("width"), ...number("height"), ...number("page_count") };
}

/**
 * Stores a chosen file and, where there is a server, queues its upload: one transaction. Chosen again, it is kept once; one
 * that was uploaded is asked for again, because it may have been deleted for everyone since.
 */
export async function keepChosen(store: Store, file: Chosen, blob: Blob): Promise<void> {
  const { db } = store;
  await inRoom(store, blob.size, async () => {
    await db.transaction("rw", [db.file_blobs, db.file_cache, db.file_transfers, db.file_meta, db.sync_state], async () => {
      const now = store.now();
      const released = `released:${file.hash}` as const;
      const [cached, there, transfer, row, note] = await Promise.all([
        db.file_cache.get(file.hash), db.file_blobs.where("hash").equals(file.hash).count(), db.file_transfers.get(transferId("upload", file.hash)),
        db.file_meta.get(file.hash), db.sync_state.get(released) as Promise<ReleasedState | undefined>,
      ]);
      if (there === 0) await db.file_blobs.put({ hash: file.hash, blob, stored_at: now });
      await db.file_cache.put({ hash: file.hash, size: blob.size, used_at: now, safe: (there > 0 && cached?.safe) ?? false });
      if (store.local || (transfer && transfer.state !== "failed" && transfer.state !== "done")) return;
      const form = transfer?.form === true || note !== undefined || row === undefined;
      const made = transfer?.storage_id ?? transfer?.committing ?? note?.storage_id;
      await db.sync_state.bulkDelete([released, `never:${file.hash}`]);
      await db.file_transfers.put(newTransfer(store, "upload", file.hash, blob.size, {
        facts: file.facts, created_at: transfer?.created_at ?? note?.since ?? now, ...(form ? { form } : {}), ...(made === undefined ? {} : { committing: made }),
      }));
    });
  });
}

export function newTransfer(store: Store, direction: Direction, hash: string, size: number, more: Partial<FileTransfer> = {}): FileTransfer {
  const now = store.now();
  return {
    id: transferId(direction, hash), hash, workspace_id: store.workspaceId, direction, bytes_total: size, bytes_done: 0, state: "queued", attempts: 0,
    created_at: now, updated_at: now, ...more,
  };
}

/** Stores what came from the server and was proven to be it. */
export async function keepFetched(store: Store, hash: string, blob: Blob): Promise<void> {
  const { db } = store;
  await inRoom(store, blob.size, async () => {
    await db.transaction("rw", [db.file_blobs, db.file_cache], async () => {
      const now = store.now();
      await db.file_blobs.put({ hash, blob, stored_at: now });
      await db.file_cache.put({ hash, size: blob.size, used_at: now, safe: true });
    });
  });
}

/** The bytes of a file, if this device has them. Opening them counts as use. */
export async function openKept(store: Store, hash: string): Promise<Blob | undefined> {
  const { db } = store;
  // One transaction: between two, the file may make room for another one.
  return db.transaction("rw", [db.file_blobs, db.file_cache], async () => {
    const [found, used] = await Promise.all([db.file_blobs.get(hash), db.file_cache.get(hash)]);
    const now = store.now();
    if (!found) {
      if (used) await db.file_cache.delete(hash); // it says what is not so
      return undefined;
    }
    if (!used) await db.file_cache.put({ hash, size: found.blob.size, used_at: now, safe: false });
    else if (now - used.used_at > 60_000) await db.file_cache.update(hash, { used_at: now });
    return found.blob;
  });
}

/** The bytes of a file as a list shows them: that is no use. */
export async function lookAtKept(store: Store, hash: string): Promise<Blob | undefined> {
  return (await store.db.file_blobs.get(hash))?.blob;
}

/** Removes a file's bytes and what is known of its ways. */
export async function forgetKept(store: Store, hash: string): Promise<void> {
  const { db } = store;
  await db.transaction("rw", [db.file_blobs, db.file_cache, db.file_transfers], async () => {
    const gone = [hash, ...(await db.file_cache.filter((file) => file.of === hash).primaryKeys())];
    await db.file_blobs.bulkDelete(gone);
    await db.file_cache.bulkDelete(gone);
    await db.file_transfers.bulkDelete([transferId("upload", hash), transferId("download", hash)]);
  });
}

/** The files that stand in forms. */
export async function attached(db: Store["db"]): Promise<AttachedState[]> {
  return (await db.sync_state.where("id").startsWith("attached:").toArray()) as AttachedState[];
}

/**
 * Makes room: of what the server has, too, the least recently used goes until
 * `size` more fit into the budget, previews last. What it does not have is never touched.
 */
export async function makeRoom(store: Store, size: number, most: number = budget): Promise<number> {
  const { db } = store;
  let freed = 0;
  await db.transaction("rw", [db.file_blobs, db.file_cache, db.file_transfers], async () => {
    const all: FileCache[] = await db.file_cache.orderBy("used_at").toArray();
    all.sort((a, b) => Number(a.of !== undefined) - Number(b.of !== undefined)); // stable
    let total = all.reduce((sum, file) => sum + file.size, 0) + size;
    for (const file of all) {
      if (total <= most) break;
      const upload = await db.file_transfers.get(transferId("upload", file.hash));
      if (!file.safe || (upload && upload.state !== "done")) continue;
      await db.file_blobs.delete(file.hash);
      await db.file_cache.delete(file.hash);
      total -= file.size;
      freed += file.size;
    }
  });
  return freed;
}

/** Runs a write of bytes; where the browser has no room for it, once more after all has gone that may. */
async function inRoom(store: Store, size: number, write: () => Promise<void>): Promise<void> {
  if (!store.local) await makeRoom(store, size);
  try {
    await write();
  } catch (error) {
    if (!isFull(error) || store.local || (await makeRoom(store, size, 0)) === 0) throw error;
    await write();
  }
}

/** A file that was to be named is neither on this device nor on the server. */
export class FileGone extends Error {
  override readonly name = "FileGone";
  constructor(readonly file: Chosen) {
    super(`${file.facts.name} is not on this device any more. Attach it again.`);
  }
}

/**
 * Writes the rows of chosen files that have none yet; one in the trash comes out
 * of it. Inside a transaction over file_meta, file_transfers and file_cache,
 * together with what names them: a row never names a file that neither this device
 * nor the server has. Throws FileGone then. What is here and on no way is queued.
 */
export async function nameFiles(store: Store, files: readonly Chosen[]): Promise<void> {
  const { db } = store;
  for (const file of files) {
    const { hash, size, facts } = file;
    const [row, upload, kept] = await Promise.all([db.file_meta.get(hash), db.file_transfers.get(transferId("upload", hash)), db.file_cache.get(hash)]);
    if (!kept && upload?.state !== "done" && !row?.storage_id) throw new FileGone(file);
    if (upload?.form) {
      const { form: _, ...named } = upload;
      await db.file_transfers.put(named);
    }
    if (kept && !upload && !store.local) await db.file_transfers.put(newTransfer(store, "upload", hash, kept.size, { facts }));
    const now = store.seconds();
    if (row) {
      // The server may have described it before it was named here, and knows less.
      const more = Object.fromEntries(Object.entries(facts).filter(([name]) => (row as unknown as Record<string, unknown>)[name] === undefined || (row as unknown as Record<string, unknown>)[name] === null));
      if (isTrashed(row) || Object.keys(more).length > 0) await db.file_meta.put({ ...withoutTrash(row), ...more, updated_at: now });
      continue;
    }
    await db.file_meta.put({ hash, size_bytes: size, ...facts, ...(upload?.storage_id ? { storage_id: upload.storage_id } : {}), ...(store.userId === null ? {} : { added_by: store.userId }), created_at: now, updated_at: now });
  }
}

type Meta = NewRow<"file_meta">;

/** Whether a file is in the trash: it is still there, and listed apart. */
export const isTrashed = (row: object): boolean => "trashed_at" in row && typeof row.trashed_at === "number";

/** The row of a file that is in the trash no more. */
export function withoutTrash(row: Meta): Meta {
  const { trashed_at: _, ...rest } = row as Meta & { trashed_at?: unknown };
  return rest;
}

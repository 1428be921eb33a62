import type { Store } from "../store/store.js";
import { Unreachable, type Api } from "../sync/api.js";
import { presignDownload } from "./ask.js";
import { hashBlob } from "./hash.js";

// Previews of images: small pictures that the server makes. They come before the
// file, and stay when it makes room. A preview is a file of the workspace without
// a row: nothing lists it, and it goes with the file it is of.

/** No preview is nearly as large. */
const most = 2 << 20;

/** A preview, if this device has it. */
export async function previewKept(store: Store, hash: string): Promise<Blob | undefined> {
  return (await store.db.file_blobs.get(hash))?.blob;
}

/** Stores a preview of a file. One that is kept as a file already stays that. */
export async function keepPreview(store: Store, of: string, hash: string, blob: Blob): Promise<void> {
  const { db } = store;
  await db.transaction("rw", [db.file_blobs, db.file_cache], async () => {
    if (await db.file_cache.get(hash)) return;
    const now = store.now();
    await db.file_blobs.put({ hash, blob, stored_at: now });
    await db.file_cache.put({ hash, size: blob.size, used_at: now, safe: true, of });
  });
}

/** Brings the preview of a file from the server and keeps it; undefined where what came is not what was asked for. */
export async function fetchPreview(store: Store, api: Api, get: typeof fetch, of: string, hash: string): Promise<Blob | undefined> {
  const { url, size } = await presignDownload(api, { workspace_id: store.workspaceId, hash });
  if (size > most) return undefined;
  const answer = await get(url, { cache: "no-store", credentials: "same-origin" });
  const reader = answer.body?.getReader();
  if (!answer.ok || reader === undefined) throw new Unreachable("the preview did not come");
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let came = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    came += value.length;
    if (came > size) {
      void reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
  const blob = new Blob(chunks);
  if ((await hashBlob(blob)) !== hash) return undefined;
  await keepPreview(store, of, hash, blob);
  return blob;
}

// How files stand on this device: their rows, their ways, and whether their
// bytes are here.
import type { FileTransfer, Row } from "../../../../sync/client/src/local";
import type { NeverUploadedState } from "../../../../sync/client/src/store/state.js";
import { isTrashed, transferId, type Chosen } from "../../../../sync/client/src/files/keep";
import { plainName } from "../../../../sync/client/src/files/plain_name.js";
import type { Context } from "../app/page";
import { said, type Said, type Standing } from "./words";

export interface FileState extends Standing {
  readonly hash: string;
  readonly meta: Row<"file_meta"> | undefined;
  readonly up: FileTransfer | undefined;
  readonly down: FileTransfer | undefined;
  readonly width: number;
  readonly height: number;
}

interface Sample {
  readonly at: number;
  readonly done: number;
}
const samples = new Map<string, Sample[]>();

/** Files of messages that are drawn and not stored yet: they may have no row. */
export const underway = new Map<string, Chosen>();

/** How fast a transfer goes, by what was seen of it in the last seconds. */
function speedOf(t: FileTransfer): number {
  if (t.state !== "running") {
    samples.delete(t.id);
    return 0;
  }
  const known = (samples.get(t.id) ?? []).filter((s) => t.updated_at - s.at < 5000 && s.done <= t.bytes_done);
  if (known.at(-1)?.at !== t.updated_at) known.push({ at: t.updated_at, done: t.bytes_done });
  samples.set(t.id, known);
  const first = known[0];
  return first === undefined || t.updated_at - first.at < 500 ? 0 : ((t.bytes_done - first.done) * 1000) / (t.updated_at - first.at);
}

/** Reads how files stand. `chosen` are those that have no row of their own yet. */
export async function standingOf(context: Context, hashes: readonly string[], chosen: readonly Chosen[] = []): Promise<FileState[]> {
  const { db, local } = context.store;
  const [metas, ups, downs, caches] = await Promise.all([
    db.file_meta.bulkGet([...hashes]), db.file_transfers.bulkGet(hashes.map((h) => transferId("upload", h))),
    db.file_transfers.bulkGet(hashes.map((h) => transferId("download", h))), db.file_cache.bulkGet([...hashes]),
  ]);
  const dead = await db.tombstones.bulkGet(hashes.map((h): ["file_meta", string] => ["file_meta", h]));
  const lost = globalThis.OR3_LOCAL === true ? [] : ((await db.sync_state.bulkGet(hashes.map((h) => `never:${h}` as const))) as (NeverUploadedState | undefined)[]);
  return hashes.map((hash, i): FileState => {
    const [meta, up, down, cache] = [metas[i], ups[i], downs[i], caches[i]];
    const facts = (chosen.find((c) => c.hash === hash) ?? underway.get(hash))?.facts ?? up?.facts;
    const t = up !== undefined && up.state !== "done" ? up : down;
    const gone = meta === undefined && facts === undefined && (dead[i] !== undefined || local);
    const never = globalThis.OR3_LOCAL !== true && gone ? lost[i] : undefined;
    return {
      hash, meta, up, down, gone, never: never !== undefined, cloud: !local, online: navigator.onLine,
      name: never !== undefined ? plainName(never.name) || "A file" : gone ? "A file that was deleted" : plainName(meta?.name ?? facts?.name ?? "") || "A file", mediaType: meta?.mime_type ?? facts?.mime_type ?? never?.mime_type ?? "",
      size: meta?.size_bytes ?? cache?.size ?? up?.bytes_total ?? never?.size ?? 0,
      pages: meta?.page_count ?? facts?.page_count ?? 0, width: meta?.width ?? facts?.width ?? 0, height: meta?.height ?? facts?.height ?? 0,
      trashed: meta !== undefined && isTrashed(meta), here: cache !== undefined, stored: Boolean(meta?.storage_id) || up?.state === "done",
      ...(t === undefined ? {} : { move: { direction: t.direction, state: t.state, done: t.bytes_done, total: t.bytes_total, code: t.error_code ?? "", error: t.last_error ?? "", speed: speedOf(t) } }),
    };
  });
}

export const wordsFor = (s: FileState): Said => said(s);

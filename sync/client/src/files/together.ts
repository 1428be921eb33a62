import type { FileTransfer, OpError } from "../store/types.js";
import { Refused } from "../sync/api.js";
import { Unreadable, list, object, parseError, text } from "../sync/parse.js";
import type { Sent } from "./send.js";

// Small files that wait go together in one request: a line of JSON, and behind it
// their bytes, one after the other.

export const togetherPath = "/api/storage/upload-batch";

/** What goes in one request at most. Of what the server looks into it has little at once: each takes its time. */
const most = { each: 256 << 10, bytes: 2 << 20, files: 50, looked: 8 };

/** Whether an upload may go with others. One that was cut goes on by itself. */
export const isSmall = (row: FileTransfer): boolean => row.bytes_total <= most.each && row.ticket === undefined && row.facts !== undefined;

/** Those of the first that go in one request, in their order. */
export function pick(rows: readonly FileTransfer[]): FileTransfer[] {
  const picked: FileTransfer[] = [];
  let bytes = 0;
  let looked = 0;
  for (const row of rows) {
    bytes += row.bytes_total;
    if (/^image\/|^application\/pdf/.test(row.facts?.mime_type ?? "")) looked++;
    if (bytes > most.bytes || looked > most.looked || picked.length === most.files) break;
    picked.push(row);
  }
  return picked;
}

/** What pick looks at. */
export const enough = most.files;

/** A file of a request with several: what its row will call the upload, and its bytes. */
export interface Parcel {
  row: FileTransfer;
  storageId: string;
  blob: Blob;
}

/** What became of one: its storage id ("stored": the workspace had it), or why not. */
export type Outcome = string | OpError;

/** The body, and at which of its bytes each file begins. */
export function bodyOf(workspaceId: string, parcels: readonly Parcel[]): { body: Blob; starts: number[] } {
  const files = parcels.map(({ row, storageId, blob }) => ({ ...row.facts, hash: row.hash, size_bytes: blob.size, storage_id: storageId }));
  const line = new Blob([`${JSON.stringify({ workspace_id: workspaceId, files })}\n`]);
  let at = line.size;
  const starts = parcels.map(({ blob }) => (at += blob.size) - blob.size);
  return { body: new Blob([line, ...parcels.map((p) => p.blob)]), starts };
}

/** What the server says of each. Throws Refused where it took none. */
export function outcomesOf(answer: Sent, parcels: readonly Parcel[]): Outcome[] {
  const value = parsed(answer.text);
  if (answer.status !== 200) {
    let error: OpError = { code: "", message: `The server answered with status ${answer.status}.` };
    try {
      error = parseError(object(value, "answer")["error"]);
    } catch {
      // A proxy's words: the status must do.
    }
    throw new Refused(answer.status, error, answer.retryAfter === null ? null : answer.retryAfter * 1000);
  }
  const files = list(object(value, "answer")["files"], "files").map((file) => object(file, "file"));
  if (files.length !== parcels.length) throw new Unreadable("not every file is told of");
  return files.map((file, i) => {
    if (text(file["hash"], "hash") !== parcels[i]?.row.hash) throw new Unreadable("another file is told of");
    if (file["already_stored"] === true) return "stored";
    return file["ok"] === true ? text(file["storage_id"], "storage_id") : parseError(file["error"]);
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** The statuses of the codes that another try by itself does not change. */
export const settled: Record<string, number> = { unsupported: 415, quota_exceeded: 413, forbidden: 403 };

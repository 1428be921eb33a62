import { payloadOf } from "../store/payload.js";
import { SHA256 } from "../store/sha256.js";
import { isTable, keyOf, type Payload, type Table } from "../store/types.js";
import { faultOf } from "./fields.js";
import { linesOf, type Line, type Source } from "./lines.js";

// The file .or3.jsonl: a head, one line for each row, an end that says how many
// there are and what they come to. A file of unsent changes (or3-unsent) has a
// head, one line for each change, and no end; several may stand in one file.

/** The version of the format this program writes, and the newest it reads. */
export const backupVersion = 1;

export interface Head {
  kind: "backup" | "unsent";
  workspaceId: string;
  /** The workspace's name, "" when the file does not say. */
  workspace: string;
  userId: string | null;
  /** Epoch seconds. */
  exportedAt: number;
}

export interface FileRow {
  line: number;
  /** Which head it stands below. */
  part: number;
  table: Table;
  pk: string;
  payload: Payload;
}

/** A line that says a row was deleted; only files of unsent changes have them. */
export type Deletion = Omit<FileRow, "payload"> & { payload?: undefined };

export interface Broken {
  line: number;
  reason: string;
}

/** Why nothing of a file can be taken. The message is for people. */
export class BackupError extends Error {
  override readonly name = "BackupError";
  constructor(readonly code: "empty" | "not_a_backup" | "newer" | "unreadable" | "taken", message: string) {
    super(message);
  }
}

/** What one reading of a file finds besides its rows. */
export interface Reading {
  heads: Head[];
  /** Whether the end stands there and agrees: "edited" when only the sum differs. */
  whole: "whole" | "edited" | "cut";
  deletions: number;
}

export interface Heard {
  rows(rows: FileRow[]): Promise<void>;
  /** Told at once, while the rows before it may still wait for their batch. */
  deleted?(deletion: Deletion): void;
  broken?(broken: Broken): void;
  /** Bytes read so far. */
  progress?(bytes: number): void;
}

type Members = { readonly [name: string]: unknown };

const batch = 200;

/** Reads a file from one end to the other, in batches of rows. `sum` checks its sum too. */
export async function readBackup(source: Source, heard: Heard, options: { sum?: boolean; signal?: AbortSignal } = {}): Promise<Reading> {
  const reading: Reading = { heads: [], whole: "cut", deletions: 0 };
  const hash = options.sum ? new SHA256() : null;
  let rows: FileRow[] = [];
  let bytes = 0;
  let seen = 0; // row lines, broken ones too
  let end: Members | null = null;
  const flush = async (): Promise<void> => {
    const now = rows;
    rows = [];
    await heard.rows(now);
    heard.progress?.(bytes);
    await pause();
    options.signal?.throwIfAborted();
  };
  const take = (line: Line): void => {
    const value = line.text === null ? null : parsed(line.text);
    if (reading.heads.length === 0) {
      if (!isHead(value)) throw new BackupError("not_a_backup", "This is not a backup of this app: its first line does not say that it is one.");
      reading.heads.push(headOf(value));
    } else if (isHead(value)) reading.heads.push(headOf(value));
    else if (end) heard.broken?.({ line: line.number, reason: "It stands after the end of the backup." });
    else if (value?.["type"] === "end") {
      end = value;
      return; // it is not part of the sum
    } else {
      seen++;
      const row = line.text === null ? line.reason : rowOf(line, value, reading.heads.length - 1);
      if (typeof row === "string") heard.broken?.({ line: line.number, reason: row });
      else if (row.payload !== undefined) rows.push(row);
      else {
        reading.deletions++;
        heard.deleted?.(row);
      }
    }
    hash?.update(line.bytes).update(lineEnd);
  };
  try {
    for await (const lines of linesOf(source)) {
      for (const line of lines) {
        take(line);
        bytes += line.bytes.length + 1;
        if (rows.length >= batch) await flush();
      }
      options.signal?.throwIfAborted();
    }
  } catch (error) {
    if (error instanceof Error && (error.name === "NotReadableError" || error.name === "NotFoundError")) {
      throw new BackupError("unreadable", "The file can no longer be read: it was changed, moved or removed since you chose it. Choose it again.");
    }
    throw error;
  }
  if (reading.heads.length === 0) throw new BackupError("empty", "The file is empty.");
  await flush();
  if (reading.heads[0]?.kind === "unsent") reading.whole = "whole";
  else if (end !== null) {
    const of: Members = end;
    if (of["rows"] === seen) reading.whole = !hash || of["sha256"] === hash.hex() ? "whole" : "edited";
  }
  return reading;
}

const lineEnd = new Uint8Array([10]);

function parsed(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : null;
  } catch {
    return null;
  }
}

function isHead(value: Members | null): value is Members {
  return value?.["type"] === "or3-backup" || value?.["type"] === "or3-unsent";
}

function headOf(value: Members): Head {
  const { version } = value;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) throw new BackupError("not_a_backup", "This is not a backup of this app: its first line does not say which version of the format it has.");
  if (version > backupVersion) {
    throw new BackupError("newer", `This file was made by a newer version of the app: its format is ${version}, this app reads up to ${backupVersion}. Reload the app or have the server updated, then import the file. Nothing was read.`);
  }
  const text = (name: string): string => (typeof value[name] === "string" ? value[name] : "");
  const at = value["exported_at"];
  return {
    kind: value["type"] === "or3-unsent" ? "unsent" : "backup", workspaceId: text("workspace_id"), workspace: text("workspace"),
    userId: text("user_id") === "" ? null : text("user_id"), exportedAt: typeof at === "number" && Number.isFinite(at) ? at : 0,
  };
}

/** The row of a line, the deletion it tells of, or why it is neither. */
function rowOf(line: Line, value: Members | null, part: number): FileRow | Deletion | string {
  if (!value) return "It is not a JSON object.";
  const unsent = value["type"] === "op";
  if (!unsent && value["type"] !== "row") return "It does not say that it is a row.";
  const table = value["table"];
  if (typeof table !== "string" || !isTable(table)) return "It names no table of this app.";
  if (unsent && value["op"] === "delete") {
    const pk = value["pk"];
    return typeof pk === "string" && pk !== "" ? { line: line.number, part, table, pk } : "It does not say which row was deleted.";
  }
  const given = value[unsent ? "payload" : "row"];
  if (typeof given !== "object" || given === null || Array.isArray(given)) return "It holds no row.";
  const payload = payloadOf(table, given);
  const fault = faultOf(table, payload);
  if (fault !== "") return fault;
  return { line: line.number, part, table, pk: String(payload[keyOf(table)]), payload };
}

/** Lets the page do what else it has to do. */
export function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

/** Whose a private row is; null when it is everybody's. */
export function personOf(table: Table, pk: string, row: Payload): string | null {
  if (table === "notifications") return typeof row["user_id"] === "string" ? row["user_id"] : "";
  if (table !== "kv") return null;
  return /^user\.([^.]*)\./.exec(pk)?.[1] ?? null;
}

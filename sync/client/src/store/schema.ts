import Dexie, { type Table as DexieTable } from "dexie";

import type { FileBlob, FileCache, FileTransfer, NewRow, PendingOp, Row, SyncRun, Table, Tombstone } from "./types.js";
import type { SyncState } from "./state.js";

/** The database of one workspace on one device. */
export interface Or3Database extends Dexie {
  threads: DexieTable<Row<"threads">, string, NewRow<"threads">>;
  messages: DexieTable<Row<"messages">, string, NewRow<"messages">>;
  projects: DexieTable<Row<"projects">, string, NewRow<"projects">>;
  posts: DexieTable<Row<"posts">, string, NewRow<"posts">>;
  kv: DexieTable<Row<"kv">, string, NewRow<"kv">>;
  file_meta: DexieTable<Row<"file_meta">, string, NewRow<"file_meta">>;
  notifications: DexieTable<Row<"notifications">, string, NewRow<"notifications">>;
  pending_ops: DexieTable<PendingOp, string>;
  tombstones: DexieTable<Tombstone, [Table, string]>;
  sync_state: DexieTable<SyncState, string>;
  sync_runs: DexieTable<SyncRun, string>;
  file_transfers: DexieTable<FileTransfer, string>;
  file_blobs: DexieTable<FileBlob, string>;
  file_cache: DexieTable<FileCache, string>;
}

/**
 * The versions of the database, oldest first. They are only ever added to: a
 * version that people have on their disks is never changed, a new one says what
 * it adds, and a test opens a database of each earlier one.
 */
export const versions: readonly Record<string, string>[] = [
  {
    threads: "id, updated_at, last_message_at, project_id, parent_thread_id",
    messages: "id, [thread_id+index+order_key]",
    projects: "id, updated_at",
    posts: "id, [post_type+updated_at]",
    kv: "id",
    file_meta: "hash, created_at",
    notifications: "id, created_at",
    pending_ops: "id, seq, status, [table+pk]",
    tombstones: "[table+pk]",
    sync_state: "id",
    sync_runs: "id, started_at",
    file_transfers: "id, hash, state",
    file_blobs: "hash",
  },
  // What stands in a project is found by the rows that name it.
  { posts: "id, [post_type+updated_at], project_id" },
  // Transfers are taken in the order they were asked for; blobs go in the order of their last use.
  { file_transfers: "id, hash, state, [direction+state+created_at]", file_cache: "hash, used_at" },
];

export function define(db: Dexie, upTo: number = versions.length): void {
  versions.slice(0, upTo).forEach((stores, i) => db.version(i + 1).stores(stores));
}

// The rows as they stand in the local database. Their fields are the fields of
// the wire (docs/data-model.md); the stamp of the write that made them stands
// beside them.

export type Table = "threads" | "messages" | "projects" | "posts" | "kv" | "file_meta" | "notifications";

export const tables: readonly Table[] = ["threads", "messages", "projects", "posts", "kv", "file_meta", "notifications"];

export function isTable(name: string): name is Table {
  return (tables as readonly string[]).includes(name);
}

/** The name of the field that holds a table's key. */
export function keyOf(table: Table): "id" | "hash" {
  return table === "file_meta" ? "hash" : "id";
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Payload = { [name: string]: Json };

/** Who wrote, when, and how often the row was written before. */
export interface Stamp {
  device_id: string;
  op_id: string;
  hlc: string;
  clock: number;
}

/** What every local row carries. `op_id` is "" on a row that is not synced (an answer that is still being written). */
export interface Stamped extends Stamp {
  /** The version the server gave the write; 0 = not acknowledged yet. */
  server_version: number;
}

export interface Thread {
  id: string;
  title?: string | null;
  status: string;
  pinned: boolean;
  last_message_at?: number | null;
  parent_thread_id?: string | null;
  anchor_message_id?: string | null;
  anchor_index?: number | null;
  branch_mode?: "reference" | "copy" | null;
  forked?: boolean | null;
  project_id?: string | null;
  system_prompt_id?: string | null;
  author_user_id?: string | null;
  created_at: number;
  updated_at: number;
}

export interface Message {
  id: string;
  thread_id: string;
  role: string;
  index: number;
  order_key: string;
  data?: Json;
  author_user_id?: string | null;
  file_hashes?: string | null;
  pending?: boolean | null;
  error?: Json;
  stream_id?: string | null;
  created_at: number;
  updated_at: number;
}

export interface Project {
  id: string;
  name: string;
  description?: string | null;
  data?: Json;
  created_at: number;
  updated_at: number;
}

export interface Post {
  id: string;
  title: string;
  content: string;
  post_type: string;
  meta?: Json;
  file_hashes?: string | null;
  author_user_id?: string | null;
  project_id?: string | null;
  created_at: number;
  updated_at: number;
}

export interface KV {
  id: string;
  name: string;
  value?: string | null;
  created_at: number;
  updated_at: number;
}

export interface FileMeta {
  hash: string;
  name?: string | null;
  mime_type?: string | null;
  kind?: "image" | "pdf" | "file" | null;
  size_bytes?: number | null;
  width?: number | null;
  height?: number | null;
  page_count?: number | null;
  storage_provider_id?: string | null;
  storage_id?: string | null;
  created_at: number;
  updated_at: number;
}

export interface Notification {
  id: string;
  user_id: string;
  type: string;
  title: string;
  body?: string | null;
  thread_id?: string | null;
  document_id?: string | null;
  actions?: Json[] | null;
  read_at?: number | null;
  created_at: number;
  updated_at: number;
}

export interface Rows {
  threads: Thread;
  messages: Message;
  projects: Project;
  posts: Post;
  kv: KV;
  file_meta: FileMeta;
  notifications: Notification;
}

/** A row as it is read. */
export type Row<T extends Table = Table> = Rows[T] & Stamped;
/** A row as it is written: the stamp is the store's business. */
export type NewRow<T extends Table = Table> = Rows[T] & Partial<Stamped>;

/** A row whose fields nobody has looked at. */
export type AnyRow = Payload & Stamped;

export type Kind = "put" | "delete";

/** Why the server, or this device, would not take an op. */
export interface OpError {
  code: string;
  message: string;
  fields?: Record<string, string>;
}

/** A write that the server has not answered for. `failed` ones wait for the person: retry, discard or export. */
export interface PendingOp {
  /** The op's id; it changes when the op is stamped anew. */
  id: string;
  /** The order of the writes on this device. */
  seq: number;
  table: Table;
  pk: string;
  op: Kind;
  payload?: Payload;
  stamp: Stamp;
  atomic?: string;
  /** Epoch milliseconds. */
  created_at: number;
  attempts: number;
  next_attempt_at: number;
  status: "pending" | "in_flight" | "failed";
  /** It was on its way and no answer said that it was not taken. Such an op is never merged into a later one. */
  sent: boolean;
  error?: OpError;
  /** An acknowledged write that a restored server had lost. */
  again?: boolean;
}

export interface Tombstone extends Stamped {
  table: Table;
  pk: string;
  deleted_at: number;
}

/** One round of the loop that did something. Times are epoch milliseconds. */
export interface SyncRun {
  id: string;
  started_at: number;
  completed_at?: number;
  pushed_count: number;
  pulled_count: number;
  conflict_count: number;
  error_count: number;
  status: "running" | "completed" | "failed";
  error?: string;
}

/** What a new file is, beside its bytes. */
export interface FileFacts {
  name: string;
  mime_type: string;
  kind: "image" | "pdf" | "file";
  width?: number;
  height?: number;
  page_count?: number;
}

export type Direction = "upload" | "download";
export type TransferState = "queued" | "running" | "paused" | "failed" | "done";

/**
 * A file on its way, on this device alone. There is one for each file and
 * direction. A failed one stays until the person tries again or gives it up.
 */
export interface FileTransfer {
  /** transferId(direction, hash). */
  id: string;
  hash: string;
  workspace_id: string;
  direction: Direction;
  bytes_total: number;
  bytes_done: number;
  state: TransferState;
  /** Failures since the last time it came on. */
  attempts: number;
  /** Epoch milliseconds. */
  next_attempt_at?: number;
  /** Why it failed, or has to wait; for people. */
  last_error?: string;
  error_code?: string;
  /** What an upload says of its file when it is done. */
  facts?: FileFacts;
  /** The server's name for the upload, once the file is there. */
  storage_id?: string;
  /** The upload that the server was asked to make a file of; whether it has is not known. */
  committing?: string;
  /** It was new to the workspace when it was attached, and nothing names it yet: the form may take it back. */
  form?: boolean;
  /** The server had it and may have lost it: nobody chose it now. */
  again?: boolean;
  /** Where an upload that was cut goes on. */
  ticket?: { storage_id: string; url: string; headers: Record<string, string>; expires: number };
  /** Epoch milliseconds. */
  created_at: number;
  updated_at: number;
}

export interface FileBlob {
  hash: string;
  blob: Blob;
  /** Epoch milliseconds. */
  stored_at: number;
}

/** What is known of a blob on this device without reading it. */
export interface FileCache {
  hash: string;
  size: number;
  /** Epoch milliseconds of the last time somebody opened it. */
  used_at: number;
  /** The server has it, so it may go when room is needed. */
  safe: boolean;
  /** The image that this is the preview of, and goes with. */
  of?: string;
}

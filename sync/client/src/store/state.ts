import type { FileFacts, Kind, Payload, Stamped, Table } from "./types.js";

// The rows of `sync_state`: what the device knows about itself and the server.

/** Whose database this is and which device it makes of this browser. Written once. */
export interface DeviceState {
  id: "device";
  device_id: string;
  /** The device's part of its HLC. */
  node: string;
  user_id: string | null;
  workspace_id: string;
  created_at: number;
  /** The person has left and kept it: nobody else may open it. */
  locked?: boolean;
}

/** The hybrid clock and the outbox's order; advanced within each transaction that captures. */
export interface ClockState {
  id: "clock";
  hlc: string;
  seq: number;
  /** Server's clock minus this device's, in milliseconds. */
  offset: number;
}

/** How far this device has followed the server. */
export interface PositionState {
  id: "position";
  cursor: number;
  history_id: string;
  tombstone_floor: number;
  /** Epoch milliseconds of the last round without an error. */
  last_sync_at: number;
  /** The first load is complete; until then `cursor` means nothing. */
  loaded: boolean;
}

/**
 * What the server has of a row that was written here and is not acknowledged.
 * It is what the row becomes again when the person discards the write.
 */
export interface ShadowState extends Stamped {
  id: `shadow:${Table}:${string}`;
  op: Kind;
  payload?: Payload;
}

/**
 * Acknowledged writes of this device to a row, while what the server took before them is still to come:
 * the writers of what lies between `base`, which the first of them was written over, and `version`, the last
 * of them, are unknown to this device.
 */
export interface BaseState {
  id: `base:${Table}:${string}`;
  base: number;
  version: number;
}

/** A change that could not be applied. It is kept, shown, and tried again by the next version of the program. */
export interface QuarantineState {
  id: `quarantine:${string}:${string}`;
  /** The change as it came. */
  change: unknown;
  error: string;
  client_version: string;
  at: number;
}

/** Which tab syncs, where the browser has no Web Locks. */
export interface LeaseState {
  id: "lease" | `lease:${string}`;
  holder: string;
  until: number;
}

/** A local-only database whose rows were taken over into this one. */
export interface AdoptedState {
  id: `adopted:${string}`;
  rows: number;
  /** Table, key and content of every row that was taken, as digests, so that none is taken twice. */
  taken: string[];
  /** New ids by the old ones. */
  renamed: Record<string, string>;
  at: number;
}

/** An import that began and has not ended: its rows are here up to `done`. */
export interface ImportState {
  id: "import";
  file: string;
  mode: "append" | "replace";
  done: number;
  total: number;
  /** Epoch milliseconds of the last step. */
  at: number;
}

/** Files that stand in a form and were not sent with it yet. */
export interface AttachedState {
  id: `attached:${string}`;
  files: { hash: string; size: number; facts: FileFacts }[];
}

/** A file that was taken out of a form while it was on its way: its row is not wanted when it comes. */
export interface ReleasedState {
  id: `released:${string}`;
  /** The upload that brought it, as far as it is known. */
  storage_id?: string;
  /** When it was attached, and when it was taken back; epoch milliseconds of this device. */
  since: number;
  at: number;
}

/** A file whose row went before the server had the file: messages that have it still say its name. */
export interface NeverUploadedState {
  id: `never:${string}`;
  name: string;
  mime_type: string;
  size: number;
}

/** The life of the server that is known to have the files that are safe. */
export interface FilesState {
  id: "files";
  history_id: string;
}

export type SyncState = DeviceState | ClockState | PositionState | ShadowState | BaseState | QuarantineState | LeaseState | AdoptedState | ImportState | AttachedState | ReleasedState | NeverUploadedState | FilesState;

export function shadowId(table: Table, pk: string): ShadowState["id"] {
  return `shadow:${table}:${pk}`;
}

export function baseId(table: Table, pk: string): BaseState["id"] {
  return `base:${table}:${pk}`;
}

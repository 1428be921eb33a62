import type { Kind, Payload, Stamped, Table } from "./types.js";

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
  id: "lease";
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

export type SyncState = DeviceState | ClockState | PositionState | ShadowState | QuarantineState | LeaseState | AdoptedState | ImportState;

export function shadowId(table: Table, pk: string): ShadowState["id"] {
  return `shadow:${table}:${pk}`;
}

import type { PendingOp, Table } from "../store/types.js";

export type Phase = "starting" | "syncing" | "synced" | "offline" | "paused" | "stuck" | "failed" | "too_old" | "signed_out" | "removed";

export interface SyncStatus {
  phase: Phase;
  /** Writes no server has answered for, not counting the failed ones. */
  pending: number;
  /** The same as the person did them: a message and what it did to its thread are one thing, how far they have read is none. */
  acts: number;
  /** Writes that wait for the person: retry, discard or export. */
  failed: number;
  /** Files that no server has. */
  files: number;
  /** Changes of the server that this version cannot apply. */
  quarantined: number;
  /** Why, in words for people; with `offline`, `paused`, `stuck`, `failed`. */
  reason?: string;
  /** Epoch milliseconds of the last round without an error. */
  lastSyncAt?: number;
  /** This tab is the one that syncs. */
  owner: boolean;
  /** So much waits that writers should slow down. */
  full: boolean;
  /** The page came over plain HTTP: it cannot start offline. */
  insecure: boolean;
  /** The first load, or a new one, is under way. */
  bootstrap?: { done: number };
}

export interface Sync {
  status(): SyncStatus;
  onStatus(listener: (status: SyncStatus) => void): () => void;
  onHook(name: string, listener: (payload: unknown) => void): () => void;
  /** Sync now. */
  wake(): void;
  /** What is unsent: pending and failed, in the order it was written. */
  waiting(): Promise<PendingOp[]>;
  /** Sends a failed write again, stamped anew. */
  retry(opId: string): Promise<void>;
  /** Gives a failed write up: the row becomes what the server has. With the phase `removed` also one that waits. */
  discard(opId: string): Promise<void>;
  /** The unsent writes as JSON lines, for a file. */
  exportUnsent(): Promise<string>;
  /** Ends within moments, whatever is under way. */
  stop(): Promise<void>;
}

export interface SyncOptions {
  /** The server's address; "" = where the page came from. */
  base?: string;
  clientVersion: string;
  fetch?: typeof fetch;
  /** Whether both versions of a row wait for the person's decision elsewhere: then nobody is told that one was replaced. */
  undecided?(table: Table, pk: string): boolean;
  /** How much of the person's is kept beside the database and was never sent, such as drafts: while there is any, the data of a workspace they were removed from stays. */
  kept?(): number;
}

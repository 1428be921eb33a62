import type { FileTransfer } from "../store/types.js";
import type { Api } from "../sync/api.js";
import type { Hasher } from "./hash.js";
import type { Line } from "./line.js";
import type { Sender } from "./send.js";

/** It will not do by itself: the person decides. */
export class Failed extends Error {
  override readonly name = "Failed";
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What came is not the file. */
export class Damaged extends Error {
  override readonly name = "Damaged";
}

/** What one transfer works with. */
export interface Work {
  readonly workspaceId: string;
  readonly api: Api;
  readonly hash: Hasher;
  readonly send: Sender;
  readonly signal: AbortSignal;
  /** The bytes of a file on this device. */
  blob(hash: string): Promise<Blob | undefined>;
  /** Asks a route once it may be asked: the server says how often. */
  asking<T>(route: string, ask: () => Promise<T>): Promise<T>;
  /** Fetches a URL over a line; throws Unreachable without an answer. */
  get(url: string, headers: Record<string, string>, line: Line): Promise<Response>;
  /** Close it when all that was wanted is here. */
  line(): Line;
  /** How many bytes are over. */
  progress(done: number): void;
  /** Writes something about the transfer down. */
  note(fields: { ticket: FileTransfer["ticket"] | undefined }): Promise<void>;
  /** The commit is about to be asked for: from now on the server may have the file. Throws when it was taken back. */
  committing(storageId: string): Promise<void>;
  /** Whether there is a ticket to go on with. */
  noted(): boolean;
  /** Epoch milliseconds by the server's clock. */
  serverNow(): number;
}

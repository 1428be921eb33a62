import { Api } from "../sync/api.js";
import { lease, type Lease } from "../sync/owner.js";
import type { Store } from "../store/store.js";
import { hashBlob, type Hasher } from "./hash.js";
import { Queue, queuePace, type QueuePace } from "./queue.js";
import { sendByXHR, type Sender } from "./send.js";
import { cancelTransfer, pauseTransfers, resumeTransfers, retryTransfer, wantFile } from "./steer.js";

export interface FilesOptions {
  /** The server's address; "" = where the page came from. */
  base?: string;
  clientVersion: string;
  /** Hashes away from the page. */
  hash?: Hasher;
  fetch?: typeof fetch;
  send?: Sender;
  pace?: Partial<QueuePace>;
  lease?: Lease;
  atOnce?: () => number;
  online?: () => boolean;
}

/** The transfers of a workspace's files, as any tab steers them. */
export interface Files {
  /** Asks for a file that is not on this device. One that failed is asked for again. */
  want(hash: string, size: number): Promise<void>;
  pause(id?: string): Promise<void>;
  resume(id?: string): Promise<void>;
  /** Tries a failed transfer again. */
  retry(id: string): Promise<void>;
  /** Takes a transfer back. The bytes of an upload stay until forgetKept. */
  cancel(id: string): Promise<void>;
  /** The network may be back. */
  wake(): void;
  stop(): Promise<void>;
}

/** How many transfers go at once each way, by what the browser says of the network. */
export function byNetwork(): number {
  const connection = (globalThis.navigator as { connection?: { effectiveType?: string; saveData?: boolean } } | undefined)?.connection;
  if (connection === undefined) return 2;
  if (connection.saveData === true) return 1;
  return connection.effectiveType === "4g" ? 4 : connection.effectiveType === "3g" ? 2 : 1;
}

/** Begins to move the workspace's files: one tab of the browser does. */
export function startFiles(store: Store, options: FilesOptions): Files {
  const stopping = new AbortController();
  const ask: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const queue = new Queue(store, {
    api: new Api({ base: options.base ?? "", clientVersion: options.clientVersion, userId: store.userId, fetch: ask, signal: stopping.signal, patience: 60_000 }),
    base: options.base ?? "", headers: { "X-Or3-Client": options.clientVersion, ...(store.userId === null ? {} : { "X-Or3-User": store.userId }) },
    hash: options.hash ?? hashBlob, send: options.send ?? sendByXHR, fetch: ask,
    atOnce: options.atOnce ?? byNetwork, online: options.online ?? (() => globalThis.navigator?.onLine !== false),
    pace: { ...queuePace, ...options.pace }, lease: options.lease ?? lease,
  });
  const wake = (): void => queue.wake();
  globalThis.addEventListener?.("online", wake);
  const running = queue.run(stopping.signal);
  return {
    want: (hash, size) => wantFile(store, hash, size),
    pause: (id) => pauseTransfers(store, id),
    resume: async (id) => {
      await resumeTransfers(store, id);
      wake();
    },
    retry: async (id) => {
      await retryTransfer(store, id);
      wake();
    },
    cancel: (id) => cancelTransfer(store, id),
    wake,
    stop: async () => {
      stopping.abort();
      globalThis.removeEventListener?.("online", wake);
      await Promise.race([running, new Promise((done) => setTimeout(done, store.db.isOpen() ? 3000 : 50))]);
    },
  };
}

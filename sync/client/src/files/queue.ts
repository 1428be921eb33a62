import type { Collection } from "dexie";

import type { Direction, FileTransfer } from "../store/types.js";
import { onChanges } from "../store/changed.js";
import type { Store } from "../store/store.js";
import { Refused, Unreachable, words, type Api } from "../sync/api.js";
import { asOwner, type Lease } from "../sync/owner.js";
import { Unreadable } from "../sync/parse.js";
import { Bell, jitter, linked, sleep } from "../sync/wait.js";
import { download, type Partials } from "./download.js";
import type { Hasher } from "./hash.js";
import { isFull } from "../store/full.js";
import { keepFetched, transferId } from "./keep.js";
import { letGo } from "./release.js";
import { afterRestore } from "./restored.js";
import { Rows } from "./rows.js";
import { silence, type Sender } from "./send.js";
import { openLine } from "./line.js";
import { Several } from "./several.js";
import { enough, pick } from "./together.js";
import { upload } from "./upload.js";
import { Damaged, Failed, type Work } from "./work.js";

// The queue of transfers. It is in the database, so that it outlives the page;
// one tab works on it. What the person decides is written into its rows, by any
// tab, and the working one follows.

/** How the queue keeps time; milliseconds. */
export interface QueuePace {
  /** The wait after the first failure; it doubles up to `most`. */
  first: number;
  most: number;
  /** How often progress is written down. */
  progress: number;
  /** How long transfers that are done are remembered. */
  remember: number;
  /** A line that brings nothing for this long is given up. */
  silence: number;
}

export const queuePace: QueuePace = { first: 1000, most: 60_000, progress: 200, remember: 7 * 86_400_000, silence };

/** Failures in a row, with an answer of the server and without coming on, after which the person is asked. */
export const maxAttempts = 5;

export interface QueueOptions {
  api: Api;
  hash: Hasher;
  send: Sender;
  fetch: typeof fetch;
  /** Where the server is, and what it is told with every request. */
  base: string;
  headers: Record<string, string>;
  /** Transfers at once, each way. */
  atOnce(): number;
  online(): boolean;
  pace: QueuePace;
  lease: Lease;
}

/** Answers of the server that no repetition changes, for where it (or what stands before it) says no more. */
const final: Record<string, string> = {
  oversized: "It is larger than this server takes. Make it smaller, or ask who runs the server for more.",
  quota_exceeded: "The workspace has no room for it. Delete files for ever, then have an owner collect them, or ask for more room.",
  unsupported: "This server does not take files of this type. Send it in another format.",
  forbidden: "You may not add files here. Ask an owner of the workspace.",
};

export class Queue {
  readonly #bell = new Bell();
  readonly #running = new Map<string, { abort(): void; done: Promise<void>; direction: Direction }>();
  readonly #partials: Partials = new Map();
  readonly #gates = new Map<string, number>();
  readonly #table: Rows;
  readonly #several: Several;
  /** The place in the server's history has changed, or may have. */
  #moved = true;
  /** Rows of files have come or gone, or a file was taken back. */
  #rows = true;
  #failures = 0;
  #quietUntil = 0;

  constructor(private readonly store: Store, private readonly o: QueueOptions) {
    this.#table = new Rows(store, o.pace.progress);
    this.#several = new Several(store, o, this.#table, {
      asking: (route, signal, ask) => this.#asking(route, signal, ask), trouble: (row, error) => this.#trouble(row, error, 0),
      fail: (row, code, message) => this.#fail(row, code, message), quiet: (ms) => this.#quiet(ms), well: () => (this.#failures = 0),
    });
  }

  /** Works whenever this tab is the one that does, until `signal` ends. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.store.db.isOpen()) {
      await asOwner(this.store, this.o.lease, signal, (mine) => this.#work(mine), "files").catch(() => undefined);
      await sleep(500, signal);
    }
  }

  /** The network is back, or the person is impatient. */
  wake(): void {
    this.#quietUntil = 0;
    this.#failures = 0;
    this.#bell.ring();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { db } = this.store;
    this.#moved = this.#rows = true;
    const stop = onChanges(db.name, (changes) => {
      const ids = changes.keys("file_transfers");
      if (ids === undefined || ids.some((id) => !this.#table.writing.has(String(id)))) this.#bell.ring();
      const states = changes.keys("sync_state");
      if (changes.keys("file_meta")?.length !== 0 || states === undefined || states.some((id) => String(id).startsWith("released:"))) {
        this.#rows = true;
        this.#bell.ring();
      }
      if (states !== undefined && !states.includes("position")) return;
      this.#moved = true; // the server may live another life
      this.#bell.ring();
    });
    try {
      while (!signal.aborted && db.isOpen()) {
        const wait = await this.#fill(signal);
        await this.#bell.wait(wait, signal);
        await this.#follow();
      }
    } finally {
      stop();
      for (const r of this.#running.values()) r.abort();
      await Promise.all(Array.from(this.#running.values(), (r) => r.done));
    }
  }

  /** Starts what may start; how long there is nothing more to start. */
  async #fill(signal: AbortSignal): Promise<number> {
    const now = this.store.now();
    await this.#takeUp();
    if (this.#moved) {
      this.#moved = false;
      await afterRestore(this.store);
    }
    if (this.#rows) {
      this.#rows = false;
      await letGo(this.store);
    }
    await this.#tidy(now);
    if (!this.o.online()) return 60_000;
    if (now < this.#quietUntil) return this.#quietUntil - now;
    let wait = 60_000;
    for (const direction of ["download", "upload"] as const) {
      const busy = (): number => Array.from(new Set(this.#running.values())).filter((r) => r.direction === direction).length;
      while (!signal.aborted && busy() < this.o.atOnce()) {
        let soonest = Infinity;
        const due = (): Collection<FileTransfer, string> => this.store.db.file_transfers.where("[direction+state+created_at]").between([direction, "queued", -Infinity], [direction, "queued", Infinity])
          .filter((r) => {
            if (this.#running.has(r.id)) return false;
            const at = r.next_attempt_at ?? 0;
            if (at > now) soonest = Math.min(soonest, at);
            return at <= now;
          });
        const row = await due().first();
        if (!row) {
          wait = Math.min(wait, Math.max(1, soonest - now));
          break;
        }
        const rows = this.#several.takes(row) ? pick(await due().filter((r) => this.#several.takes(r)).limit(enough).toArray()) : [];
        if (rows.length > 1) this.#start(rows, signal, (own) => this.#several.send(rows, own));
        else this.#start([row], signal, (own) => this.#one(row, own));
      }
    }
    return wait;
  }

  /** What runs and nobody works on is queued: a tab that went in the middle left it, or its end could not be written. */
  async #takeUp(): Promise<void> {
    await this.store.db.file_transfers.where("state").equals("running").filter((r) => !this.#running.has(r.id)).modify({ state: "queued" });
  }

  #tidied = 0;

  async #tidy(now: number): Promise<void> {
    if (now - this.#tidied < 3_600_000 && now >= this.#tidied) return;
    this.#tidied = now;
    await this.store.db.file_transfers.where("state").equals("done").filter((r) => r.form !== true && now - r.updated_at > this.o.pace.remember).delete();
  }

  /** Stops what the person has paused or taken back. */
  async #follow(): Promise<void> {
    const ids = Array.from(this.#running.keys());
    const rows = await this.store.db.file_transfers.bulkGet(ids);
    rows.forEach((row, i) => {
      if (row?.state !== "running" && row?.state !== "queued") this.#running.get(ids[i] ?? "")?.abort();
    });
    const begun = Array.from(this.#partials.keys());
    const asked = begun.length === 0 ? [] : await this.store.db.file_transfers.bulkGet(begun.map((hash) => transferId("download", hash)));
    begun.forEach((hash, i) => asked[i] ?? this.#partials.delete(hash)); // taken back
  }

  #start(rows: readonly FileTransfer[], signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): void {
    const own = linked(signal);
    const done = work(own.signal).catch((error: unknown) => {
      if (this.store.db.isOpen() && !signal.aborted) console.warn(error);
      this.#quiet(null); // the database itself does not take it: not at once again
    }).finally(() => {
      own.release();
      for (const row of rows) this.#running.delete(row.id);
      this.#bell.ring();
    });
    const direction = rows[0]?.direction ?? "upload";
    const one = { abort: own.abort, done, direction };
    for (const row of rows) this.#running.set(row.id, one);
  }

  /** One transfer, from its row to its end. */
  async #one(row: FileTransfer, signal: AbortSignal): Promise<void> {
    const { db } = this.store;
    if (!(await this.#table.change(row.id, ["queued"], { state: "running" }))) return;
    const meter = this.#table.meter(row);
    const work = this.#workOf(row, signal, meter.to);
    try {
      if (row.direction === "upload") await this.#uploaded(row, await upload(work, row));
      else {
        const blob = await download(work, row, this.#partials);
        await keepFetched(this.store, row.hash, blob);
        await this.#table.change(row.id, ["running", "paused", "queued"], { state: "done", bytes_done: blob.size, bytes_total: blob.size, attempts: 0 }, ["last_error", "error_code", "next_attempt_at"]);
      }
      this.#failures = 0;
      this.#several.done(row.id);
    } catch (error) {
      if (signal.aborted || !db.isOpen()) {
        if (db.isOpen()) await this.#table.change(row.id, ["running"], { state: "queued" });
        return;
      }
      await this.#trouble(row, error, meter.best());
    } finally {
      meter.stop();
    }
  }

  /** The server has it: from now on its bytes may go when room is needed. */
  async #uploaded(row: FileTransfer, storageId: string): Promise<void> {
    const { db } = this.store;
    await db.transaction("rw", [db.file_transfers, db.file_cache], async () => {
      await db.file_cache.where("hash").equals(row.hash).modify({ safe: true });
      await this.#table.change(row.id, ["running", "paused", "queued"], { state: "done", bytes_done: row.bytes_total, attempts: 0, storage_id: storageId === "stored" ? (row.committing ?? storageId) : storageId }, ["last_error", "error_code", "next_attempt_at", "ticket", "committing", "again"]);
    });
  }

  /** What becomes of a transfer that did not get through. */
  async #trouble(row: FileTransfer, error: unknown, best: number): Promise<void> {
    const came = best > row.bytes_done; // further than ever: it goes on
    row.bytes_done = Math.max(row.bytes_done, best);
    if (error instanceof Failed) return this.#fail(row, error.code, error.message);
    if (isFull(error)) return this.#fail(row, "device_full", "This device has no room for the file. Make room, then try again.");
    if (error instanceof Refused) {
      const { status, error: told } = error;
      if (row.direction === "download" && status === 404) return this.#fail(row, "not_found", "The server does not have this file yet.");
      if (row.direction === "upload" && status === 404 && told.code === "not_found") return this.#fail(row, "not_found", "This server keeps no files, or the workspace is gone.");
      if (row.again && told.code === "forbidden") return this.#leave(row);
      const advice = final[told.code] ?? (status === 413 ? final["oversized"] : status === 415 ? final["unsupported"] : undefined);
      if (advice !== undefined && (row.direction === "upload" || told.code === "forbidden")) return this.#fail(row, told.code || String(status), told.code !== "forbidden" && told.code in final && told.message !== "" ? told.message : advice);
      if (status === 401) return this.#later(row, this.#quiet(30_000), "You are signed out. It goes on when you have signed in.");
      if (status === 429 || status === 503 || status === 502 || status === 504 || error.retryAfter !== null) return this.#later(row, this.#quiet(error.retryAfter), told.message);
      return this.#again(row, told.code || String(status), told.message, came);
    }
    if (error instanceof Unreachable && !came) return this.#later(row, this.#quiet(null), null);
    if (error instanceof Unreachable) return this.#later(row, 0, null);
    if (error instanceof Damaged) return this.#again(row, "damaged", `The file arrived damaged: ${error.message}.`, false);
    return this.#again(row, error instanceof Unreadable ? "unreadable" : "unknown", words(error), came);
  }

  /** Whoever may only read cannot give a restored server its files back, and is not to be told about it. */
  async #leave(row: FileTransfer): Promise<void> {
    const { db } = this.store;
    await db.transaction("rw", [db.file_transfers, db.file_cache], async () => {
      await db.file_cache.where("hash").equals(row.hash).modify({ safe: true });
      await db.file_transfers.delete(row.id);
    });
  }

  /** Nothing is sent for a while: the server, or the line, does not want it. */
  #quiet(ms: number | null): number {
    const wait = ms ?? jitter(Math.min(this.o.pace.most, this.o.pace.first * 2 ** Math.min(this.#failures, 10)));
    this.#failures++;
    this.#quietUntil = Math.max(this.#quietUntil, this.store.now() + wait);
    return wait;
  }

  async #later(row: FileTransfer, wait: number, why: string | null): Promise<void> {
    await this.#table.change(row.id, ["running"], { state: "queued", bytes_done: row.bytes_done, next_attempt_at: this.store.now() + wait, ...(why === null ? {} : { last_error: why }) }, why === null ? ["last_error"] : []);
  }

  /** Tries again by itself, some times; then the person is asked. */
  async #again(row: FileTransfer, code: string, message: string, came: boolean): Promise<void> {
    const attempts = came ? 1 : row.attempts + 1;
    if (attempts >= maxAttempts) return this.#fail(row, code, message);
    const wait = jitter(Math.min(this.o.pace.most, this.o.pace.first * 2 ** (attempts - 1)));
    await this.#table.change(row.id, ["running"], { state: "queued", bytes_done: row.bytes_done, attempts, next_attempt_at: this.store.now() + wait, last_error: message, error_code: code });
  }

  async #fail(row: FileTransfer, code: string, message: string): Promise<void> {
    await this.#table.change(row.id, ["running"], { state: "failed", attempts: row.attempts + 1, error_code: code, last_error: message });
  }

  #workOf(row: FileTransfer, signal: AbortSignal, progress: (done: number) => void): Work {
    const { store, o } = this;
    return {
      workspaceId: store.workspaceId, api: o.api, hash: o.hash, send: o.send, signal, progress,
      blob: async (hash) => (await store.db.file_blobs.get(hash))?.blob,
      serverNow: () => store.now() + store.offset,
      asking: (route, ask) => this.#asking(route, signal, ask),
      get: async (url, headers, line) => {
        try {
          return await line.hears(o.fetch(url, { headers, signal: line.signal, cache: "no-store", credentials: "same-origin" }));
        } catch (error) {
          throw new Unreachable(words(error));
        }
      },
      line: () => openLine(o.pace.silence, signal),
      committing: async (storageId) => {
        if (!(await this.#table.write(row.id, (now) => ({ ...now, committing: storageId })))) throw new Failed("cancelled", "It was taken back.");
      },
      noted: () => row.ticket !== undefined,
      note: async (fields) => {
        if (signal.aborted) throw new Unreachable("it was stopped");
        if (fields.ticket === undefined) delete row.ticket;
        else row.ticket = fields.ticket;
        await this.#table.write(row.id, (now) => {
          const { ticket: _, ...next } = now;
          return row.ticket === undefined ? next : { ...next, ticket: row.ticket };
        });
      },
    };
  }

  /** Asks a route that the server lets be asked only so often: who was told to wait makes all others wait, too. */
  async #asking<T>(route: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const wait = (this.#gates.get(route) ?? 0) - this.store.now();
      if (wait > 0) await sleep(wait, signal);
      if (signal.aborted) throw new Unreachable("it was stopped");
      if ((this.#gates.get(route) ?? 0) > this.store.now()) continue;
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 429) throw error;
        this.#gates.set(route, this.store.now() + jitter(error.retryAfter ?? this.o.pace.first));
      }
    }
  }
}

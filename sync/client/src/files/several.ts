import type { FileTransfer } from "../store/types.js";
import type { Store } from "../store/store.js";
import { Refused, Unreachable } from "../sync/api.js";
import type { Rows } from "./rows.js";
import type { Sender } from "./send.js";
import { bodyOf, isSmall, outcomesOf, settled, togetherPath, type Outcome, type Parcel } from "./together.js";

/** What several uploads of one request need of the queue. */
export interface Behind {
  asking<T>(route: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T>;
  trouble(row: FileTransfer, error: unknown): Promise<void>;
  fail(row: FileTransfer, code: string, message: string): Promise<void>;
  quiet(ms: number | null): number;
  well(): void;
}

/** Requests in a row of which nothing was heard, after which their files go one by one: what stands before the server may not let such a request through. */
const mostUnheard = 5;

/** The uploads that go several in one request. What such a request cannot bring goes by a ticket. */
export class Several {
  /** Whether this server takes files together, and which of them it does not. */
  #together = true;
  readonly #alone = new Set<string>();
  #unheard = 0;

  constructor(private readonly store: Store, private readonly o: { send: Sender; base: string; headers: Record<string, string> }, private readonly rows: Rows, private readonly queue: Behind) {}

  /** Whether a transfer may go together with others. */
  takes(row: FileTransfer): boolean {
    return this.#together && row.direction === "upload" && isSmall(row) && !this.#alone.has(row.id);
  }

  /** One that went alone is over. */
  done(id: string): void {
    this.#alone.delete(id);
  }

  /** Several small uploads in one request. Where one of them is paused or taken back, all stop, and the others go again. */
  async send(rows: readonly FileTransfer[], signal: AbortSignal): Promise<void> {
    const parcels = await this.#packed(rows);
    const meters = parcels.map((p) => this.rows.meter(p.row));
    const still = (): Promise<void> => this.rows.each(parcels.map((p) => p.row), (row) => (row.state === "running" ? { ...row, state: "queued" } : undefined));
    try {
      const outcomes = await this.queue.asking("upload-batch", signal, () => this.#sendAll(parcels, signal, (i, done) => meters[i]?.to(done)));
      this.queue.well();
      this.#unheard = 0;
      await this.#allUploaded(parcels, outcomes);
      for (const [i, { row }] of parcels.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined || typeof outcome === "string") continue;
        const status = settled[outcome.code];
        if (status !== undefined) await this.queue.trouble(row, new Refused(status, outcome, null));
        else this.#alone.add(row.id); // by a ticket it may come, or it is told why not
      }
      await still();
    } catch (error) {
      if (signal.aborted) {
        if (this.store.db.isOpen()) await still();
        return;
      }
      if (!this.store.db.isOpen()) return;
      await this.#allTrouble(parcels, error);
      await still();
    } finally {
      for (const meter of meters) meter.stop();
    }
  }

  /** Takes up what is still to be sent, and writes down what its upload is called: the server may have it from now on. */
  async #packed(rows: readonly FileTransfer[]): Promise<Parcel[]> {
    const parcels: Parcel[] = [];
    const lost: FileTransfer[] = [];
    const blobs = new Map((await this.store.db.file_blobs.bulkGet(rows.map((r) => r.hash))).map((found) => [found?.hash, found?.blob]));
    await this.rows.each(rows, (row) => {
      if (row.state !== "queued") return undefined;
      const blob = blobs.get(row.hash);
      const storageId = row.committing ?? `b-${crypto.randomUUID()}`;
      if (blob) parcels.push({ row, storageId, blob });
      else lost.push(row);
      return { ...row, state: "running", ...(blob ? { committing: storageId } : {}) };
    });
    for (const row of lost) await this.queue.fail(row, "lost", "This device does not have the file any more. Attach it again.");
    return parcels;
  }

  async #sendAll(parcels: readonly Parcel[], signal: AbortSignal, on: (i: number, done: number) => void): Promise<Outcome[]> {
    if (parcels.length === 0) return [];
    const { body, starts } = bodyOf(this.store.workspaceId, parcels);
    const answer = await this.o.send({
      method: "POST", url: this.o.base + togetherPath, headers: { ...this.o.headers, "Content-Type": "application/vnd.or3.files" }, body, signal,
      on: (sent) => parcels.forEach(({ blob }, i) => {
        const came = Math.min(blob.size, sent - (starts[i] ?? 0));
        if (came > 0) on(i, came);
      }),
    });
    return outcomesOf(answer, parcels);
  }

  async #allUploaded(parcels: readonly Parcel[], outcomes: readonly Outcome[]): Promise<void> {
    const there = new Map(parcels.flatMap(({ row }, i): [string, string][] => {
      const outcome = outcomes[i];
      return typeof outcome === "string" ? [[row.id, outcome]] : [];
    }));
    const rows = parcels.map((p) => p.row).filter((row) => there.has(row.id));
    await this.store.db.transaction("rw", [this.store.db.file_transfers, this.store.db.file_cache], async () => {
      await this.store.db.file_cache.where("hash").anyOf(rows.map((row) => row.hash)).modify({ safe: true });
      await this.rows.each(rows, (row) => {
        if (row.state === "failed" || row.state === "done") return undefined;
        const storageId = there.get(row.id) ?? "stored";
        // Of an earlier try nobody heard, and the server has what it made: it is known by that name.
        const before = rows.find((r) => r.id === row.id)?.committing;
        const { last_error: _e, error_code: _c, next_attempt_at: _n, ticket: _t, committing: _m, again: _a, ...rest } = row;
        return { ...rest, state: "done", bytes_done: row.bytes_total, attempts: 0, storage_id: storageId === "stored" ? (before ?? storageId) : storageId, updated_at: this.store.now() };
      });
    });
  }

  /** A request with several files came to nothing. */
  async #allTrouble(parcels: readonly Parcel[], error: unknown): Promise<void> {
    const rows = parcels.map((p) => p.row);
    const wait = this.#patience(error);
    if (wait !== null) {
      const at = this.store.now() + wait.ms;
      await this.rows.each(rows, (row) => {
        if (row.state !== "running") return undefined;
        const { last_error: _, ...rest } = row;
        return { ...rest, state: "queued", next_attempt_at: at, ...(wait.why === null ? {} : { last_error: wait.why }), updated_at: this.store.now() };
      });
      return;
    }
    if (error instanceof Refused && error.status === 403) {
      for (const row of rows) await this.queue.trouble(row, error);
      return;
    }
    if (error instanceof Refused && error.status === 404) this.#together = false;
    for (const row of rows) this.#alone.add(row.id);
  }

  /** How long all wait after such a request; null: they are tried one by one. */
  #patience(error: unknown): { ms: number; why: string | null } | null {
    if (error instanceof Unreachable && ++this.#unheard < mostUnheard) return { ms: this.queue.quiet(null), why: null };
    if (!(error instanceof Refused)) return null;
    if (error.status === 401) return { ms: this.queue.quiet(30_000), why: "You are signed out. It goes on when you have signed in." };
    if ([429, 502, 503, 504].includes(error.status) || error.retryAfter !== null) return { ms: this.queue.quiet(error.retryAfter), why: error.error.message };
    return null;
  }
}

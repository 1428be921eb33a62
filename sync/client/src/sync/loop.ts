import type { PositionState } from "../store/state.js";
import type { Store } from "../store/store.js";
import { Refused, Unreachable, words, type Api } from "./api.js";
import type { Board } from "./board.js";
import { correct } from "./clock.js";
import { asServer, forget, merge, readPosition, type Merged } from "./merge.js";
import { Notices, type Undecided } from "./notice.js";
import { batchOps, fail, putBack, recover, take, type Load } from "./outbox.js";
import { forgetLoaded, load } from "./over.js";
import { isStrange, type History, type Page } from "./parse.js";
import { quarantine, retryQuarantined, sort } from "./quarantine.js";
import { Run } from "./runs.js";
import { forbid, settle, type Settled } from "./settle.js";
import { keepStream, type StreamEvent } from "./stream.js";
import { Trouble } from "./trouble.js";
import { forgetBases } from "./unseen.js";
import { Bell, linked } from "./wait.js";

/** How the loop keeps time; milliseconds. */
export interface Pace {
  /** Waits after the first failures in a row. */
  retry: readonly number[];
  /** Failures in a row that open the circuit, and how long it stays open. */
  breakAfter: number;
  breakFor: number;
  /** How often to ask where there is no stream. */
  poll: number;
  /** How often to ask although there is one. */
  check: number;
  /** The longest silence of a stream. */
  silence: number;
  /** How often to tell the server how far this device is. */
  report: number;
}

export const pace: Pace = { retry: [250, 1000, 3000, 5000], breakAfter: 5, breakFor: 30_000, poll: 2000, check: 300_000, silence: 40_000, report: 10_000 };

export interface LoopOptions {
  clientVersion: string;
  pace: Pace;
  /** Rows of a page: of a pull, and of a snapshot. */
  pages: { pull: number; snapshot: number };
  /** The data of a workspace one was removed from goes. */
  remove(): Promise<void>;
  /** How much of the person's is beside the database and was never sent. */
  kept(): number;
  undecided: Undecided;
}

const queueLimit = 200;

export class Loop {
  readonly #bell = new Bell();
  readonly #notices: Notices;
  readonly #trouble: Trouble;
  #events: StreamEvent[] = [];
  #pull = true;
  #pulledAt = 0;
  #reportedAt = 0;
  #reported = -1;
  #connected = false;
  #limit = batchOps;
  #lastError = "";

  constructor(private readonly store: Store, private readonly api: Api, private readonly board: Board, private readonly options: LoopOptions) {
    this.#notices = new Notices(store, options.undecided);
    this.#trouble = new Trouble(store, api, board, options, () => {
      this.#pull = true;
    });
  }

  /** Something was written, or the person is impatient. */
  wake(impatient = false): void {
    if (impatient) {
      this.#trouble.failures = 0;
      this.#pull = true;
      if (this.board.halted && this.board.halted !== "removed") this.board.set({ halted: null, reason: null });
    } else if (this.#trouble.failures > 0) return; // writing on does not mend a connection
    this.#bell.ring();
  }

  /** Syncs until `signal` ends. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const streaming = linked(signal);
    let stream: Promise<void> | null = null;
    try {
      await recover(this.store);
      await retryQuarantined(this.store, this.options.clientVersion);
      this.#pull = true;
      while (!signal.aborted) {
        if (this.board.halted) {
          await this.#bell.wait(600_000, signal);
          continue;
        }
        const run = new Run(this.store);
        let wait: number;
        try {
          await this.#round(run, signal);
          stream ??= this.#stream(streaming.signal);
          this.#trouble.failures = 0;
          this.#lastError = "";
          this.board.set({ started: true, unreachable: false, paused: false, busy: false, reason: null, lastSyncAt: this.store.now() });
          await run.end();
          wait = await this.#rest();
        } catch (error) {
          if (signal.aborted || !this.store.db.isOpen()) break;
          const told = words(error);
          await run.end(told === this.#lastError ? undefined : told);
          this.#lastError = told;
          wait = await this.#trouble.take(error);
        }
        if (wait > 0) await this.#bell.wait(wait, signal);
      }
    } catch (error) {
      if (!signal.aborted && this.store.db.isOpen()) this.board.set({ paused: true, reason: words(error), busy: false });
    } finally {
      streaming.abort();
      streaming.release();
      await stream;
    }
  }

  get #scope(): { workspaceId: string } {
    return { workspaceId: this.store.workspaceId };
  }

  #emit(name: string, payload: object): void {
    this.store.events.emit(name, payload);
  }

  async #round(run: Run, signal: AbortSignal): Promise<void> {
    let position = await readPosition(this.store);
    if (!position?.loaded) position = await this.#load(position, signal);
    await this.#heard(run);
    const due = this.#connected ? this.options.pace.check : this.options.pace.poll;
    if (this.#pull || this.store.now() - this.#pulledAt >= due || this.#pulledAt > this.store.now()) await this.#pullAll(run, signal);
    await this.#pushAll(run, signal);
    await this.#report();
    const pendingCount = await this.store.db.pending_ops.count();
    position = await readPosition(this.store);
    this.#emit("sync.stats:action", { pendingCount, cursor: position?.cursor ?? 0, lastSyncAt: this.store.now() });
  }

  /** How long there is nothing to do. */
  async #rest(): Promise<number> {
    if (this.#pull || this.#events.length > 0 || !(await readPosition(this.store))?.loaded) return 0;
    const now = this.store.now();
    const open = await this.store.db.pending_ops.where("status").anyOf("pending", "in_flight").toArray();
    const next = open.reduce((soonest, op) => Math.min(soonest, op.next_attempt_at), Infinity);
    const poll = this.#connected ? this.options.pace.check : this.options.pace.poll + Math.random() * (this.options.pace.poll / 4);
    return Math.max(open.length > 0 ? 5 : 0, Math.min(poll, next - now));
  }

  // --- down ---

  async #pullAll(run: Run, signal: AbortSignal): Promise<void> {
    for (let more = true; more && !signal.aborted; ) {
      const position = await this.#position();
      this.board.set({ busy: true });
      let timed;
      try {
        timed = await this.api.pull({ workspace_id: this.store.workspaceId, cursor: position.cursor, limit: this.options.pages.pull, history_id: position.history_id });
      } catch (error) {
        this.#emit("sync.pull:action:error", { scope: this.#scope, error: words(error) });
        throw error;
      }
      const { answer } = timed;
      await correct(this.store, timed);
      this.#pull = false;
      this.#pulledAt = this.store.now();
      if (answer.reset_required || answer.history_id !== position.history_id) return this.#startOver();
      this.#emit("sync.pull:action:received", { scope: this.#scope, changeCount: answer.changes.length });
      await this.#apply(answer, position, answer, run);
      this.#emit("sync.pull:action:after", { scope: this.#scope, count: answer.changes.length, cursor: answer.next_cursor });
      more = answer.has_more;
      if (more && answer.next_cursor <= position.cursor) throw new Unreachable("the server does not get on with its pages");
    }
  }

  /** Takes what the stream brought since the last time. */
  async #heard(run: Run): Promise<void> {
    const events = this.#events;
    this.#events = [];
    for (const event of events) {
      if (event.kind === "pull") {
        this.#pull = true;
        continue;
      }
      const position = await this.#position();
      if (event.page.history_id !== position.history_id) return this.#startOver();
      // A pull or a snapshot may have overtaken the event. What they have brought is
      // not taken again: a row that is deleted and forgotten since would come back.
      const changes = event.page.changes.filter((change) => isStrange(change) || change.server_version > position.cursor);
      await this.#apply({ ...event.page, changes }, position, null, run);
    }
  }

  /** One page, its cursor and what it does to the clock: one transaction. */
  async #apply(page: Page, position: PositionState, history: History | null, run: Run): Promise<void> {
    const { good, strange } = sort(page.changes);
    const merged = await asServer(this.store, async (): Promise<Merged> => {
      const floor = Math.max(position.tombstone_floor, history?.tombstone_floor ?? 0);
      if (floor > position.tombstone_floor) await forget(this.store, floor);
      const result = good.length > 0 ? await merge(this.store, good) : { applied: 0, skipped: 0, conflicts: [], overtaken: [] };
      await forgetBases(this.store, page.next_cursor);
      await quarantine(this.store, strange, this.options.clientVersion);
      const now = await readPosition(this.store);
      if (now) await this.store.db.sync_state.put({ ...now, cursor: Math.max(now.cursor, page.next_cursor), tombstone_floor: floor, last_sync_at: this.store.now() });
      return result;
    });
    run.pulled += page.changes.length;
    run.conflicts += merged.conflicts.length;
    for (const { strange: change, why } of strange) this.#emit("sync.error:action", { op: change, error: why, permanent: true });
    for (const conflict of merged.conflicts) this.#emit("sync.conflict:action:detected", conflict);
    this.#emit("sync.pull:action:applied", { scope: this.#scope, applied: merged.applied, skipped: merged.skipped, conflicts: merged.conflicts.length });
    await this.#notices.tell(merged.overtaken);
  }

  async #position(): Promise<PositionState> {
    const position = await readPosition(this.store);
    if (!position) throw new Error("there is no position");
    return position;
  }

  // --- up ---

  async #pushAll(run: Run, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const position = await this.#position();
      if (!position.loaded) return;
      const load = await take(this.store, this.store.now(), this.#limit);
      if (!load) return;
      this.board.set({ busy: true });
      this.#emit("sync.push:action:before", { scope: this.#scope, count: load.ops.length });
      const settled = await this.#send(load, position);
      if (!settled) return;
      run.pushed += settled.done;
      run.errors += settled.failed.length;
      run.conflicts += settled.superseded.length;
      this.#emit("sync.push:action:after", { scope: this.#scope, successCount: settled.done, failCount: settled.failed.length });
      for (const { op, error } of settled.failed) this.#emit("sync.error:action", { op, error, permanent: true });
      for (const op of settled.retried) this.#emit("sync.retry:action", { op, attempt: op.attempts });
      for (const conflict of settled.conflicts) this.#emit("sync.conflict:action:detected", conflict);
      if (settled.rescan) return this.#startOver();
      await this.#notices.tell(settled.superseded.map(({ op }) => op));
      if (this.#events.length > 0) await this.#heard(run);
    }
  }

  /** Sends a load and takes the answer; null = the round is over. */
  async #send(load: Load, position: PositionState): Promise<Settled | null> {
    let timed;
    try {
      timed = await this.api.push({ workspace_id: this.store.workspaceId, cursor: position.cursor, history_id: position.history_id, ops: load.wire });
    } catch (error) {
      const refused = error instanceof Refused && error.status < 500;
      if (error instanceof Refused && error.status === 403 && error.error.code === "forbidden") return forbid(this.store, load, error.error);
      if (error instanceof Refused && error.status === 413) return this.#smaller(load, error);
      await putBack(this.store, load, !refused);
      if (error instanceof Refused && error.resetRequired) {
        await this.#startOver();
        return null;
      }
      throw error;
    }
    this.#limit = Math.min(batchOps, this.#limit * 2);
    await correct(this.store, timed);
    if (timed.answer.history_id !== position.history_id) this.#pull = true; // it is settled there; the pull finds out
    return settle(this.store, load, timed.answer, this.options.pace.retry);
  }

  /** The load was too much for the server: half of it, or these ops are shown. */
  async #smaller(load: Load, error: Refused): Promise<Settled | null> {
    if (load.ops.length > 1 && this.#limit > 1 && load.ops.some((op) => op.atomic !== load.ops[0]?.atomic || op.atomic === undefined)) {
      this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, load.ops.length) / 2));
      await putBack(this.store, load, false);
      return { done: 0, failed: [], retried: [], superseded: [], conflicts: [], rescan: false };
    }
    await asServer(this.store, async () => {
      for (const op of load.ops) await fail(this.store, op, { ...error.error, code: "oversized" });
    });
    return { done: 0, failed: load.ops.map((op) => ({ op, error: error.error })), retried: [], superseded: [], conflicts: [], rescan: false };
  }

  /** Tells the server how far this device has come, so that it keeps what we need. */
  async #report(): Promise<void> {
    const { cursor } = await this.#position();
    if (cursor <= this.#reported || this.store.now() - this.#reportedAt < this.options.pace.report) return;
    try {
      await this.api.updateCursor({ workspace_id: this.store.workspaceId, device_id: this.store.deviceId, version: cursor });
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      // It knows better, or does not care: nothing depends on it here.
    }
    this.#reported = cursor;
    this.#reportedAt = this.store.now();
  }

  // --- all over ---

  /** The next round takes a snapshot. The outbox stays. */
  async #startOver(): Promise<void> {
    await forgetLoaded(this.store);
    this.#emit("sync.rescan:action:starting", { scope: this.#scope });
    this.#events = [];
    this.#pull = true;
  }

  async #load(before: PositionState | null, signal: AbortSignal): Promise<PositionState> {
    const { store, api, board, options } = this;
    await load({ store, api, board, clientVersion: options.clientVersion, pageSize: options.pages.snapshot }, before, signal);
    this.#pull = true;
    this.#reported = -1;
    return this.#position();
  }

  // --- beside ---

  #stream(signal: AbortSignal): Promise<void> {
    return keepStream({
      api: this.api, workspaceId: this.store.workspaceId, signal, silence: this.options.pace.silence,
      position: async () => {
        const position = await readPosition(this.store);
        return position?.loaded && !this.board.halted ? position : null;
      },
      event: (event) => {
        if (this.#events.length >= queueLimit) this.#events = [{ kind: "pull", reason: "too many at once" }];
        this.#events.push(event);
        if (this.#trouble.failures === 0) this.#bell.ring();
      },
      status: (status) => {
        const connected = status === "connected";
        const broke = this.#connected && !connected;
        this.#connected = connected;
        if (!broke) return;
        this.#pull = true; // what came meanwhile, and whether all is as it was
        this.wake();
      },
      gaveUp: () => this.#emit("sync.subscription:action:maxRetriesExceeded", { scope: this.#scope }),
    });
  }
}

import Dexie from "dexie";

import type { PositionState } from "../store/state.js";
import { reserved } from "../store/reserved.js";
import type { Store } from "../store/store.js";
import type { Table } from "../store/types.js";
import { Refused, Unreachable, words, type Api, type Timed } from "./api.js";
import type { Board } from "./board.js";
import { correct } from "./clock.js";
import { asServer, forget, merge, readPosition, type Merged } from "./merge.js";
import { Notices, type Undecided } from "./notice.js";
import { batchOps, fail, putBack, recover, take, type Load } from "./outbox.js";
import { isStrange, type Change, type History, type Page, type SnapshotAnswer } from "./parse.js";
import { quarantine, retryQuarantined, sort } from "./quarantine.js";
import { Run } from "./runs.js";
import { forbid, settle, type Settled } from "./settle.js";
import { mergeSnapshot, stockPage } from "./snapshot.js";
import { keepStream, type StreamEvent } from "./stream.js";
import { Bell, jitter, linked } from "./wait.js";

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
  undecided: Undecided;
}

const queueLimit = 200;

export class Loop {
  readonly #bell = new Bell();
  readonly #notices: Notices;
  #events: StreamEvent[] = [];
  #pull = true;
  #pulledAt = 0;
  #reportedAt = 0;
  #reported = -1;
  #connected = false;
  #failures = 0;
  #limit = batchOps;
  #lastError = "";

  constructor(private readonly store: Store, private readonly api: Api, private readonly board: Board, private readonly options: LoopOptions) {
    this.#notices = new Notices(store, options.undecided);
  }

  /** Something was written, or the person is impatient. */
  wake(impatient = false): void {
    if (impatient) {
      this.#failures = 0;
      this.#pull = true;
      if (this.board.halted && this.board.halted !== "removed") this.board.set({ halted: null, reason: null });
    } else if (this.#failures > 0) return; // writing on does not mend a connection
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
          this.#failures = 0;
          this.#lastError = "";
          this.board.set({ started: true, unreachable: false, paused: false, busy: false, reason: null, lastSyncAt: this.store.now() });
          await run.end();
          wait = await this.#rest();
        } catch (error) {
          if (signal.aborted || !this.store.db.isOpen()) break;
          const told = words(error);
          await run.end(told === this.#lastError ? undefined : told);
          this.#lastError = told;
          wait = await this.#trouble(error);
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
    const open = await this.store.db.pending_ops.where("status").notEqual("failed").toArray();
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
      await this.#correct(timed);
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
      await quarantine(this.store, strange, this.options.clientVersion);
      const now = await readPosition(this.store);
      if (now) await this.store.db.sync_state.put({ ...now, cursor: Math.max(now.cursor, page.next_cursor), tombstone_floor: floor, last_sync_at: this.store.now() });
      return result;
    });
    run.pulled += page.changes.length;
    run.conflicts += merged.conflicts.length + merged.overtaken.length;
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
    await this.#correct(timed);
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
    const { db } = this.store;
    await db.transaction("rw", db.sync_state, async () => {
      const position = await readPosition(this.store);
      if (position) await db.sync_state.put({ ...position, loaded: false });
    });
    this.#emit("sync.rescan:action:starting", { scope: this.#scope });
    this.#events = [];
    this.#pull = true;
  }

  async #load(before: PositionState | null, signal: AbortSignal): Promise<PositionState> {
    const started = this.store.now();
    const first = before === null;
    const name = first ? "sync.bootstrap:action" : "sync.rescan:action";
    this.#emit(first ? `${name}:start` : `${name}:starting`, { scope: this.#scope });
    this.board.set({ bootstrap: { done: 0 }, busy: true });
    try {
      const items: Change[] = [];
      let done = 0;
      let meta: SnapshotAnswer | null = null;
      for (let asked = this.#askSnapshot(null, before); !signal.aborted; ) {
        const page = await asked;
        if (meta && (page.history_id !== meta.history_id || page.high_watermark !== meta.high_watermark)) throw new Unreachable("the snapshot changed under way");
        meta ??= page;
        const token = page.next_page_token;
        if (token !== null) {
          asked = this.#askSnapshot(token, before); // the next page comes while this one is stored
          asked.catch(() => undefined); // it is heard when its turn comes
        }
        const { good, strange } = sort(page.items);
        if (strange.length > 0) await asServer(this.store, () => quarantine(this.store, strange, this.options.clientVersion));
        if (first) await stockPage(this.store, good, meta, token === null);
        else for (const item of good) items.push(item);
        done += page.items.length;
        this.board.set({ bootstrap: { done } });
        this.#emit(`${name}:progress`, { scope: this.#scope, cursor: meta.high_watermark, pulledCount: done, hasMore: token !== null });
        if (token === null) break;
      }
      if (!meta || signal.aborted) throw new Unreachable("sync ended");
      if (!first) {
        const reset = await mergeSnapshot(this.store, items, meta, await this.#mayWrite(before.history_id !== meta.history_id));
        for (const op of reset.gone) this.#emit("sync.error:action", { op, error: "row_gone", permanent: true });
      }
      this.#emit(first ? `${name}:complete` : `${name}:completed`, { scope: this.#scope, cursor: meta.high_watermark, totalPulled: done, elapsedMs: this.store.now() - started });
    } catch (error) {
      this.#emit(first ? `${name}:error` : "sync.error:action", { scope: this.#scope, error: words(error) });
      throw error;
    } finally {
      this.board.set({ bootstrap: null });
    }
    this.#pull = true;
    this.#reported = -1;
    return this.#position();
  }

  async #askSnapshot(token: string | null, before: PositionState | null): Promise<SnapshotAnswer> {
    const timed = await this.api.snapshot({
      workspace_id: this.store.workspaceId, page_size: this.options.pages.snapshot, ...(token === null ? {} : { page_token: token }), ...(before ? { history_id: before.history_id } : {}),
    });
    await this.#correct(timed); // at once: an answer that lies about tells a wrong time
    return timed.answer;
  }

  /** What this person may write, as far as a device can tell. The server has the last word. */
  async #mayWrite(matters: boolean): Promise<(table: Table, pk: string) => boolean> {
    if (!matters) return () => true;
    const role = (await this.api.workspaces()).live.find((w) => w.id === this.store.workspaceId)?.role;
    return (table, pk) => {
      if (reserved(table, pk)) return false;
      if (table === "notifications" || (table === "kv" && pk.startsWith(`user.${this.store.userId}.`))) return true;
      return role !== "viewer";
    };
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
        if (this.#failures === 0) this.#bell.ring();
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

  async #correct(timed: Timed<History>): Promise<void> {
    await correct(this.store, timed.answer.server_time, timed.gotAt - timed.sentAt);
  }

  /** What a failed round means, and how long to wait. */
  async #trouble(error: unknown): Promise<number> {
    this.board.set({ busy: false });
    if (error instanceof Refused) {
      switch (error.status) {
        case 401:
          this.board.set({ halted: "signed_out", reason: "Sign in to sync again. What you wrote is kept here." });
          globalThis.dispatchEvent?.(new Event("or3:sync-session-invalid"));
          return 0;
        case 426:
          this.board.set({ halted: "too_old", reason: "Reload the page to get the new version. What you wrote is kept." });
          return 0;
        case 404:
          return this.#perhapsRemoved();
        case 409:
          this.#pull = true; // a snapshot that grew too old, or a state that moved on
          return this.#backOff(null);
        case 403:
          this.board.set({ paused: true, unreachable: false, reason: error.message });
          return jitter(this.options.pace.breakFor);
      }
      this.board.set({ unreachable: false, paused: this.#failures + 1 >= this.options.pace.breakAfter, reason: error.message });
      return this.#backOff(error.retryAfter);
    }
    if (error instanceof Unreachable) {
      // Knock before sending on: an op that was sent into the void may have arrived, one that waited has not.
      this.#pull = true;
      this.board.set({ unreachable: true, paused: false, reason: "The server cannot be reached. What you write is kept here." });
      return this.#backOff(null);
    }
    const full = error instanceof Dexie.DexieError && (error.name === "QuotaExceededError" || error.inner?.name === "QuotaExceededError");
    this.board.set({ unreachable: false, paused: true, reason: full ? "This device has no room left." : words(error) });
    return this.#backOff(null);
  }

  #backOff(said: number | null): number {
    this.#failures++;
    const { retry, breakAfter, breakFor } = this.options.pace;
    if (said !== null) return said + Math.random() * 250;
    if (this.#failures >= breakAfter) return jitter(breakFor);
    return jitter(retry[Math.min(this.#failures, retry.length) - 1] ?? breakFor);
  }

  /** A 404 may be anything. Only the person's own list says that the workspace is theirs no more. */
  async #perhapsRemoved(): Promise<number> {
    try {
      const person = await this.api.signedIn();
      if (person === null || person !== this.store.userId) {
        this.board.set({ halted: "signed_out", reason: "Another person is signed in. What you wrote is kept here." });
        return 0;
      }
      const mine = await this.api.workspaces();
      if (mine.deleted.includes(this.store.workspaceId)) {
        this.board.set({ paused: true, unreachable: false, reason: "This workspace was deleted. What is on this device is kept, and synced again when an owner restores it." });
        return jitter(this.options.pace.breakFor);
      }
      if (mine.live.some((w) => w.id === this.store.workspaceId)) {
        this.board.set({ paused: true, unreachable: false, reason: "The server does not answer for this workspace." });
        return jitter(this.options.pace.breakFor);
      }
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        this.board.set({ paused: true, unreachable: false, reason: "The server does not answer for this workspace." });
        return jitter(this.options.pace.breakFor);
      }
      return this.#trouble(error);
    }
    const unsent = await this.store.db.pending_ops.count();
    this.board.set({ halted: "removed", reason: unsent > 0 ? "You were removed from this workspace. Export what was not sent before its data goes." : "You were removed from this workspace." });
    if (unsent === 0) await this.options.remove();
    return 0;
  }
}

import { newId } from "../store/ids.js";
import type { Store } from "../store/store.js";
import type { SyncRun } from "../store/types.js";

const kept = 200;

/** Counts what a round does, and keeps it when it was anything. */
export class Run {
  pushed = 0;
  pulled = 0;
  conflicts = 0;
  errors = 0;
  readonly #startedAt: number;

  constructor(private readonly store: Store) {
    this.#startedAt = store.now();
  }

  async end(error?: string): Promise<void> {
    if (this.pushed + this.pulled + this.conflicts + this.errors === 0 && error === undefined) return;
    const { sync_runs } = this.store.db;
    const run: SyncRun = {
      id: newId(), started_at: this.#startedAt, completed_at: this.store.now(), pushed_count: this.pushed, pulled_count: this.pulled,
      conflict_count: this.conflicts, error_count: this.errors + (error === undefined ? 0 : 1), status: error === undefined ? "completed" : "failed", ...(error === undefined ? {} : { error }),
    };
    await sync_runs.put(run);
    const many = await sync_runs.count();
    if (many > kept + 50) await sync_runs.bulkDelete(await sync_runs.orderBy("started_at").limit(many - kept).primaryKeys());
  }
}

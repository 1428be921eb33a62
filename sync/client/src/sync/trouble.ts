import { isFull } from "../store/full.js";
import type { Store } from "../store/store.js";
import { unsentFiles } from "../store/unsent_files.js";
import { actsOf } from "./acts.js";
import { Refused, Unreachable, words, type Api } from "./api.js";
import type { Board } from "./board.js";
import type { LoopOptions } from "./loop.js";
import { jitter } from "./wait.js";

// What a failed round means: what the board says of it, how long to wait, and
// whether the person is to do something before anything goes on.

export class Trouble {
  /** Rounds that failed in a row. */
  failures = 0;

  /** `pullFirst` has the next round ask before it sends. */
  constructor(private readonly store: Store, private readonly api: Api, private readonly board: Board, private readonly options: LoopOptions, private readonly pullFirst: () => void) {}

  /** Tells the board, and how many milliseconds to wait; 0 = until something else happens. */
  async take(error: unknown): Promise<number> {
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
          this.pullFirst(); // a snapshot that grew too old, or a state that moved on
          return this.#backOff(null);
        case 403:
          return this.#pause(error.message);
      }
      this.board.set({ unreachable: false, paused: this.failures + 1 >= this.options.pace.breakAfter, reason: error.message });
      return this.#backOff(error.retryAfter);
    }
    if (error instanceof Unreachable) {
      // Knock before sending on: an op that was sent into the void may have arrived, one that waited has not.
      this.pullFirst();
      this.board.set({ unreachable: true, paused: false, reason: "The server cannot be reached. What you write is kept here." });
      return this.#backOff(null);
    }
    this.board.set({ unreachable: false, paused: true, reason: isFull(error) ? "This device has no room left." : words(error) });
    return this.#backOff(null);
  }

  #pause(reason: string): number {
    this.board.set({ paused: true, unreachable: false, reason });
    return jitter(this.options.pace.breakFor);
  }

  #backOff(said: number | null): number {
    this.failures++;
    const { retry, breakAfter, breakFor } = this.options.pace;
    if (said !== null) return said + Math.random() * 250;
    if (this.failures >= breakAfter) return jitter(breakFor);
    return jitter(retry[Math.min(this.failures, retry.length) - 1] ?? breakFor);
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
        return this.#pause("This workspace was deleted. What is on this device is kept, and synced again when an owner restores it.");
      }
      if (mine.live.some((w) => w.id === this.store.workspaceId)) {
        return this.#pause("The server does not answer for this workspace.");
      }
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        return this.#pause("The server does not answer for this workspace.");
      }
      return this.take(error);
    }
    const { db } = this.store;
    const unsent = actsOf(await db.pending_ops.toArray()).length + (await unsentFiles(db).count()) + (await this.options.kept());
    if (unsent === 0) await this.options.remove();
    this.board.set({ halted: "removed", reason: unsent > 0 ? "You were removed from this workspace. Export what was not sent before its data goes." : "You were removed from this workspace." });
    return 0;
  }
}

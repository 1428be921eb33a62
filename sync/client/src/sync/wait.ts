/** Sleeps until `signal` ends at the latest. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/**
 * A controller that ends when one of the signals does. AbortSignal.any would do,
 * but engines have let its signals be collected while somebody still waited.
 * `release` when done: the signals may live much longer.
 */
export function linked(...signals: AbortSignal[]): { signal: AbortSignal; abort(): void; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of signals) {
    if (signal.aborted) controller.abort();
    signal.addEventListener("abort", abort);
  }
  return {
    signal: controller.signal,
    abort,
    release: () => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}

/** A wait that can be ended early. Every wait of the loop is one, so nothing can hang. */
export class Bell {
  #rung = false;
  #early: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#early?.();
  }

  /** Until the bell rings, the time is over, or `signal` ends. A ring since the last wait counts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      const either = linked(signal);
      this.#early = either.abort;
      await sleep(ms, either.signal);
      this.#early = null;
      either.release();
    }
    this.#rung = false;
  }
}

/** Between 75 and 125 per cent. */
export function jitter(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

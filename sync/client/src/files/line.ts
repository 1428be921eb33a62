import { Unreachable } from "../sync/api.js";
import { linked } from "../sync/wait.js";

/** A line to the server that is given up when nothing comes over it any more: it may be dead without saying so. */
export interface Line {
  /** Ends with the transfer, and when the line is given up. */
  readonly signal: AbortSignal;
  /** What comes next over the line. Throws Unreachable when nothing does for too long. */
  hears<T>(next: Promise<T>): Promise<T>;
  /** Nobody listens any more. */
  close(): void;
}

/** `silence` is the longest one, in milliseconds. */
export function openLine(silence: number, until: AbortSignal): Line {
  const own = linked(until);
  return {
    signal: own.signal,
    hears: (next) =>
      new Promise((done, refused) => {
        const giveUp = (): void => {
          own.abort();
          refused(new Unreachable("nothing comes any more"));
        };
        const timer = setTimeout(giveUp, silence);
        own.signal.addEventListener("abort", giveUp);
        next.then(done, refused).finally(() => {
          clearTimeout(timer);
          own.signal.removeEventListener("abort", giveUp);
        });
      }),
    close: () => own.release(),
  };
}

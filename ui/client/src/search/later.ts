// Waiting before work is done, once for all the calls meanwhile.

/** Runs a while after the first call. */
export function later(ms: number, f: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      f();
    }, ms);
  };
}

/** Runs when nobody has called for a while, at the latest `most` after the first call. */
export function whenQuiet(ms: number, most: number, f: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = 0;
  return () => {
    if (timer === undefined) first = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      f();
    }, Math.max(0, Math.min(ms, first + most - Date.now())));
  };
}

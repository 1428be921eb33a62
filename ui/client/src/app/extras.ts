// What a thread can do beyond reading and writing. It comes with more.js, a
// moment after the app runs; until then the page goes without it.
import type { Context } from "./page";

/** A thread that is open. */
export interface OpenThread {
  /** The head was drawn anew. */
  drawn(): void;
  /** A form of the thread was sent; `rest` is its address below the thread's. */
  submit(rest: string, form: HTMLFormElement): boolean;
  close(): void;
}

/** How much of each thread a person has not read, and which they hear nothing about. */
export interface UnreadCounts {
  /** As a badge says it, "" for nothing, undefined while it is not known. */
  label(thread: string): string | undefined;
  /** Undefined while it is not known. */
  muted(thread: string): boolean | undefined;
  onChange(f: () => void): () => void;
}

export interface Extras {
  unread(context: Context): UnreadCounts;
  openThread(context: Context, thread: string, pane: HTMLElement): OpenThread;
}

let here: Extras | undefined;
const waiting = new Set<(e: Extras) => void>();

export function offerExtras(extras: Extras): void {
  here = extras;
  for (const f of waiting) f(extras);
  waiting.clear();
}

/** Runs as soon as the extras are there, unless it is taken back before. */
export function withExtras(f: (e: Extras) => void): () => void {
  if (here !== undefined) f(here);
  else waiting.add(f);
  return () => waiting.delete(f);
}

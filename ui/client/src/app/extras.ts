// What a thread can do beyond reading and writing. It comes with more.js, a
// moment after the app runs; until then the page goes without it.
import type { Context } from "./page";
import { whenLetGo } from "./still.js";

/** What goes with a message that is being sent. */
export interface Attached {
  /** The message's `file_hashes`. */
  readonly hashes: string;
  /** Writes the rows of the files, in the message's transaction. */
  write(): Promise<void>;
  /** The message is stored; or it is not, and its files stand in the form again. */
  settle(sent: boolean): void;
}

/** A thread that is open. */
export interface OpenThread {
  /** The head was drawn anew. */
  drawn(): void;
  /** Takes what is attached out of the form for a message with these words, once it is all read; undefined = nothing is. */
  attached(words: string): Promise<Attached | undefined>;
  /** Files are being read for a message: it is not sent twice. */
  busy(): boolean;
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
  /** A message's Markdown; undefined for words that are shown as they were typed. */
  markdown(text: string): Node[] | undefined;
  openThread(context: Context, thread: string, pane: HTMLElement): OpenThread;
  /** Mutes a thread for the person, or lets it be heard again. */
  mute(context: Context, thread: string, mute: boolean): void;
  /** A thread is not there any more. What was not sent in it is taken along to where it can be, while `still` says that the thread is what the page is for. */
  gone(context: Context, thread: { readonly id: string; readonly title?: string | null | undefined }, still: () => boolean): void;
  /** The form that starts a thread is open. */
  openStart(context: Context, pane: HTMLElement): OpenThread;
}

let here: Extras | undefined;
const waiting = new Set<(e: Extras) => void>();

export function offerExtras(extras: Extras): void {
  here = extras;
  whenLetGo(waiting, () => {
    for (const f of waiting) f(extras);
    waiting.clear();
  });
}

/** What there is so far. */
export const extrasNow = (): Extras | undefined => here;

/** Runs as soon as the extras are there and nothing is pressed, unless it is taken back before. */
export function withExtras(f: (e: Extras) => void): () => void {
  if (here !== undefined) f(here);
  else waiting.add(f);
  return () => waiting.delete(f);
}

// What the page and the worker say to each other.
import type { Searched } from "./finder.js";
import type { Part } from "./line.js";

/** A thing that was found. */
export interface Hit {
  readonly table: Searched;
  readonly id: string;
  /** Of a message. */
  readonly thread: string;
  /** Of a document: "markdown" or "prompt". */
  readonly kind: string;
  /** "" parts where a row has no title. A message's is the line that holds the words. */
  readonly title: readonly Part[];
  /** The line that holds the words; of a message its thread's title. */
  readonly line: readonly Part[];
  /** When a message was written, else the last activity, in epoch seconds. */
  readonly at: number;
  /** Who wrote a message or started a thread; "" where nobody is known. */
  readonly by: string;
  /** The device that wrote the row last. */
  readonly device: string;
}

export interface Group {
  readonly table: Searched;
  readonly hits: readonly Hit[];
  /** There are others that are not shown. */
  readonly more: boolean;
}

export interface Answer {
  readonly groups: readonly Group[];
  /** How much of the workspace is in the index, 0 to 100. */
  readonly percent: number;
  /** How long it took, in milliseconds. */
  readonly took: number;
}

export type Question =
  | { readonly open: string }
  /** A newer question of the same asker takes the place of one that is not answered yet. */
  | { readonly ask: number; readonly by: string; readonly query: string; readonly limit: number };

export type Reply =
  | { readonly answer: Answer; readonly ask: number }
  | { readonly dropped: number }
  /** More is in the index than before, or something else: ask again. */
  | { readonly changed: true }
  | { readonly failed: string };

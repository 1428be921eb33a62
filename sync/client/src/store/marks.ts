import Dexie from "dexie";

/** What is known of a transaction. */
export interface Mark {
  /** Rows of the server: stored as they are, not captured. */
  remote?: boolean;
  /** It brings the whole workspace, or a large part of it. */
  whole?: boolean;
  /** The writes belong together: the server takes all of them or none. */
  atomic?: string;
  /** Writes captured so far. */
  captured: number;
}

const marks = new WeakMap<object, Mark>();

export function markOf(transaction: object): Mark | undefined {
  return marks.get(transaction);
}

/** Marks the transaction that is running now. Called first in a transaction's scope. */
export function markTransaction(mark: Partial<Mark>): void {
  const running: object | undefined = Dexie.currentTransaction?.idbtrans;
  if (!running) throw new Error("there is no transaction to mark");
  marks.set(running, { captured: 0, ...marks.get(running), ...mark });
}

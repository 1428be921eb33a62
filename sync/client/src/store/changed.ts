import Dexie, { type IntervalTree, type ObservabilitySet } from "dexie";

// What is written to a database of this browser, by this page, another tab or a
// worker, as Dexie says it of every transaction that is done.

/** What one transaction has changed. */
export interface Changes {
  /**
   * Keys in an index of rows that were written or deleted, "" for the primary
   * one; undefined: some, nobody knows which. An index tells keys that came or
   * went: a row that stands where it stood is in the primary one alone.
   */
  keys(table: string, index?: string): readonly unknown[] | undefined;
}

/** Hears every transaction of this browser, and what it changes in a database, within the event that ends it: whoever reads then does so in a task of their own. */
export function onChanges(name: string, f: (changes: Changes) => void): () => void {
  const beginning = `idb://${name}/`;
  const heard = (parts: ObservabilitySet): void => {
    const missed = "all" in parts; // the page was put aside and comes back
    f({
      keys: (table, index = "") => {
        const keys: unknown[] = [];
        return missed || !gather(parts[`${beginning}${table}/${index}`], keys) ? undefined : keys;
      },
    });
  };
  Dexie.on("storagemutated", heard);
  return () => Dexie.on.storagemutated.unsubscribe(heard);
}

/** Gathers single keys; false where a range is among them. */
function gather(tree: IntervalTree | null | undefined, into: unknown[]): boolean {
  if (!tree || !("from" in tree)) return true;
  if (tree.from !== tree.to) return false;
  into.push(tree.from);
  return gather(tree.l, into) && gather(tree.r, into);
}

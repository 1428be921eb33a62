import Dexie, { type IntervalTree, type ObservabilitySet } from "dexie";

import type { AnyRow, Table } from "./types.js";

// Reads a workspace's database beside the page that has it open, from a worker
// for instance, and hears what is written to it by anybody in this browser.

/** Keys of rows that were written or deleted; undefined: some, nobody knows which. */
export type Changed = (table: Table, keys: readonly string[] | undefined) => void;

export interface Reader {
  /** The keys of a table's rows, in their order. */
  keys(table: Table): Promise<string[]>;
  /** The rows from one key up to another. */
  between(table: Table, first: string, last: string): Promise<AnyRow[]>;
  rows(table: Table, keys: readonly string[]): Promise<(AnyRow | undefined)[]>;
  onChange(f: Changed): () => void;
  /** The database was removed or made newer: nothing can be read any more. */
  onClosed(f: () => void): void;
  close(): void;
}

/** Opens a database that is there; it fails where there is none, and makes none. */
export async function openReader(name: string, idb?: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }): Promise<Reader> {
  const db = new Dexie(name, { cache: "disabled", ...idb });
  let closed = (): void => undefined;
  db.on("versionchange", () => {
    db.close();
    closed();
    return false;
  });
  await db.open();
  const stops = new Set<() => void>();
  return {
    keys: (table) => db.table<AnyRow, string>(table).toCollection().primaryKeys(),
    between: (table, first, last) => db.table<AnyRow, string>(table).where(":id").between(first, last, true, true).toArray(),
    rows: (table, keys) => db.table<AnyRow, string>(table).bulkGet([...keys]),
    onChange: (f) => {
      const heard = (parts: ObservabilitySet): void => {
        for (const [table, keys] of changesOf(name, parts)) f(table, keys);
      };
      Dexie.on("storagemutated", heard);
      const stop = (): void => {
        Dexie.on.storagemutated.unsubscribe(heard);
        stops.delete(stop);
      };
      stops.add(stop);
      return stop;
    },
    onClosed: (f) => {
      closed = f;
    },
    close: () => {
      for (const stop of stops) stop();
      db.close();
    },
  };
}

const part = /^idb:\/\/(.*)\/([^/]+)\/$/;

/** What Dexie says of a transaction, by table. A bulk write is told as everything. */
function changesOf(name: string, parts: ObservabilitySet): [Table, string[] | undefined][] {
  return Object.entries(parts).flatMap(([id, tree]): [Table, string[] | undefined][] => {
    const of = part.exec(id);
    if (of?.[1] !== name || of[2] === undefined) return [];
    const keys: string[] = [];
    return [[of[2] as Table, gather(tree, keys) ? keys : undefined]];
  });
}

/** Gathers single keys; false where a range is among them. */
function gather(tree: IntervalTree, into: string[]): boolean {
  if (!("from" in tree)) return true;
  const { from, to, l, r } = tree;
  if (typeof from !== "string" || from !== to) return false;
  into.push(from);
  return (!l || gather(l, into)) && (!r || gather(r, into));
}

import Dexie from "dexie";

import { onChanges } from "./changed.js";
import { tables, type AnyRow, type Table } from "./types.js";

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
      const deaf = onChanges(name, (changes) => {
        for (const table of tables) {
          const keys = changes.keys(table) as readonly string[] | undefined;
          if (keys === undefined || keys.length > 0) f(table, keys);
        }
      });
      const stop = (): void => {
        deaf();
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

import { attached, factsOf, forgetKept, keepChosen } from "../files/keep.js";
import { inOwnName } from "../store/own_name.js";
import { payloadOf } from "../store/payload.js";
import { renamed } from "../store/renamed.js";
import { sha256 } from "../store/sha256.js";
import type { AdoptedState, AttachedState } from "../store/state.js";
import { databaseName, openStore, type OpenOptions, type Store } from "../store/store.js";
import { keyOf, tables, type AnyRow, type FileFacts, type Payload, type Table } from "../store/types.js";
import { removeDatabase } from "./database.js";

// What was made before there was an account goes along: every local row becomes
// a captured write of the chosen workspace.

export interface Adoption {
  rows: number;
  /** Rows that got a new id because the workspace has another row of theirs. */
  renamed: number;
  /** Settings and files the workspace has already. */
  skipped: number;
  /** New ids by the old ones, of this time and of those before. */
  ids: ReadonlyMap<string, string>;
}

type Idb = OpenOptions["idb"];

/** How many rows wait in the database that was made without an account; 0 when there is none. */
export async function localRows(idb?: Idb): Promise<number> {
  const known = await (idb?.indexedDB ?? indexedDB).databases();
  if (!known.some((db) => db.name === databaseName("local"))) return 0;
  const local = await openStore({ workspaceId: "local", userId: null, local: true, ...(idb ? { idb } : {}) });
  try {
    let rows = 0;
    for (const table of tables) rows += await local.db.table(table).count();
    return rows;
  } finally {
    local.close();
  }
}

export interface AdoptOptions {
  idb?: NonNullable<Idb>;
  /**
   * Takes along what is kept beside the database and names its rows: `ids` has the new ids by the old ones. Called once the
   * rows are in the workspace, and before the local database goes; it stays, with its ids, when this says that something does.
   */
  carry?(ids: Adoption["ids"]): boolean;
}

/**
 * Takes the rows of the local database over into a workspace, and removes them
 * there; their files go along, to be uploaded. The rows all or nothing; when it is
 * done again after a crash, nothing is doubled. What another tab writes there meanwhile stays, for the next time.
 */
export async function adoptLocal(store: Store, { idb, carry = () => true }: AdoptOptions = {}): Promise<Adoption> {
  const local = await openStore({ workspaceId: "local", userId: null, local: true, ...(idb ? { idb } : {}) });
  const adoption: Adoption = { rows: 0, renamed: 0, skipped: 0, ids: new Map() };
  const rows = new Map<Table, AnyRow[]>();
  try {
    for (const table of tables) rows.set(table, table === "notifications" ? [] : await local.db.table<AnyRow, string>(table).toArray());
    await takeRows(store, local, rows, adoption);
    const all = carry(adoption.ids);
    await takeFiles(store, local, adoption.ids);
    await dropRows(local, rows);
    if (all && (await empty(local))) await removeDatabase(local.db.name, idb); // closes it, also in other tabs
  } finally {
    local.close();
  }
  return adoption;
}

/** Writes the rows into the workspace, and down that they are there: one transaction. */
async function takeRows(store: Store, local: Store, rows: Map<Table, AnyRow[]>, adoption: Adoption): Promise<void> {
  const marker = `adopted:${local.deviceId}` as const;
  await store.db.transaction("rw", [...tables, "tombstones", "sync_state", "pending_ops"], async () => {
    const before = (await store.db.sync_state.get(marker)) as AdoptedState | undefined;
    const taken = new Set(before?.taken ?? []);
    const ids = new Map(Object.entries(before?.renamed ?? {}));
    const kept: [Table, Payload[]][] = [];
    for (const [table, all] of rows) {
      const own = all.filter((row) => !taken.has(markOf(table, row)));
      for (const row of own) taken.add(markOf(table, row));
      const pks = own.map((row) => String(row[keyOf(table)]));
      const there = await store.db.table<AnyRow, string>(table).bulkGet(pks);
      const gone = await store.db.tombstones.bulkGet(pks.map((pk): [Table, string] => [table, pk]));
      const payloads: Payload[] = [];
      own.forEach((row, i) => {
        const collides = there[i] !== undefined || gone[i] !== undefined;
        if (collides && (table === "kv" || table === "file_meta")) {
          adoption.skipped++; // the name is the row: the workspace's stands
          return;
        }
        if (collides) {
          ids.set(pks[i] ?? "", store.newId());
          adoption.renamed++;
        }
        payloads.push(payloadOf(table, row));
      });
      kept.push([table, payloads]);
    }
    for (const [table, own] of kept) {
      const put = own.map((row) => asOwn(store.userId, table, renamed(table, row, (_, pk) => ids.get(pk))));
      if (put.length > 0) await store.db.table(table).bulkPut(put);
      adoption.rows += put.length;
    }
    adoption.ids = ids;
    await store.db.sync_state.put({ id: marker, rows: (before?.rows ?? 0) + adoption.rows, at: store.now(), taken: [...taken], renamed: Object.fromEntries(ids) });
  });
}

/** Takes the bytes that rows and forms name, one file after the other: there is room for one of them twice, not for all. */
async function takeFiles(store: Store, local: Store, ids: Adoption["ids"]): Promise<void> {
  const forms = await attached(local.db);
  const facts = new Map(forms.flatMap((form) => form.files.map((f): [string, FileFacts] => [f.hash, f.facts])));
  for (const row of await local.db.file_meta.toArray()) facts.set(row.hash, factsOf(row));
  for (const hash of await local.db.file_blobs.toCollection().primaryKeys()) {
    const of = facts.get(hash);
    const found = of && (await local.db.file_blobs.get(hash));
    if (!found) continue;
    await keepChosen(store, { hash, size: found.blob.size, facts: of }, found.blob);
    await forgetKept(local, hash);
  }
  for (const form of forms) {
    const thread = form.id.slice("attached:".length);
    const id = `attached:${ids.get(thread) ?? thread}` as const;
    const there = (await store.db.sync_state.get(id)) as AttachedState | undefined;
    const more = form.files.filter((f) => !there?.files.some((g) => g.hash === f.hash));
    await store.db.sync_state.put({ id, files: [...(there?.files ?? []), ...more] });
    await local.db.sync_state.delete(form.id);
  }
}

/** What was said here becomes the person's; what came here from a backup keeps beside it who made it. */
function asOwn(me: string | null, table: Table, row: Payload): Payload {
  if (me === null) return row;
  const own = inOwnName(table, row, me);
  return table === "messages" && row["role"] === "user" ? { ...own, author_user_id: me } : own;
}

/** Removes rows from the local database, as far as they are still what was taken. */
async function dropRows(local: Store, rows: Map<Table, AnyRow[]>): Promise<void> {
  await local.db.transaction("rw", [...tables], async () => {
    for (const [table, own] of rows) {
      const pks = own.map((row) => String(row[keyOf(table)]));
      const now = await local.db.table<AnyRow, string>(table).bulkGet(pks);
      await local.db.table(table).bulkDelete(pks.filter((_, i) => markOf(table, now[i] ?? {}) === markOf(table, own[i] ?? {})));
    }
  });
}

async function empty(local: Store): Promise<boolean> {
  for (const table of tables) if (table !== "notifications" && (await local.db.table(table).count()) > 0) return false;
  return (await attached(local.db)).length === 0;
}

function markOf(table: Table, row: object): string {
  return sha256(`${table}\0${JSON.stringify(row)}`);
}

import { canonical } from "../store/canonical.js";
import { authorIn, inOwnName } from "../store/own_name.js";
import { stripStamp } from "../store/payload.js";
import { renamed } from "../store/renamed.js";
import { reserved } from "../store/reserved.js";
import { sha256 } from "../store/sha256.js";
import type { ImportState } from "../store/state.js";
import { builtInBlocklist, type Store } from "../store/store.js";
import { keyOf, tables, type AnyRow, type Payload, type Table, type Tombstone } from "../store/types.js";
import { ifAlone, isTaken, lease, type Lease } from "../sync/owner.js";
import { BackupError, pause, personOf, readBackup, type Broken, type Deletion, type FileRow, type Head } from "./format.js";
import type { Source } from "./lines.js";

// Import: what a file would do is worked out row by row and shown; then, and
// only when the person says so, the same is done in ordinary writes, which are
// captured and sent like any other.

/** append: nothing here is deleted, and of two versions of a row the newer stays. replace: the file wins, and what it lacks is deleted. */
export type Mode = "append" | "replace";

export interface Tally {
  added: number;
  changed: number;
  deleted: number;
  /** Rows of the file that are here just so. */
  same: number;
  /** Rows of the file that differ from a newer one here, which stays. */
  newer: number;
}

export type What = "added" | "changed" | "same" | "newer";

export interface Plan {
  readonly mode: Mode;
  readonly file: string;
  readonly head: Head;
  /** The file comes from another workspace. */
  readonly foreign: boolean;
  readonly whole: "whole" | "edited" | "cut";
  /** Rows of the file that count. */
  readonly rows: number;
  readonly tallies: { readonly [T in Table]: Tally };
  readonly total: Tally;
  /** Of those added: rows that had been deleted here. */
  readonly back: number;
  /** Rows that get a new id, because theirs belongs to something else here. */
  readonly renamed: number;
  /** Messages and threads of others that come in under the person's own name. */
  readonly authors: number;
  readonly broken: readonly Broken[];
  readonly brokenCount: number;
  /** Rows that are left out: other people's, the server's, one device's, another workspace's, and deletions. */
  readonly left: { readonly [why in Left]: number };
  /** Titles of what would be changed and deleted, the first few. */
  readonly names: { readonly changed: readonly string[]; readonly deleted: readonly string[] };
  /** Why this cannot be done, "" when it can. */
  readonly refusal: "" | "cut" | "broken" | "unsent";
}

export type Left = "others" | "server" | "device" | "elsewhere" | "deletions";

export interface Done {
  readonly total: Tally;
  /** Rows that somebody wrote since the check: they stay as they are. */
  readonly meanwhile: number;
  readonly stopped: boolean;
}

export interface Steps {
  signal?: AbortSignal;
  /** Bytes of the file, then rows. */
  onProgress?: (done: number, total: number) => void;
  /** For tests. */
  lease?: Lease;
}

const shownBroken = 100;
const shownNames = 12;
const chunk = 200;

interface Verdict {
  what: What;
  row: FileRow;
  /** As it would be written. */
  payload: Payload;
  here: AnyRow | undefined;
  back: boolean;
  author: boolean;
}

/** A file that was checked against the workspace, and what it would do there. */
export class Import {
  #plan: Plan | undefined;
  readonly #lines = new Map<string, number>(); // the line that counts, by row
  readonly #ids = new Map<string, string>(); // new ids by table and old id
  readonly #expected = new Map<string, string>(); // op ids of rows that would be changed or deleted
  readonly #deletes: [Table, string][] = [];
  readonly #left: Record<Left, number> = { others: 0, server: 0, device: 0, elsewhere: 0, deletions: 0 };
  #heads: readonly Head[] = [];

  private constructor(private readonly store: Store, private readonly source: Source & { readonly name: string }, private readonly mode: Mode) {}

  /** Reads the file and says what it would do. Nothing is written. Throws BackupError when it is no file of ours. */
  static async check(store: Store, source: Source & { readonly name: string }, mode: Mode, steps: Steps = {}): Promise<Import> {
    const of = new Import(store, source, mode);
    await of.#check(steps);
    return of;
  }

  get plan(): Plan {
    if (!this.#plan) throw new Error("the file is not checked yet");
    return this.#plan;
  }

  async #check(steps: Steps): Promise<void> {
    const broken: Broken[] = [];
    let brokenCount = 0;
    const bad = (b: Broken): void => {
      if (++brokenCount <= shownBroken) broken.push(b);
    };
    const passes = 2;
    const progress = (pass: number) => (bytes: number) => steps.onProgress?.(Math.min(bytes + pass * this.source.size, passes * this.source.size), passes * this.source.size);
    const options = steps.signal ? { signal: steps.signal } : {};
    const twice: Deletion[] = []; // lines about a row that another line is about too
    const deletions: Deletion[] = [];
    const reading = await readBackup(this.source, {
      broken: bad,
      progress: progress(0),
      deleted: (deletion) => deletions.push(deletion),
      rows: async (rows) => {
        for (const row of rows) {
          const key = keyOfRow(row);
          if (this.#lines.has(key)) twice.push({ line: row.line, part: row.part, table: row.table, pk: row.pk });
          else this.#lines.set(key, row.line);
        }
      },
    }, { sum: true, ...options });
    this.#heads = reading.heads;
    const head = this.#heads[0] as Head;
    if (head.kind === "unsent") {
      // Of several unsent changes of a row the last is the row, or says that there is none.
      for (const change of [...twice, ...deletions]) {
        const key = keyOfRow(change);
        if (this.#taken(change.part) && change.line > (this.#lines.get(key) ?? 0)) this.#lines.set(key, change.line);
      }
    } else {
      for (const row of twice) bad({ line: row.line, reason: `The same row stands on line ${this.#lines.get(keyOfRow(row))} already.` });
    }
    broken.sort((a, b) => a.line - b.line);
    let counts = this.#counts();
    const pass = async (): Promise<void> => {
      counts = this.#counts();
      this.#expected.clear();
      for (const why of Object.keys(this.#left) as Left[]) this.#left[why] = 0;
      this.#left.deletions = reading.deletions;
      await readBackup(this.source, { progress: progress(1), rows: async (rows) => counts.take(await this.#judge(this.#wanted(rows))) }, options);
    };
    await pass();
    if (this.#ids.size > 0) await pass(); // now with the new ids
    if (this.mode === "replace") await this.#findDeletes(counts, steps);
    this.#plan = {
      mode: this.mode, file: this.source.name, head, foreign: head.workspaceId !== this.store.workspaceId, whole: reading.whole,
      rows: counts.rows, tallies: counts.tallies, total: sum(counts.tallies), back: counts.back, renamed: this.#ids.size, authors: counts.authors,
      broken, brokenCount, left: { ...this.#left }, names: counts.names,
      refusal: this.mode === "append" ? "" : head.kind === "unsent" ? "unsent" : reading.whole === "cut" ? "cut" : brokenCount > 0 ? "broken" : "",
    };
  }

  /**
   * Does what the plan says. What is in stays in when it stops or fails on the way; doing it again goes on from there.
   * Throws BackupError (`taken`) while another tab of this browser imports into the workspace: two would work against each other.
   */
  async run(steps: Steps = {}): Promise<Done> {
    if (this.plan.refusal !== "") throw new Error(`this import is refused: ${this.plan.refusal}`);
    const done = await ifAlone(this.store, steps.lease ?? lease, steps.signal ?? new AbortController().signal, (signal) => this.#run({ ...steps, signal }), "import");
    if (done === undefined) throw new BackupError("taken", `Another tab is importing ${await whatIsImported(this.store)}. This tab has written nothing. Wait until that is done, then check the file again.`);
    return done;
  }

  async #run(steps: Steps): Promise<Done> {
    const { store, plan } = this;
    const total = plan.total.added + plan.total.changed + plan.total.deleted;
    const done = { total: emptyTally(), meanwhile: 0, stopped: false };
    const state = (): ImportState => ({ id: "import", file: plan.file, mode: plan.mode, done: done.total.added + done.total.changed + done.total.deleted, total, at: store.now() });
    await store.db.sync_state.put(state());
    const step = (): void => steps.onProgress?.(state().done, total);
    const stopped = (): boolean => steps.signal?.aborted === true;
    try {
      await readBackup(this.source, {
        rows: async (rows) => {
          for (const own of byTable(this.#wanted(rows))) await this.#write(own, done, state);
          step();
        },
      }, steps.signal ? { signal: steps.signal } : {});
    } catch (error) {
      if (!stopped()) throw error;
    }
    for (let at = 0; at < this.#deletes.length && !stopped(); ) {
      const table = this.#deletes[at]?.[0] as Table;
      const pks: string[] = [];
      for (; at < this.#deletes.length && pks.length < chunk && this.#deletes[at]?.[0] === table; at++) pks.push(this.#deletes[at]?.[1] ?? "");
      await this.#delete(table, pks, done, state);
      step();
      await pause();
    }
    done.stopped = stopped() && state().done + done.meanwhile < total;
    if (!done.stopped) await store.db.sync_state.delete("import");
    return done;
  }

  async #write(rows: FileRow[], done: { total: Tally; meanwhile: number }, state: () => ImportState): Promise<void> {
    const { store } = this;
    const before = { ...done.total };
    try {
      await store.db.transaction("rw", [rows[0]?.table ?? "threads", "tombstones", "sync_state", "pending_ops"], async () => {
        const put: Payload[] = [];
        for (const v of await this.#judge(rows)) {
          if (v.what === "same" || v.what === "newer") continue;
          if (v.here && this.mode === "replace" && this.#expected.get(keyOfRow(v.row)) !== v.here.op_id) {
            done.meanwhile++;
            continue;
          }
          put.push(v.payload);
          done.total[v.what]++;
        }
        if (put.length === 0) return;
        await store.db.table(rows[0]?.table ?? "threads").bulkPut(put);
        await store.db.sync_state.put(state());
      });
    } catch (error) {
      done.total = before; // the transaction left nothing
      throw error;
    }
  }

  async #delete(table: Table, pks: string[], done: { total: Tally; meanwhile: number }, state: () => ImportState): Promise<void> {
    const { db } = this.store;
    await db.transaction("rw", [table, "tombstones", "sync_state", "pending_ops"], async () => {
      const here = await db.table<AnyRow, string>(table).bulkGet(pks);
      const own = pks.filter((pk, i) => here[i] !== undefined && here[i]?.op_id === this.#expected.get(`${table}:${pk}`));
      done.meanwhile += here.filter((row) => row !== undefined).length - own.length;
      done.total.deleted += own.length;
      if (own.length === 0) return;
      await db.table<AnyRow, string>(table).bulkDelete(own);
      await db.sync_state.put(state());
    });
  }

  /** The rows that count: those this person may write here, each once. */
  #wanted(rows: readonly FileRow[]): FileRow[] {
    return rows.filter((row) => {
      const left = this.#leftOut(row);
      if (left) {
        this.#left[left]++;
        return false;
      }
      return this.#lines.get(keyOfRow(row)) === row.line;
    });
  }

  #leftOut({ table, pk, payload, part }: FileRow): Left | null {
    if (!this.#taken(part)) return "elsewhere";
    if (reserved(table, pk)) return "server";
    if (table === "kv" && builtInBlocklist.includes(pk)) return "device";
    if (table === "messages" && payload["pending"] === true) return "device";
    const person = personOf(table, pk, payload);
    return person !== null && person !== this.store.userId ? "others" : null;
  }

  /** Of a file with changes of several workspaces, those of this one count; when none is of this one, all do. */
  #taken(part: number): boolean {
    const own = this.#heads.filter((h) => h.workspaceId === this.store.workspaceId).length;
    return own === 0 || this.#heads.length === 1 || this.#heads[part]?.workspaceId === this.store.workspaceId;
  }

  /** What becomes of rows of the file, by what is here now. */
  async #judge(rows: readonly FileRow[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const own of byTable(rows)) {
      const table = own[0]?.table ?? "threads";
      const pks = own.map((row) => this.#ids.get(keyOfRow(row)) ?? row.pk);
      const here = await this.store.db.table<AnyRow, string>(table).bulkGet(pks);
      const stones = this.store.local ? [] : await this.store.db.tombstones.bulkGet(pks.map((pk): [Table, string] => [table, pk]));
      own.forEach((row, i) => verdicts.push(this.#verdict(row, here[i], stones[i])));
    }
    return verdicts;
  }

  #verdict(row: FileRow, here: AnyRow | undefined, stone: Tombstone | undefined): Verdict {
    const { table } = row;
    if (here && this.mode === "append" && !this.#ids.has(keyOfRow(row)) && isOther(table, here, row.payload)) {
      if (this.#plan) return { what: "newer", row, payload: row.payload, here, back: false, author: false }; // it came after the check: it stays
      this.#ids.set(keyOfRow(row), this.#newId(row));
    }
    const moved = this.#ids.size === 0 ? row.payload : renamed(table, row.payload, (of, pk) => this.#ids.get(`${of}:${pk}`));
    const { payload, author } = this.#inOwnName(table, moved, here);
    const verdict = (what: What): Verdict => ({ what, row, payload, here, back: !here && stone !== undefined, author: author && (what === "added" || what === "changed") });
    if (!here) return verdict("added");
    if (canonical(stripStamp(table, here)) === canonical(payload)) return verdict("same");
    if (this.mode === "replace") return verdict("changed");
    return verdict(Number(payload["updated_at"]) > Number(here["updated_at"]) && here.op_id !== "" ? "changed" : "newer");
  }

  /** The same row of the same file always gets the same new id, so that importing it again doubles nothing. */
  #newId(row: FileRow): string {
    const hex = sha256(`${this.#heads[row.part]?.workspaceId ?? ""}\0${row.table}\0${row.pk}\0${String(row.payload["created_at"])}`);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  /** A row that is here keeps its author; what others made comes in under the person's own name. */
  #inOwnName(table: Table, payload: Payload, here: AnyRow | undefined): { payload: Payload; author: boolean } {
    const me = this.store.userId;
    if (me === null) return { payload, author: false };
    const known = authorIn(table, here);
    const own = inOwnName(table, payload, me, known);
    return { payload: own, author: own !== payload && known === undefined };
  }

  /** What replacing would delete: all that is not in the file and is not a device's, the server's or, in somebody else's file, one's own. */
  async #findDeletes(counts: Counts, steps: Steps): Promise<void> {
    const own = this.#heads[0]?.userId === this.store.userId;
    for (const table of [...tables].reverse()) {
      for (let last = ""; ; ) {
        steps.signal?.throwIfAborted();
        const rows = await this.store.db.table<AnyRow, string>(table).where(":id").above(last).limit(500).toArray();
        for (const row of rows) {
          last = String(row[keyOf(table)]);
          if (row.op_id === "" || reserved(table, last) || this.#lines.has(`${table}:${last}`)) continue;
          if (!own && personOf(table, last, row) !== null) continue;
          this.#deletes.push([table, last]);
          this.#expected.set(`${table}:${last}`, row.op_id);
          counts.tallies[table].deleted++;
          name(counts.names.deleted, table, row);
        }
        if (rows.length < 500) break;
      }
    }
  }

  #counts(): Counts {
    const tallies = Object.fromEntries(tables.map((t) => [t, emptyTally()])) as Record<Table, Tally>;
    const counts: Counts = {
      tallies, rows: 0, back: 0, authors: 0, names: { changed: [], deleted: [] },
      take: (verdicts) => {
        for (const v of verdicts) {
          counts.rows++;
          tallies[v.row.table][v.what]++;
          if (v.back) counts.back++;
          if (v.author) counts.authors++;
          if (v.what !== "changed") continue;
          name(counts.names.changed, v.row.table, v.payload);
          if (v.here) this.#expected.set(keyOfRow(v.row), v.here.op_id);
        }
      },
    };
    return counts;
  }
}

interface Counts {
  tallies: Record<Table, Tally>;
  rows: number;
  back: number;
  authors: number;
  names: { changed: string[]; deleted: string[] };
  take(verdicts: readonly Verdict[]): void;
}

/** An import that began on this device and has not ended. */
export async function unfinishedImport(store: Store): Promise<ImportState | null> {
  return ((await store.db.sync_state.get("import")) as ImportState | undefined) ?? null;
}

/** Whether a tab of this browser is importing into the workspace now. */
export function isImporting(store: Store, of: Lease = lease): Promise<boolean> {
  return isTaken(store, of, "import");
}

async function whatIsImported(store: Store): Promise<string> {
  const state = await unfinishedImport(store);
  return state === null ? "a file" : `${state.file}: ${state.done.toLocaleString("en-GB")} of ${state.total.toLocaleString("en-GB")} rows are in`;
}

/** The person knows of it and lets it be. */
export async function forgetImport(store: Store): Promise<void> {
  await store.db.sync_state.delete("import");
}

function name(names: string[], table: Table, row: Payload): void {
  if (names.length >= shownNames || !["threads", "posts", "projects"].includes(table)) return;
  const title = row["title"] ?? row["name"];
  names.push(typeof title === "string" && title !== "" ? title : "Untitled");
}

/** Whether the row here is another thing that happens to have the same id. A setting's name and a file's hash are the thing itself. */
function isOther(table: Table, here: Payload, row: Payload): boolean {
  return table !== "kv" && table !== "file_meta" && here["created_at"] !== row["created_at"];
}

function keyOfRow(row: { table: Table; pk: string }): string {
  return `${row.table}:${row.pk}`;
}

/** Rows in their order, those of one table together as long as they follow each other. */
function byTable(rows: readonly FileRow[]): FileRow[][] {
  const groups: FileRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.table === row.table) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function emptyTally(): Tally {
  return { added: 0, changed: 0, deleted: 0, same: 0, newer: 0 };
}

function sum(tallies: { readonly [T in Table]: Tally }): Tally {
  const all = emptyTally();
  for (const t of Object.values(tallies)) for (const k of Object.keys(all) as (keyof Tally)[]) all[k] += t[k];
  return all;
}

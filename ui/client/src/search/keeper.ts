// Keeps the index in step with the rows: reads everything once, a slice at a
// time and the newest first, then what was written, by whomever.
import { searched, type Searched, type Words } from "./finder.js";

type AnyRow = Readonly<Record<string, unknown>>;

/** Where rows come from; a Reader of sync/client fits. */
export interface Source {
  keys(table: Searched): Promise<string[]>;
  between(table: Searched, first: string, last: string): Promise<readonly AnyRow[]>;
  rows(table: Searched, keys: readonly string[]): Promise<readonly (AnyRow | undefined)[]>;
}

export interface Index {
  set(table: Searched, id: string, words: Words | undefined): void;
  has(table: Searched, id: string): boolean;
  ids(table: Searched): Iterable<string>;
}

/** Rows of one slice: questions are answered between two of them. */
const slice = 200;

export class Keeper {
  /** Keys that were written. */
  #changed = new Map<Searched, Set<string>>();
  /** Tables of which any row may have been written. */
  #unknown = new Set<Searched>();
  #total = 0;
  #done = 0;
  #whole = false;
  #working: Promise<void> | undefined;

  constructor(
    private readonly source: Source,
    private readonly index: Index,
    private readonly wordsOf: (table: Searched, row: AnyRow) => Words | undefined,
    /** Called when something came into the index or went. */
    private readonly onChange: () => void = () => undefined,
  ) {}

  /** How much is in the index, 0 to 100. */
  get percent(): number {
    return this.#whole ? 100 : this.#total === 0 ? 0 : Math.min(99, Math.floor((100 * this.#done) / this.#total));
  }

  /** Reads everything. */
  async build(): Promise<void> {
    await this.#work(async () => {
      const keys = new Map<Searched, string[]>();
      for (const table of searched) {
        const all = await this.source.keys(table);
        keys.set(table, all);
        this.#total += all.length;
      }
      for (const table of searched) await this.#read(table, keys.get(table) ?? [], (n) => (this.#done += n));
      this.#whole = true;
      this.onChange();
    });
    await this.catchUp();
  }

  /** Rows were written or deleted; undefined: some rows of the table, nobody knows which. */
  changed(table: string, keys: readonly string[] | undefined): void {
    if (!isSearched(table)) return;
    if (keys === undefined) {
      this.#unknown.add(table);
      return;
    }
    const known = this.#changed.get(table) ?? new Set();
    for (const key of keys) known.add(key);
    this.#changed.set(table, known);
  }

  /** Brings the rows whose keys are known into the index; resolves when they are there. */
  async follow(): Promise<void> {
    while (this.#whole && this.#changed.size > 0) await this.#work(() => this.#take());
  }

  /** Brings all that has changed into the index, which may mean to read whole tables. */
  async catchUp(): Promise<void> {
    await this.follow();
    while (this.#whole && this.#unknown.size > 0) {
      await this.#work(() => this.#takeUnknown());
      await this.follow();
    }
  }

  /** One thing after another, so that what is read last is what stands. */
  async #work(job: () => Promise<void>): Promise<void> {
    const before = this.#working ?? Promise.resolve();
    const now = before.catch(() => undefined).then(job);
    this.#working = now;
    await now;
  }

  async #take(): Promise<void> {
    const changed = Array.from(this.#changed);
    if (changed.length === 0) return;
    this.#changed.clear();
    for (const [table, keys] of changed) await this.#again(table, Array.from(keys));
    this.onChange();
  }

  async #takeUnknown(): Promise<void> {
    const tables = Array.from(this.#unknown);
    if (tables.length === 0) return;
    this.#unknown.clear();
    for (const table of tables) await this.#compare(table);
    this.onChange();
  }

  /** Reads some rows again. */
  async #again(table: Searched, keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += slice) {
      const part = keys.slice(i, i + slice);
      const rows = await this.source.rows(table, part);
      part.forEach((id, n) => this.#set(table, id, rows[n]));
    }
  }

  /** Reads a whole table again and takes out what is gone. */
  async #compare(table: Searched): Promise<void> {
    const keys = await this.source.keys(table);
    const here = new Set(keys);
    for (const id of Array.from(this.index.ids(table))) if (!here.has(id)) this.index.set(table, id, undefined);
    await this.#read(table, keys, () => undefined);
  }

  /** Reads rows from the last key to the first. What is written meanwhile is read in between. */
  async #read(table: Searched, keys: readonly string[], done: (n: number) => void): Promise<void> {
    for (let end = keys.length; end > 0; end -= slice) {
      const part = keys.slice(Math.max(0, end - slice), end);
      const rows = await this.source.between(table, part[0] ?? "", part.at(-1) ?? "");
      for (const row of rows) if (typeof row["id"] === "string") this.#set(table, row["id"], row);
      done(part.length);
      if (!this.#whole) {
        await this.#take();
        this.onChange();
      }
    }
  }

  #set(table: Searched, id: string, row: AnyRow | undefined): void {
    this.index.set(table, id, row === undefined ? undefined : this.wordsOf(table, row));
  }
}

const isSearched = (table: string): table is Searched => (searched as readonly string[]).includes(table);

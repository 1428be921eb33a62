// The files of a message that is being written, apart from how they are drawn.
// They outlive the form: who leaves while files are read finds them again, and a
// message that waits for them still goes.
import type { Chosen } from "../../../../sync/client/src/files/keep";
import { plainName } from "../../../../sync/client/src/files/plain_name.js";
import type { Attached } from "../app/extras";

export const mostFiles = 10;

export interface Item {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** What it is, once it is read and kept. */
  chosen?: Chosen;
  /** Bytes that are read. */
  read: number;
  /** Why it cannot be sent, in words. */
  error?: string;
}

/** What is done with files, so that the rest can be tested without a browser. */
export interface Ways {
  newKey(): string;
  /** Reads a file and keeps it on the device. */
  take(file: File, on: (done: number) => void): Promise<Chosen>;
  /** Why a file could not be taken, in words. */
  why(error: unknown): string;
  /** Keeps what stands in the form for the next time it is opened. */
  remember(files: readonly Chosen[]): Promise<unknown>;
  /** Lets go of a file that nothing else names. */
  release(hash: string): Promise<unknown>;
  /** Writes the files' rows, in the message's transaction. */
  name(files: readonly Chosen[]): Promise<void>;
  /** Files are about to be named, or are, or were not. */
  going?(files: readonly Chosen[], on: boolean): void;
  refused(words: string): Error;
}

const chosenOf = (items: readonly Item[]): Chosen[] => items.flatMap((i) => (i.chosen === undefined ? [] : [i.chosen]));
const isRead = (i: Item): boolean => i.chosen === undefined && i.error === undefined;

export class Attachments {
  items: readonly Item[] = [];
  /** Files of messages that are being stored: in no form, and not named yet. */
  #going: readonly Item[] = [];
  #waiting: string | undefined;
  #woken: (() => void)[] = [];
  readonly #heard = new Set<(sent?: string) => void>();
  /** Why the server does not take a file, in words; whoever shows the form knows. */
  refusal: (file: Chosen) => string | undefined = () => undefined;
  /** Called when it can be forgotten. */
  onIdle = (): void => undefined;

  constructor(private readonly ways: Ways) {}

  /** Hears of every change; with the words of a message when it is stored. */
  onChange(f: (sent?: string) => void): () => void {
    this.#heard.add(f);
    return () => {
      this.#heard.delete(f);
      this.#rest();
    };
  }

  /** The words of a message that goes as soon as its files are read. */
  get waiting(): string | undefined {
    return this.#waiting;
  }

  /** It can be forgotten once nobody looks and all there is of it is remembered. */
  #rest(): void {
    if (this.#heard.size === 0 && this.#going.length === 0 && this.#waiting === undefined && this.items.every((i) => i.chosen !== undefined)) this.onIdle();
  }

  /** Puts in what was remembered. */
  restore(files: readonly Chosen[]): void {
    const fresh = files.filter((c) => !this.#has(c.hash));
    this.items = [...fresh.map((chosen): Item => ({ key: this.ways.newKey(), name: chosen.facts.name, size: chosen.size, mediaType: chosen.facts.mime_type, chosen, read: chosen.size })), ...this.items];
    this.#changed();
  }

  /** Takes files in, up to ten; how many were left out. */
  add(files: readonly File[]): number {
    const some = files.slice(0, Math.max(0, mostFiles - this.items.length));
    const items = some.map((file): Item => ({ key: this.ways.newKey(), name: plainName(file.name) || "file", size: file.size, mediaType: file.type, read: 0 }));
    this.items = [...this.items, ...items];
    items.forEach((item, i) => {
      const file = some[i];
      if (file !== undefined) void this.#read(item, file);
    });
    this.#changed();
    return files.length - some.length;
  }

  async remove(item: Item): Promise<void> {
    this.items = this.items.filter((i) => i !== item);
    this.#changed();
    await this.#remember();
    if (item.chosen !== undefined && !this.#has(item.chosen.hash)) await this.ways.release(item.chosen.hash);
  }

  /** Takes all back, unless a message waits for them. */
  async clear(): Promise<void> {
    if (this.#waiting === undefined) for (const item of this.items) await this.remove(item);
  }

  /**
   * Takes all out for a message with these words, once they are read; undefined =
   * there is nothing. Refuses while one of them cannot be sent, or the server has refused it.
   */
  async send(words: string): Promise<Attached | undefined> {
    if (this.items.some(isRead)) {
      this.#waiting = words;
      this.#changed();
      while (this.items.some(isRead)) await new Promise<void>((done) => this.#woken.push(done));
      this.#waiting = undefined;
      this.#changed();
    }
    const bad = this.items.find((i) => i.error !== undefined);
    if (bad !== undefined) throw this.ways.refused(`${bad.name} cannot be sent: nothing was. Remove it or attach it again, then send.`);
    const items = this.items;
    if (items.length === 0) return undefined;
    const files = chosenOf(items);
    for (const file of files) {
      const why = this.refusal(file);
      if (why !== undefined) throw this.ways.refused(why);
    }
    this.items = [];
    this.#going = [...this.#going, ...items];
    this.ways.going?.(files, true);
    this.#changed();
    return {
      hashes: JSON.stringify(files.map((c) => c.hash)),
      write: () => this.ways.name(files),
      settle: (sent) => {
        this.#going = this.#going.filter((i) => !items.includes(i));
        if (!sent) this.items = [...items, ...this.items];
        this.ways.going?.(files, false);
        void this.#remember().then(() => this.#rest());
        for (const f of this.#heard) f(sent ? words : undefined);
      },
    };
  }

  #has(hash: string): boolean {
    return [...this.items, ...this.#going].some((i) => i.chosen?.hash === hash);
  }

  async #read(item: Item, file: File): Promise<void> {
    try {
      const chosen = await this.ways.take(file, (done) => {
        item.read = done;
        this.#changed();
      });
      if (!this.items.includes(item)) {
        if (!this.#has(chosen.hash)) await this.ways.release(chosen.hash).catch(() => undefined); // taken back while it was read
        return;
      }
      if (this.#has(chosen.hash)) this.items = this.items.filter((i) => i !== item); // the same file twice
      else item.chosen = chosen;
    } catch (error) {
      item.error = this.ways.why(error);
    }
    await this.#remember();
    this.#changed();
  }

  /** What could not be remembered is still in the form. */
  async #remember(): Promise<void> {
    await this.ways.remember(chosenOf([...this.#going, ...this.items])).catch(() => undefined);
  }

  #changed(sent?: string): void {
    for (const f of this.#heard) f(sent);
    if (!this.items.some(isRead)) for (const f of this.#woken.splice(0)) f();
    this.#rest();
  }
}

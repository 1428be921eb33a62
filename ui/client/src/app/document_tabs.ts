// Which of this browser's tabs writes a document. What is typed is kept in one
// place for all of them, so one writes at a time; the others read what it saves,
// and may take over.

import { channelOf } from "./document_lost";

export interface Word {
  readonly document: string;
  readonly tab: string;
  /** Since when that tab writes; epoch milliseconds. */
  readonly since: number;
  /**
   * ask: does anybody write? here: yes. take: let me write. given, kept: do, or
   * not now. free: I write no more. lost: what a device wrote did not stand.
   */
  readonly say: "ask" | "here" | "take" | "given" | "kept" | "free" | "lost";
  readonly what?: unknown;
}

export interface Tab {
  /** Whether there are boxes to write in. */
  writes(): boolean;
  /** Whether something is typed here that is not saved. */
  busy(): boolean;
  /** Another tab writes, or this one may again. Resolves once the page shows it. */
  turned(mine: boolean): Promise<void>;
  /** Another tab wants to write: saves what is typed here. False = not now. */
  give(): Promise<boolean>;
  /** The tab that syncs has heard of a conflict. */
  lost(conflict: unknown): void;
}

/** How long another tab may take to answer; one that sleeps never does. */
const patience = 1000;

export class DocumentTabs {
  #mine = true;
  /** 0 = it has not begun: it reads, and has no part in who writes. */
  #since = 0;
  /** What it waits for before there are boxes: until then it writes all the same. */
  #coming = 0;
  readonly #channel: BroadcastChannel | undefined;
  readonly #answers = new Set<(say: Word["say"]) => void>();
  #closed = false;

  /** `database` and `id` name the document, `tab` this tab. */
  constructor(database: string, private readonly id: string, private readonly tab: string, private readonly of: Tab) {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(channelOf(database));
    this.#channel.onmessage = (e: MessageEvent<Word>) => this.#hear(e.data);
  }

  get mine(): boolean {
    return this.#mine;
  }

  get #writes(): boolean {
    return this.#mine && this.#since > 0;
  }

  /** This tab begins to write. Resolves when another one has said that it does, or after a moment. */
  async begin(moment = 150): Promise<void> {
    this.#since = Date.now();
    this.#say("ask");
    await this.#come(this.#answer(["here"], moment));
  }

  /** The person wants to write here. False = the other tab cannot let go. */
  async take(): Promise<boolean> {
    this.#say("take");
    if ((await this.#answer(["given", "kept"], patience)) === "kept") return false;
    this.#turn();
    return true;
  }

  /** Tells the tab that writes what this one has heard. */
  pass(conflict: unknown): void {
    this.#say("lost", conflict);
  }

  /** The page goes, perhaps to come back. */
  leave(): void {
    if (this.#writes) this.#say("free");
  }

  /** The page comes back as it was. */
  back(): void {
    if (this.#writes) void this.begin();
  }

  close(): void {
    if (this.#closed) return;
    this.leave();
    this.#closed = true;
    this.#channel?.close();
  }

  #turn(): void {
    if (this.#closed) return;
    this.#mine = true;
    void this.begin();
    void this.#come(this.of.turned(true));
  }

  async #come(until: Promise<unknown>): Promise<void> {
    this.#coming++;
    await until;
    this.#coming--;
  }

  #say(say: Word["say"], what?: unknown): void {
    if (this.#closed) return;
    const word: Word = { document: this.id, tab: this.tab, since: this.#since, say, ...(what === undefined ? {} : { what }) };
    this.#channel?.postMessage(word);
  }

  #answer(of: readonly Word["say"][], ms: number): Promise<Word["say"] | undefined> {
    if (this.#channel === undefined) return Promise.resolve(undefined);
    return new Promise((done) => {
      const heard = (say: Word["say"] | undefined): void => {
        if (say !== undefined && !of.includes(say)) return;
        clearTimeout(timer);
        this.#answers.delete(heard);
        done(say);
      };
      const timer = setTimeout(() => heard(undefined), ms);
      this.#answers.add(heard);
    });
  }

  #hear(word: Word): void {
    if (this.#closed || word.document !== this.id || word.tab === this.tab) return;
    const earlier = word.since < this.#since || (word.since === this.#since && word.tab < this.tab);
    if (word.say === "ask" && this.#writes && !earlier && (this.#coming > 0 || this.of.writes())) this.#say("here");
    else if (word.say === "here" && this.#mine && earlier) this.#yield();
    else if (word.say === "take" && this.#writes) void this.#give();
    else if (word.say === "free" && !this.#mine) this.#turn();
    else if (word.say === "lost" && this.#writes) this.of.lost(word.what);
    for (const f of this.#answers) f(word.say);
  }

  /** The other one was earlier; but whoever has typed goes on. */
  #yield(): void {
    if (this.of.busy()) {
      void this.take();
      return;
    }
    this.#mine = false;
    void this.of.turned(false);
  }

  async #give(): Promise<void> {
    this.#mine = false; // from now on it answers nobody
    if (await this.of.give()) {
      this.#say("given");
      if (!this.#mine) void this.of.turned(false);
      return;
    }
    this.#mine = true;
    this.#say("kept");
  }
}

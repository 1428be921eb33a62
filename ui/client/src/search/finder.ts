// The index: which threads, messages, documents, prompts and projects hold some
// words. It keeps the words, not the texts.
import MiniSearch from "../../vendor/minisearch/minisearch.js";
import { wordsOf } from "../app/text.js";
import { fold, termsOf, wordsAsked, wordsIn } from "./words.js";

/** The tables that are looked through, those with few rows first. */
export const searched = ["threads", "projects", "posts", "messages"] as const;
export type Searched = (typeof searched)[number];

/** A row as the index sees it. */
export interface Words {
  readonly title: string;
  readonly text: string;
  /** When it was active last, in epoch seconds. */
  readonly at: number;
}

interface Known {
  readonly at: number;
  /** A sum of its words, to see whether they changed. */
  readonly sum: number;
  /** The folded title; messages have none. */
  readonly title: string;
}

/** The words of a row; undefined for what the search does not show. */
export function wordsOfRow(table: Searched, row: Readonly<Record<string, unknown>>): Words | undefined {
  const text = (name: string): string => {
    const v = row[name];
    return typeof v === "string" ? v : "";
  };
  const time = (name: string): number | undefined => {
    const v = row[name];
    return typeof v === "number" ? v : undefined;
  };
  const at = (table === "threads" ? time("last_message_at") : table === "messages" ? time("created_at") : undefined) ?? time("updated_at") ?? 0;
  switch (table) {
    case "threads": return { title: text("title"), text: "", at };
    case "projects": return { title: text("name"), text: text("description"), at };
    case "posts": return ["markdown", "prompt"].includes(text("post_type")) ? { title: text("title"), text: text("content"), at } : undefined;
    case "messages": return { title: "", text: wordsOf(row["data"]), at };
  }
}

export class Finder {
  readonly #tables = new Map<Searched, TableIndex>(searched.map((t) => [t, new TableIndex()]));

  /** Takes a row in, or what became of it; undefined takes it out. */
  set(table: Searched, id: string, words: Words | undefined): void {
    this.#of(table).set(id, words);
  }

  /** The ids that are in the index. */
  ids(table: Searched): Iterable<string> {
    return this.#of(table).ids();
  }

  has(table: Searched, id: string): boolean {
    return this.#of(table).has(id);
  }

  /** The ids of the rows that may hold all words of a query: first those with all of them in their title, the latest first in each part. */
  find(table: Searched, query: string): string[] {
    return this.#of(table).find(wordsAsked(query));
  }

  #of(table: Searched): TableIndex {
    const of = this.#tables.get(table);
    if (of === undefined) throw new Error(`${table} is not searched`);
    return of;
  }
}

class TableIndex {
  readonly #known = new Map<string, Known>();
  readonly #index = new MiniSearch<{ id: string; title: string; text: string }>({
    fields: ["title", "text"], tokenize: wordsIn, processTerm: (term) => term,
  });

  set(id: string, words: Words | undefined): void {
    const before = this.#known.get(id);
    if (words === undefined) {
      if (before !== undefined) this.#index.discard(id);
      this.#known.delete(id);
      return;
    }
    const sum = sumOf(words.title + "\n" + words.text);
    this.#known.set(id, { at: words.at, sum, title: fold(words.title) });
    if (before?.sum === sum) return;
    if (before !== undefined) this.#index.discard(id);
    this.#index.add({ id, title: words.title, text: words.text });
  }

  ids(): Iterable<string> {
    return this.#known.keys();
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  find(words: readonly string[]): string[] {
    if (words.length === 0) return [];
    const titled = Array.from(this.#known).filter(([, k]) => k.title !== "" && words.every((w) => k.title.includes(w))).map(([id]) => id);
    const first = new Set(titled);
    const found = this.#index.search(words.flatMap(termsOf).join(" "), { tokenize: (terms) => terms.split(" "), processTerm: (term) => term, combineWith: "AND", prefix: true });
    return [...this.#latestFirst(titled), ...this.#latestFirst(found.map((r): string => r.id).filter((id) => !first.has(id)))];
  }

  /** How much a text says of the words does not count: people look for what they saw lately. */
  #latestFirst(ids: readonly string[]): string[] {
    const at = (id: string): number => this.#known.get(id)?.at ?? 0;
    return Array.from(ids).sort((a, b) => at(b) - at(a) || (a < b ? 1 : -1));
  }
}

/** FNV-1a, 32 bits. */
function sumOf(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum;
}

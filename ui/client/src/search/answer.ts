// From ids to what is shown: the rows are read now, so that nothing is shown
// that is not there any more or does not say so any more.
import { wordsOfRow, searched, type Finder, type Searched } from "./finder.js";
import type { Group, Hit } from "./found.js";
import type { Source } from "./keeper.js";
import { holds, lineAround, marked } from "./line.js";
import { plain } from "../app/plain.js";
import { authorOf } from "../app/text.js";
import { wordsAsked } from "./words.js";

type AnyRow = Readonly<Record<string, unknown>>;

/** How many rows of a table are read for one answer, as a multiple of what is shown. */
const patience = 5;

export async function answerTo(finder: Finder, source: Source, query: string, limit: number): Promise<Group[]> {
  const words = wordsAsked(query);
  const groups: Group[] = [];
  for (const table of searched) {
    const hits: Hit[] = [];
    const ids = finder.find(table, query).slice(0, patience * (limit + 1));
    for (let i = 0; i < ids.length && hits.length <= limit; i += limit + 1) {
      const part = ids.slice(i, i + limit + 1);
      const rows = await source.rows(table, part);
      const threads = table === "messages" ? await source.rows("threads", rows.map((r) => textOf(r, "thread_id"))) : [];
      rows.forEach((row, n) => {
        const hit = row === undefined ? undefined : hitOf(table, row, threads[n], words);
        if (hit !== undefined) hits.push(hit);
      });
    }
    if (hits.length > 0) groups.push({ table, hits: hits.slice(0, limit), more: hits.length > limit });
  }
  const order: readonly Searched[] = ["threads", "messages", "posts", "projects"];
  return groups.sort((a, b) => order.indexOf(a.table) - order.indexOf(b.table));
}

function hitOf(table: Searched, row: AnyRow, thread: AnyRow | undefined, words: readonly string[]): Hit | undefined {
  const of = wordsOfRow(table, row);
  if (of === undefined || !holds(of.title + "\n" + of.text, words)) return undefined;
  const hit = {
    table, id: textOf(row, "id"), thread: textOf(row, "thread_id"), kind: textOf(row, "post_type"), at: of.at,
    // Nobody checks what other rows say of who made them.
    by: table === "messages" || table === "threads" ? authorOf(row) : "", device: textOf(row, "device_id"),
  };
  if (table !== "messages") return { ...hit, title: of.title === "" ? [] : marked(of.title, words), line: of.text.trim() === "" ? [] : lineAround(plain(of.text), words) };
  if (thread === undefined) return undefined; // it went with its thread
  return { ...hit, title: lineAround(plain(of.text), words), line: [{ text: textOf(thread, "title"), hit: false }] };
}

function textOf(row: AnyRow | undefined, name: string): string {
  const v = row?.[name];
  return typeof v === "string" ? v : "";
}

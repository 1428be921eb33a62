// The line of a text that holds the words, with the words marked. Everything is
// text: nothing here is ever read as markup.
import { fold, isUnspaced } from "./words.js";

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

/** A folded text that knows where each of its letters stood. */
interface Folded {
  readonly text: string;
  /** Where the letter at this place of the folded text begins and ends in the text. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

type Span = readonly [from: number, to: number];

function folded(text: string): Folded {
  const from: number[] = [];
  const to: number[] = [];
  let out = "";
  for (let i = 0; i < text.length; ) {
    const c = String.fromCodePoint(text.codePointAt(i) ?? 0);
    const f = fold(c);
    if (f === "" && to.length > 0) to[to.length - 1] = i + c.length; // a mark belongs to its letter
    for (let n = 0; n < f.length; n++) {
      from.push(i);
      to.push(i + c.length);
    }
    out += f;
    i += c.length;
  }
  return { text: out, from, to };
}

const escaped = (s: string): string => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** Before a word stands no letter, or one of a script without spaces. */
const begins = "(?<![\\p{L}\\p{N}\\p{M}])";

function pattern(word: string, anywhere: boolean): RegExp {
  return new RegExp((anywhere || isUnspaced(word) ? "" : begins) + escaped(word), "gu");
}

/** Where the words stand in a text, in its order; a word that begins nothing is looked for inside of words. */
function spans(f: Folded, words: readonly string[]): Span[] {
  const found: Span[] = [];
  for (const word of words) {
    let hits = Array.from(f.text.matchAll(pattern(word, false)));
    if (hits.length === 0) hits = Array.from(f.text.matchAll(pattern(word, true)));
    for (const m of hits) found.push([f.from[m.index] ?? 0, f.to[m.index + word.length - 1] ?? 0]);
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const apart: Span[] = [];
  for (const s of found) {
    const last = apart.at(-1);
    if (last === undefined || s[0] >= last[1]) apart.push(s);
    else if (s[1] > last[1]) apart[apart.length - 1] = [last[0], s[1]];
  }
  return apart;
}

/** Whether all words are in a text. */
export function holds(text: string, words: readonly string[]): boolean {
  const f = fold(text);
  return words.every((w) => f.includes(w));
}

/** A text with the words marked. */
export function marked(text: string, words: readonly string[]): Part[] {
  const whole = text.normalize("NFC");
  return cut(whole, spans(folded(whole), words));
}

function cut(text: string, at: readonly Span[]): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const [from, to] of at) {
    if (from > done) parts.push({ text: text.slice(done, from), hit: false });
    parts.push({ text: text.slice(from, to), hit: true });
    done = to;
  }
  if (done < text.length || parts.length === 0) parts.push({ text: text.slice(done), hit: false });
  return parts;
}

/** The line about the first of the words, at most `length` letters, with them marked. */
export function lineAround(of: string, words: readonly string[], length = 160): Part[] {
  const text = of.normalize("NFC");
  const first = spans(folded(text), words)[0]?.[0] ?? 0;
  const start = first > length / 2 ? wordAt(text, first - Math.floor(length / 3)) : 0;
  const line = text.slice(start, start + 4 * length).replace(/[\ud800-\udbff]$/, "").trim().replace(/\s+/g, " ");
  const all = Array.from(line);
  const shown = all.length > length ? all.slice(0, length).join("") + "…" : line;
  return marked((start > 0 ? "…" : "") + shown, words);
}

/** The beginning of the word at a place. */
function wordAt(text: string, at: number): number {
  for (let i = at; i > at - 60 && i > 0; i--) if (/\s/.test(text[i - 1] ?? "")) return i;
  return /[\udc00-\udfff]/.test(text[at] ?? "") ? at + 1 : at;
}

// What is one word to the search, and when two words are the same: capitals,
// accents and widths of letters do not matter. Scripts that are written without
// spaces are cut into pairs of letters, so that a word is found wherever it
// stands among them.

const unspaced = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー々\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const run = new RegExp(`[${unspaced}]+`, "gu");
const hasRun = new RegExp(`[${unspaced}]`, "u");
const word = /[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic}/gu;
/** Accents and marks that any script may carry, and joiners. */
const marks = /[\p{Script=Inherited}\u0591-\u05c7]/gu;
/** Letters whose stroke or ligature is no accent to Unicode. */
const strokes: Readonly<Record<string, string>> = { ß: "ss", ς: "σ", ø: "o", ł: "l", đ: "d", ħ: "h", æ: "ae", œ: "oe", ð: "d", þ: "th", ı: "i", ŧ: "t" };
const stroke = /[ßςøłđħæœðþıŧ]/g;
const plain = /^[\x00-\x7f]*$/;

/** A text as it is compared. */
export function fold(text: string): string {
  if (plain.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").replace(marks, "").normalize("NFC").toLowerCase().replace(stroke, (c) => strokes[c] ?? c);
}

/** The words of a text, as the index has them. */
export function wordsIn(text: string): string[] {
  const out: string[] = [];
  for (const [w] of fold(text).matchAll(word)) {
    if (!hasRun.test(w)) out.push(w);
    else for (const piece of pieces(w)) out.push(...(hasRun.test(piece) ? pairs(piece) : [piece]));
  }
  return out;
}

/** The words somebody asks for: each of them has to be there. At most eight, as on the server. */
export function wordsAsked(query: string): string[] {
  const out = new Set<string>();
  for (const [w] of fold(query).matchAll(word)) for (const piece of hasRun.test(w) ? pieces(w) : [w]) out.add(piece);
  return Array.from(out).slice(0, 8);
}

/** What the index is asked for a word: its pairs where it has no spaces. */
export function termsOf(asked: string): string[] {
  if (!hasRun.test(asked)) return [asked];
  const all = pairs(asked);
  return all.length === 1 ? all : all.slice(0, -1); // the last letter stands in the last pair
}

/** Whether a word stands anywhere in a text, rather than at the beginning of a word. */
export const isUnspaced = (asked: string): boolean => hasRun.test(asked);

function pieces(w: string): string[] {
  const out: string[] = [];
  let done = 0;
  for (const m of w.matchAll(run)) {
    if (m.index > done) out.push(w.slice(done, m.index));
    out.push(m[0]);
    done = m.index + m[0].length;
  }
  if (done < w.length) out.push(w.slice(done));
  return out;
}

/** Each letter with the one after it, and the last one alone. */
function pairs(unspacedRun: string): string[] {
  const letters = Array.from(unspacedRun);
  return letters.map((c, i) => c + (letters[i + 1] ?? ""));
}

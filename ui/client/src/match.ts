// How the palette finds commands and shows why.

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

const fold = (s: string): string => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Ranks a label against a query: 0 starts with it, 1 a word starts with it,
 * 2 contains it, -1 does not. The empty query matches everything.
 */
export function rank(label: string, query: string): number {
  const text = fold(label);
  const wanted = fold(query.trim());
  if (wanted === "" || text.startsWith(wanted)) return 0;
  if (text.split(/[^\p{L}\p{N}]+/u).some((w) => w.startsWith(wanted))) return 1;
  return text.includes(wanted) ? 2 : -1;
}

/** Splits a label around the first place the query occurs in it. */
export function split(label: string, query: string): Part[] {
  const wanted = fold(query.trim());
  if (wanted === "") return [{ text: label, hit: false }];
  // Fold letter by letter, so that places in the folded text are places in the label.
  const letters = Array.from(label);
  const folded = letters.map(fold);
  const text = folded.join("");
  const words = /[\p{L}\p{N}]+/gu;
  let at = -1;
  for (const w of text.matchAll(words)) {
    if (text.startsWith(wanted, w.index)) {
      at = w.index;
      break;
    }
  }
  if (at < 0) at = text.indexOf(wanted);
  if (at < 0) return [{ text: label, hit: false }];
  const place = (offset: number): number => {
    let sum = 0;
    let i = 0;
    while (i < folded.length && sum < offset) sum += folded[i++]?.length ?? 0;
    return i;
  };
  const [from, to] = [place(at), place(at + wanted.length)];
  return [
    { text: letters.slice(0, from).join(""), hit: false },
    { text: letters.slice(from, to).join(""), hit: true },
    { text: letters.slice(to).join(""), hit: false },
  ].filter((p) => p.text !== "");
}

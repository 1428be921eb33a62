// A text without the marks of Markdown, for lists, where it is one line and
// nothing is drawn. The server's half is internal/excerpt, with the same
// expressions in the same order; both are held to its testdata/plain.json.
import { preview } from "./text.js";

const underlined = /(^|[^\p{L}\p{N}_\\])_{1,3}([^_\s](?:[^_\n]*[^_\s])?)_{1,3}($|[^\p{L}\p{N}_])/gu;

const rules: readonly (readonly [RegExp, string])[] = [
  [/^[ \t]*(?:```|~~~).*$/gm, ""],
  [/^[ \t]*(?:(?:[-*_][ \t]*){3,}|=+[ \t]*|(?:\|[ \t]*)?:?-[-:| \t]*)$/gm, ""],
  [/^[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-+*][ \t]+(?:\[[ xX]\][ \t]+)?)?/gm, ""],
  [/^\|[ \t]*|\|[ \t]*$/gm, ""],
  [/!?\[([^[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+"[^"\n]*")?\)/g, "$1"],
  [/<(https?:\/\/[^<>\s]+)>/g, "$1"],
  [/`{1,3}([^`]+)`{1,3}/g, "$1"],
  [/(^|[^\p{L}\p{N}*\\])\*([^*\s](?:[^*\n]*[^*\s])?)\*/gu, "$1$2"],
  [/(^|[^\p{L}\p{N}*\\])\*{2,3}([^*\s](?:[^*\n]*[^*\s])?)\*{2,3}/gu, "$1$2"],
  [underlined, "$1$2$3"],
  [underlined, "$1$2$3"],
  [/~~([^~\s](?:[^~\n]*[^~\s])?)~~/g, "$1"],
  [/\\([!-/:-@[-`{-~])/g, "$1"],
];

export const plain = (text: string): string => rules.reduce((words, [marks, to]) => words.replace(marks, to), text);

/** The beginning of what somebody wrote, on one line and without marks; the server's half is Of. It counts bytes. */
export function excerpt(text: string, limit = 160): string {
  const looked = new TextEncoder().encodeInto(text, new Uint8Array(Math.max(1000, 8 * limit))).read;
  return preview(plain(text.slice(0, looked)), limit);
}

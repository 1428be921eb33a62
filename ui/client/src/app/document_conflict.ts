// Two devices wrote different texts of one document: what sync says of it, which
// of them stands, and what the person is told.
import { maxTitle } from "./thread_write";
import { sameTexts, type Texts } from "./document_write";

/** Which text the document has: the other device's, mine, or mine as it was before I typed on. */
export type Stands = "theirs" | "mine" | "earlier";

export const standsOf = (row: Texts, theirs: Texts, mine: Texts): Stands => (sameTexts(row, theirs) ? "theirs" : sameTexts(row, mine) ? "mine" : "earlier");

export interface ConflictWords {
  /** What has become of the two texts so far. */
  readonly title: string;
  /** What one can do, and where the text goes that does not stay. */
  readonly text: string;
  /** The button that leaves mine in the document. */
  readonly keep: string;
}

/** `sent` = the server has what stands here; `local` = there is no server. */
export function conflictWords(noun: string, stands: Stands, sent: boolean, local: boolean): ConflictWords {
  const who = local ? "Another window" : "Another device";
  const where = local ? "" : sent ? " and is on the server" : " on this device and waits to be sent";
  const title = {
    theirs: `${who} saved this while you were writing, and its text stands. Yours is a draft in this browser until you decide.`,
    mine: `Your text stands${where}. ${who} had saved a different one.`,
    earlier: `What you had saved stands${where}. ${who} had saved a different text, and what you typed since is a draft in this browser.`,
  }[stands];
  const keep = stands === "mine" ? "Keep mine in its place" : "Save mine in its place";
  const other = globalThis.OR3_LOCAL === true || local ? `the other becomes a ${noun} of its own.` : "the other stays in the server’s history for 30 days: owners and editors can bring it back under Admin, Sync.";
  return { title, keep, text: `Your text comes first, the other second. “Save mine as another ${noun}” and “Take theirs” keep both, as two ${noun}s. With “${keep}”, ${other}` };
}

/**
 * What the copy of a text is called: "Tides (copy of Ada, 29 November, 14:02)",
 * within the length of a title. `who` may be "".
 */
export function copyTitle(title: string, noun: string, who: string, when: string): string {
  const name = Array.from(who.replace(/[()]/g, "")).slice(0, 40).join("").trim();
  const suffix = ` (copy${name === "" ? "" : ` of ${name}`}, ${when})`;
  const letters = Array.from(title.replace(/ \(copy(?: of [^()]*)?, [^()]*\)$/, "").trim() || `Untitled ${noun}`);
  const room = maxTitle - Array.from(suffix).length;
  return (letters.length <= room ? letters.join("") : letters.slice(0, room - 1).join("").trimEnd() + "…") + suffix;
}

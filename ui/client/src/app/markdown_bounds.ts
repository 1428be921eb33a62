// Which texts are not drawn as Markdown but shown as they were written. The
// server has the same rule in ui/markdown.go, and both are held to
// ui/testdata/markdown_bounds.json. Nobody writes beyond the bounds by hand;
// there a parser takes the square of the text's length, and the page stands still.

const mostLines = 20_000;
/** "[" in a text. */
const mostBrackets = 4000;
/** "|" of the line with most of them, times the lines. */
const mostCells = 80_000;
/** Quotes and lists in each other, in one line. */
const mostDepth = 50;
/** The same, of all lines together. */
const mostNested = 5000;
/** Each block's signs that may open emphasis, code, a link, an image or a tag, squared and added up. */
const mostSigns = 4_000_000;
/** The length of what may be an address before an "@", squared and added up. */
const mostAddress = 50_000_000;

const head = /^(?:[ \t>]|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t]|$))*/;
const marker = />|[-*+]|[0-9]+[.)]/g;
/** A line that is never a paragraph's next one. */
const opens = /^[ \t\r]*$|^#{1,6} |^ {0,3}[-*+] +[^ \t\r]/;
const sign = /[*_~`<![\\@]/g;
const address = /[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]/;

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

/** Whether a text is beyond the bounds. */
export function costly(text: string): boolean {
  const lines = text.split("\n");
  if (lines.length > mostLines || count(text, /\[/g) > mostBrackets) return true;
  let [pipes, nested, signs, block] = [0, 0, 0, 0];
  for (const line of lines) {
    pipes = Math.max(pipes, count(line, /\|/g));
    const depth = depthOf(line);
    if (depth > mostDepth) return true;
    nested += depth;
    if (opens.test(line)) {
      signs += block * block;
      block = 0;
    }
    block += count(line, sign);
  }
  return pipes * lines.length > mostCells || nested > mostNested || signs + block * block > mostSigns || addresses(text) > mostAddress;
}

/** How deep in quotes and lists a line begins; 0 when it opens none. */
function depthOf(line: string): number {
  const start = head.exec(line)?.[0] ?? "";
  const markers = count(start, marker);
  return markers === 0 ? 0 : markers + Math.floor(count(start, /[ \t]/g) / 2);
}

/** What the addresses in a text may cost. */
function addresses(text: string): number {
  let [all, from] = [0, 0];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", from)) {
    let start = at;
    while (start > from && address.test(text.charAt(start - 1))) start--;
    all += (at - start) ** 2;
    from = at + 1;
  }
  return all;
}

// A document's text as the server draws it: headings one step down, lists,
// check boxes, tables, quotes, code and links. Elements are made from the
// parser's tokens, so nothing in the text is ever read as markup: HTML and
// pictures are left out, links lead to http, https, mailto or a place here.
import { lexer, Marked, type MarkedToken, type Token } from "../../vendor/marked/marked.esm.js";
import { costly } from "./markdown_bounds.js";

/** A text drawn, or in one paragraph as it was written where it cannot be. */
export function drawMarkdown(text: string): Node[] {
  const tokens = readMarkdown(text);
  return tokens === undefined ? [asWritten(text)] : blocks(tokens);
}

/** The parser's tokens; undefined for a text beyond the bounds or one the parser fails at. */
export function readMarkdown(text: string, read: typeof lexer = lexer): readonly Token[] | undefined {
  if (costly(text)) return undefined;
  try {
    return read(text, { gfm: true });
  } catch {
    return undefined;
  }
}

/** A message is typed rather than written: every line keeps its break, and HTML is the words it is. */
const typed = new Marked({ gfm: true, breaks: true, tokenizer: { html: () => undefined, tag: () => undefined } });

/** A message's Markdown drawn; undefined where it cannot be. */
export function drawMessage(text: string): Node[] | undefined {
  const tokens = readMarkdown(text, (source) => typed.lexer(source));
  return tokens === undefined ? undefined : blocks(tokens);
}

function asWritten(text: string): HTMLElement {
  const p = element("p", document.createTextNode(text));
  p.className = "as-written";
  return p;
}

// Every token the parser itself makes is one of these.
const known = (t: Token): MarkedToken => t as MarkedToken;

function blocks(tokens: readonly Token[] | undefined, tight = false): Node[] {
  return (tokens ?? []).flatMap((t) => block(known(t), tight));
}

function block(t: MarkedToken, tight: boolean): Node[] {
  switch (t.type) {
    case "heading": return [element(`h${Math.min(t.depth + 1, 6)}`, ...inlines(t.tokens))];
    case "paragraph": return tight ? inlines(t.tokens) : [element("p", ...inlines(t.tokens))];
    case "text": return "tokens" in t && t.tokens !== undefined ? (tight ? inlines(t.tokens) : [element("p", ...inlines(t.tokens))]) : [words(t.text)];
    case "blockquote": return [element("blockquote", ...blocks(t.tokens))];
    case "code": return [element("pre", element("code", document.createTextNode(t.text + "\n")))];
    case "hr": return [element("hr")];
    case "list": {
      const list = element(t.ordered ? "ol" : "ul", ...t.items.map((item) => {
        const li = element("li", ...blocks(item.tokens.filter((x) => x.type !== "checkbox"), !item.loose));
        if (item.task) {
          const box = document.createElement("input");
          box.type = "checkbox";
          box.disabled = true;
          box.setAttribute("aria-label", item.checked === true ? "Done" : "To do");
          box.toggleAttribute("checked", item.checked === true);
          li.prepend(box, " ");
        }
        return li;
      }));
      if (t.ordered && typeof t.start === "number" && t.start !== 1) list.setAttribute("start", String(t.start));
      return [list];
    }
    case "table": {
      const row = (name: "th" | "td", cells: readonly { tokens: Token[] }[]): HTMLElement => element("tr", ...cells.map((c) => element(name, ...inlines(c.tokens))));
      return [element("table", element("thead", row("th", t.header)), element("tbody", ...t.rows.map((r) => row("td", r))))];
    }
    case "html": case "space": case "def": return [];
    default: return inlines([t]);
  }
}

function inlines(tokens: readonly Token[] | undefined): Node[] {
  return (tokens ?? []).flatMap((t) => inline(known(t)));
}

function inline(t: MarkedToken): Node[] {
  switch (t.type) {
    case "strong": case "em": case "del": return [element(t.type, ...inlines(t.tokens))];
    case "codespan": return [element("code", document.createTextNode(t.text))];
    case "br": return [element("br")];
    case "link": return link(t.href, inlines(t.tokens));
    case "escape": return [document.createTextNode(t.text)];
    case "text": return "tokens" in t && t.tokens !== undefined ? inlines(t.tokens) : [words(t.text)];
    case "html": case "image": return [];
    default: return [words("text" in t && typeof t.text === "string" ? t.text : "")];
  }
}

function link(href: string, children: Node[]): Node[] {
  let to: URL;
  try {
    to = new URL(href, location.href);
  } catch {
    return children;
  }
  if (!["http:", "https:", "mailto:"].includes(to.protocol)) return children;
  const a = document.createElement("a");
  a.href = href;
  a.rel = "nofollow noreferrer noopener";
  a.append(...children);
  return [a];
}

/** Plain words; what is written as &copy; is the sign it means. */
function words(text: string): Text {
  if (!/&[#\w]/.test(text)) return document.createTextNode(text);
  const read = new DOMParser().parseFromString("<pre>\n" + text.replaceAll("<", "&lt;") + "</pre>", "text/html");
  return document.createTextNode(read.body.textContent ?? "");
}

function element(name: string, ...children: Node[]): HTMLElement {
  const e = document.createElement(name);
  e.append(...children);
  return e;
}

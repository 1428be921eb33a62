// A person's plain text as the server draws it: paragraphs, lines, and links
// that were typed out. Nothing else is read as markup.

export interface Part {
  readonly text: string;
  readonly url: string;
}

/** Paragraphs of lines of parts. */
export function textOf(text: string): Part[][][] {
  const all: Part[][][] = [];
  let open: Part[][] | undefined;
  for (const raw of text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").split("\n")) {
    const line = raw.replace(/(?<![ \t])[ \t]+$/, "");
    if (line === "") {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      all.push(open);
    }
    open.push(partsOf(line));
  }
  return all;
}

const address = /(?<![\p{L}\p{N}_])https?:\/\/[^ \t<>"”“]+/gu;

function partsOf(line: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const m of line.matchAll(address)) {
    const url = trimmed(m[0]);
    if (!hasHost(url)) continue;
    if (m.index > done) parts.push({ text: line.slice(done, m.index), url: "" });
    parts.push({ text: url, url });
    done = m.index + url.length;
  }
  if (done < line.length) parts.push({ text: line.slice(done), url: "" });
  return parts;
}

function hasHost(url: string): boolean {
  try {
    return new URL(url).host !== "";
  } catch {
    return false;
  }
}

const ends = ".,;:!?'’";

/** Leaves out the punctuation that ends the sentence around an address. However much of it there is, each sign is looked at twice. */
function trimmed(url: string): string {
  let extra = 0; // brackets that were opened before it
  for (const c of url) extra += c === ")" ? 1 : c === "(" ? -1 : 0;
  for (let end = url.length; ; end--) {
    const last = url.charAt(end - 1);
    if (last === ")" && extra > 0) extra--;
    else if (last === "" || !ends.includes(last)) return url.slice(0, end);
  }
}

export function drawText(text: string): HTMLElement[] {
  return textOf(text).map((lines) => {
    const p = document.createElement("p");
    lines.forEach((line, i) => {
      if (i > 0) p.append(document.createElement("br"));
      for (const part of line) {
        if (part.url === "") {
          p.append(part.text);
          continue;
        }
        const a = document.createElement("a");
        a.href = part.url;
        a.rel = "noopener noreferrer nofollow";
        a.textContent = part.text;
        p.append(a);
      }
    });
    return p;
  });
}

/** The words of a message's data: {"content": "…"}, a bare text, or parts with text. */
export function wordsOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null || !("content" in data)) return "";
  const content: unknown = data.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((p: unknown) => (typeof p === "object" && p !== null && "text" in p && typeof p.text === "string" ? p.text : ""))
    .filter((t) => t !== "")
    .join("\n\n");
}

/**
 * Whose row it is. The server lets nobody write another's name into the
 * author_user_id of a message or thread. A message with author_id alone is
 * nobody's: of messages that field is not held against anything there.
 */
export function authorOf(row: { readonly author_user_id?: unknown }): string {
  if (typeof row.author_user_id === "string") return row.author_user_id;
  const other: unknown = "thread_id" in row || !("author_id" in row) ? "" : row.author_id;
  return typeof other === "string" ? other : "";
}

/** The beginning of a text on one line, cut at a word; the server's half is Line in internal/excerpt. No more is read than is shown, but for the spaces between. */
export function preview(text: string, limit = 160): string {
  let line = "";
  let count = 0;
  for (const [word] of text.matchAll(/\P{White_Space}+/gu)) {
    const letters = Array.from(word.slice(0, 2 * (limit + 1))); // a letter is one or two signs: of more it is too long anyway
    if (count === 0 && letters.length > limit) return letters.slice(0, limit).join("") + "…";
    if (count > 0 && count + 1 + letters.length > limit) return line + "…";
    line += count > 0 ? " " + word : word;
    count += letters.length + (count > 0 ? 1 : 0);
  }
  return line;
}

export const plural = (n: number, one: string, many: string): string => (n === 1 ? `1 ${one}` : `${n.toLocaleString("en-GB")} ${many}`);

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name;

/** How many words a text has: what holds a letter or a digit, and not the marks of Markdown. */
export const countWords = (text: string): number => text.split(/\s+/).filter((w) => /[\p{L}\p{N}]/u.test(w)).length;

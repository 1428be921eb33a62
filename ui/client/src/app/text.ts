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
    const line = raw.replace(/[ \t]+$/, "");
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

/** Leaves out the punctuation that ends the sentence around an address. */
function trimmed(url: string): string {
  const cut = (s: string): string => s.replace(/[.,;:!?'’]+$/, "");
  let out = cut(url);
  while (out.endsWith(")") && out.split(")").length > out.split("(").length) out = cut(out.slice(0, -1));
  return out;
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

/** The beginning of a text on one line. */
export function preview(text: string, limit = 160): string {
  const line = text.slice(0, 4 * limit).trim().replace(/\s+/g, " ");
  const letters = Array.from(line);
  return letters.length <= limit ? line : letters.slice(0, limit).join("") + "…";
}

export const plural = (n: number, one: string, many: string): string => (n === 1 ? `1 ${one}` : `${n.toLocaleString("en-GB")} ${many}`);

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name;

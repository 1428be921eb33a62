// What a person typed in this browser and nobody has stored yet: texts of
// documents, messages, changes of messages and new threads.
import { myDrafts } from "./draft_key";
import { cleanOr, postTitle, sameTexts, type Texts } from "./document_write";
import { idIn, segment } from "./router";
import { excerpt } from "./plain";
import { preview } from "./text";

/** document: one's own text of a document. message, thread: a new one. edit: a change of a message. */
export type DraftKind = "document" | "message" | "thread" | "edit";

export interface KeptDraft extends Texts {
  /** Its key in the browser's storage. */
  readonly key: string;
  readonly kind: DraftKind;
  readonly workspace: string;
  /** The document, or the message that is changed; "" for what is new. */
  readonly id: string;
  /** The thread of a message; "" elsewhere. */
  readonly thread: string;
  /** Of a document: whether it is a prompt. */
  readonly prompt: boolean;
  /** Of a document: the other text beside which it waits for a decision. */
  readonly asked: boolean;
  /** Epoch milliseconds of the last key; 0 where nobody knows. */
  readonly at: number;
}

const shapes: readonly (readonly [DraftKind, RegExp])[] = [
  ["document", /^document:([^:]*):(.+)$/],
  ["thread", /^\/w\/([^/]+)\/threads$/],
  ["message", /^\/w\/([^/]+)\/t\/([^/]+)\/messages$/],
  ["edit", /^\/w\/([^/]+)\/t\/([^/]+)\/m\/([^/]+)$/],
];

function draftOf(key: string, what: string, json: string): KeptDraft | undefined {
  let kept: Record<string, unknown>;
  try {
    kept = Object(JSON.parse(json)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (name: string): string => (typeof kept[name] === "string" ? kept[name] : "");
  for (const [kind, shape] of shapes) {
    const [, workspace, first = "", second = ""] = shape.exec(what) ?? [];
    if (workspace === undefined) continue;
    const title = text("title");
    const content = text(kind === "document" ? "content" : "text");
    if (title.trim() + content.trim() === "") return undefined;
    return {
      key, kind, title, content, workspace: kind === "document" ? workspace : decodeURIComponent(workspace),
      id: kind === "document" ? first : kind === "edit" ? idIn(second) : "", thread: kind === "document" ? "" : idIn(first),
      prompt: text("kind") === "prompt", asked: typeof kept["theirs"] === "object", at: typeof kept["at"] === "number" ? kept["at"] : 0,
    };
  }
  return undefined;
}

/** The drafts of one person among what the browser keeps, the latest first. `begin` is how their keys begin. */
export function draftsAmong(kept: Iterable<readonly [string, string]>, begin: string): KeptDraft[] {
  const found: KeptDraft[] = [];
  for (const [key, json] of kept) {
    const draft = key.startsWith(begin) ? draftOf(key, key.slice(begin.length), json) : undefined;
    if (draft !== undefined) found.push(draft);
  }
  return found.sort((a, b) => b.at - a.at);
}

/** All drafts of this page's person, of every workspace. */
export function draftsHere(): KeptDraft[] {
  try {
    return draftsAmong(Object.keys(localStorage).map((key): [string, string] => [key, localStorage.getItem(key) ?? ""]), myDrafts());
  } catch {
    return []; // storage is closed to us
  }
}

/** Forgets drafts. */
export function dropDrafts(drafts: readonly KeptDraft[]): void {
  for (const d of drafts) localStorage.removeItem(d.key);
}

/** Leaves out texts of documents that are stored: what waits of them waits in the outbox. `rows` reads documents by their ids. */
export async function unstored(drafts: readonly KeptDraft[], rows: (ids: string[]) => Promise<readonly (object | undefined)[]>): Promise<KeptDraft[]> {
  const ids = drafts.filter((d) => d.kind === "document").map((d) => d.id);
  const found = ids.length === 0 ? [] : await rows(ids);
  const stored = new Map(ids.map((id, i) => [id, found[i] as Texts | undefined]));
  return drafts.filter((d) => {
    const row = stored.get(d.id);
    return d.kind !== "document" || d.asked || row === undefined || !sameTexts(row, cleanOr(d));
  });
}

/** A draft in words. `thread` is the title of the thread it belongs to, "" where that is not known. */
export function draftTitle(d: KeptDraft, thread: string): string {
  const where = thread === "" ? "" : ` in “${preview(thread, 40)}”`;
  const words = excerpt(d.content, 80);
  switch (d.kind) {
    case "document":
      return `${d.prompt ? "Prompt" : "Document"}: ${d.title.trim() || words || postTitle({ title: "", post_type: "markdown" })}`;
    case "thread":
      return `New thread: ${d.title.trim() || words}`;
    case "message":
      return `Message${where}: ${words}`;
    case "edit":
      return `Change of a message${where}: ${words}`;
  }
}

/** Where a draft can be finished. `stored` = its document is there. */
export function draftAddress(d: KeptDraft, stored: boolean): string {
  const base = `/w/${encodeURIComponent(d.workspace)}`;
  switch (d.kind) {
    case "document":
      return stored ? `${base}/documents/${segment(d.id)}` : `${base}/documents?${d.prompt ? "kind=prompt&" : ""}new=1&id=${encodeURIComponent(d.id)}`;
    case "thread":
      return `${base}?new=1`;
    case "message":
      return `${base}/t/${segment(d.thread)}`;
    case "edit":
      return `${base}/t/${segment(d.thread)}?edit=${encodeURIComponent(d.id)}#f-edit-text`;
  }
}

/**
 * Drafts as lines of a file of unsent changes: each comes back as a document of
 * its own. `at` is epoch milliseconds, `newId` makes ids.
 */
export function draftLines(of: { readonly workspace: string; readonly person: string | null; readonly at: number; newId(): string; titleOf(d: KeptDraft): string }, drafts: readonly KeptDraft[]): string {
  if (drafts.length === 0) return "";
  const seconds = Math.floor(of.at / 1000);
  const head = { type: "or3-unsent", version: 1, workspace_id: of.workspace, user_id: of.person, exported_at: seconds, ops: drafts.length };
  const lines = drafts.map((d) => {
    const id = of.newId();
    const written = Math.floor((d.at || of.at) / 1000);
    const payload = { id, title: preview(`Draft: ${of.titleOf(d)}`, 190), content: d.content, post_type: d.prompt ? "prompt" : "markdown", ...(of.person === null ? {} : { author_id: of.person }), created_at: written, updated_at: written };
    return { type: "op", what: payload.title, written: new Date(d.at || of.at).toISOString(), table: "posts", op: "put", pk: id, payload, created_at: d.at || of.at, status: "draft" };
  });
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

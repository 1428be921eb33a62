// What was typed into a document stays in this browser until it is saved and,
// where there is a server, until the server has it.
import { draftKey } from "./draft_key";
import { textsIn } from "./document_texts";
import { cleanOr, sameTexts, type Texts } from "./document_write";
import type { Context } from "./page";

export interface DocumentDraft extends Texts {
  /** Names the text it was typed over; "" while the document is new. */
  readonly base: string;
  /** The other text beside which it waits for a decision. */
  readonly theirs?: Texts;
  /** "prompt" for a prompt. */
  readonly kind?: string;
}

/** Names a text without keeping it. */
export function nameOf(t: Texts): string {
  let h = 2166136261;
  const text = t.title + "\0" + t.content;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return `${text.length}-${h >>> 0}`;
}

export function readDocumentDraft(workspace: string, id: string): DocumentDraft | undefined {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(draftKey(workspace, id)) ?? "null");
    if (typeof v !== "object" || v === null || !("title" in v) || !("content" in v) || !("base" in v)) return undefined;
    const { title, content, base } = v;
    const theirs = "theirs" in v ? textsIn(v.theirs) : undefined;
    return typeof title === "string" && typeof content === "string" && typeof base === "string" ? { title, content, base, ...(theirs === undefined ? {} : { theirs }) } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a draft; undefined forgets it. */
export function writeDocumentDraft(workspace: string, id: string, draft: DocumentDraft | undefined): void {
  try {
    if (draft === undefined) localStorage.removeItem(draftKey(workspace, id));
    else localStorage.setItem(draftKey(workspace, id), JSON.stringify({ ...draft, at: Date.now() }));
  } catch {
    // Full or closed: the text is still in the box, and saved a moment later.
  }
}

/** The ids of documents with a draft. */
export function documentDrafts(workspace: string): string[] {
  const beginning = draftKey(workspace, "");
  try {
    return Object.keys(localStorage).filter((k) => k.startsWith(beginning)).map((k) => k.slice(beginning.length));
  } catch {
    return [];
  }
}

/** Forgets drafts of texts that the server has by now. */
export async function sweepDrafts(context: Context): Promise<void> {
  for (const id of documentDrafts(context.workspace)) {
    const draft = readDocumentDraft(context.workspace, id);
    const row = await context.store.db.posts.get(id);
    if (draft !== undefined && draft.theirs === undefined && row !== undefined && (row.server_version > 0 || context.store.local) && sameTexts(row, draft)) writeDocumentDraft(context.workspace, id, undefined);
  }
}

/** A page is gone before the server has its text: the draft goes when it has. */
export function dropWhenSent(context: Context, id: string, mine: Texts): void {
  const stop = context.live(() => context.store.db.posts.get(id), (row) => {
    const ours = row !== undefined && sameTexts(row, mine);
    if (ours && row.server_version === 0) return;
    queueMicrotask(() => stop());
    const draft = readDocumentDraft(context.workspace, id);
    if (ours && draft !== undefined && draft.theirs === undefined && sameTexts(cleanOr(draft), mine)) writeDocumentDraft(context.workspace, id, undefined);
  });
}

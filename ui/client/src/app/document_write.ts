// What a person does to documents and prompts, as the server's forms do it.
import type { Row, Store } from "../../../../sync/client/src/local";
import { sameTexts, type Texts } from "./document_texts";
import { cleanTitle } from "./thread_write";

export type PostKind = "markdown" | "prompt";
export { sameTexts, textsOf, type Texts } from "./document_texts";

export const maxContent = 200_000;

export const nounOf = (kind: string): "document" | "prompt" => (kind === "prompt" ? "prompt" : "document");
export const postTitle = (p: { title: string; post_type: string }): string => p.title || `Untitled ${nounOf(p.post_type)}`;

/** Texts as they are stored. Throws Refused for a title that cannot be. */
export function cleanTexts(t: Texts): Texts {
  return { title: cleanTitle(t.title), content: t.content.replaceAll("\r\n", "\n").replaceAll("\r", "\n") };
}

/** Texts as they would be stored; as they are where they cannot be. */
export function cleanOr(t: Texts): Texts {
  try {
    return cleanTexts(t);
  } catch {
    return t;
  }
}

export const tooLong = (content: string): boolean => new TextEncoder().encode(content).length > maxContent;

export async function createPost(store: Store, id: string, kind: PostKind, texts: Texts): Promise<Row<"posts"> | undefined> {
  const now = store.seconds();
  return store.transact(["posts"], async () => {
    await store.db.posts.put({ id, ...texts, post_type: kind, ...(store.userId === null ? {} : { author_id: store.userId }), created_at: now, updated_at: now });
    return store.db.posts.get(id);
  });
}

/** What became of saving: it stands, another text does, or the document is gone. */
export type Saved = { readonly row: Row<"posts"> } | { readonly theirs: Row<"posts"> } | { readonly gone: true };

/** Replaces a post's texts if it still says what `base` does. */
export async function savePost(store: Store, id: string, base: Texts, texts: Texts): Promise<Saved> {
  return store.transact(["posts"], async (): Promise<Saved> => {
    const row = await store.db.posts.get(id);
    if (row === undefined) return { gone: true };
    if (sameTexts(row, texts)) return { row };
    if (!sameTexts(row, base)) return { theirs: row };
    await store.db.posts.put({ ...row, ...texts, updated_at: store.seconds() });
    return { row: (await store.db.posts.get(id)) ?? row };
  });
}

/**
 * Two texts of a post stay, each as a post: `other` becomes one of its own, named
 * `id`. `stands` stands in the post that is there, if it still says what `base`
 * does; what somebody else has made of it meanwhile stays.
 */
export async function keepBoth(store: Store, post: string, kind: PostKind, of: { readonly base: Texts; readonly stands: Texts; readonly other: Texts; readonly id: string }): Promise<void> {
  const now = store.seconds();
  await store.transact(["posts"], async () => {
    const row = await store.db.posts.get(post);
    if (row !== undefined && sameTexts(row, of.base) && !sameTexts(row, of.stands)) await store.db.posts.put({ ...row, ...of.stands, updated_at: now });
    await store.db.posts.put({
      id: of.id, ...of.other, post_type: kind, ...(store.userId === null ? {} : { author_id: store.userId }), ...(row?.project_id ? { project_id: row.project_id } : {}), created_at: now, updated_at: now,
    });
  }, { atomic: true });
}

export async function deletePost(store: Store, id: string): Promise<void> {
  await store.transact(["posts"], () => store.db.posts.delete(id));
}

// What a person does to threads and messages, as the server's forms do it. Every
// act is one local transaction; sending it is the store's business.
import Dexie from "./dexie";
import type { Attached } from "./extras";
import type { Json, Message, Row, Store } from "../../../../sync/client/src/local";
import { indexBehind } from "./order";

export const maxTitle = 200;
export const maxMessage = 100_000;

/** A refusal in words for the form. */
export class Refused extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

export function cleanTitle(title: string): string {
  const t = title.trim().replace(/\s+/g, " ");
  if (t.includes("\0")) throw new Refused("title", "The title holds characters that cannot be stored.");
  if (Array.from(t).length > maxTitle) throw new Refused("title", "A title has at most 200 characters.");
  return t;
}

export function cleanText(text: string): string {
  const t = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trim();
  if (t === "") throw new Refused("text", "Write something first.");
  if (t.includes("\0")) throw new Refused("text", "The message holds characters that cannot be stored.");
  if (new TextEncoder().encode(t).length > maxMessage) throw new Refused("text", "A message has at most 100,000 bytes.");
  return t;
}

/** Orders messages that two devices wrote at the same place: the time of writing, then the device. */
const orderKey = (store: Store): string => `${String(Math.round(store.now() + store.offset)).padStart(13, "0")}:0000:${store.node}`;

/** A message of this device behind `last`, the last one of its thread; undefined = there is none. With `files`, as `file_hashes` has them, it needs no words. */
export function messageAfter(store: Store, thread: string, words: string, last: { readonly index: number } | undefined, files?: string): Message {
  const content = files && !words.trim() ? "" : cleanText(words);
  const now = store.seconds();
  return {
    id: store.newId(), thread_id: thread, role: "user", index: indexBehind(last), order_key: orderKey(store), data: { content }, ...(files ? { file_hashes: files } : {}),
    ...(store.userId === null ? {} : { author_user_id: store.userId }), created_at: now, updated_at: now,
  };
}

/** The messages of a thread, in the order of reading. */
export const messagesOf = (store: Store, thread: string) =>
  store.db.messages.where("[thread_id+index+order_key]").between([thread, Dexie.minKey], [thread, Dexie.maxKey]);

export async function createThread(store: Store, of: { title: string; text: string; files?: Attached | undefined }): Promise<string> {
  const title = cleanTitle(of.title);
  const id = store.newId();
  const first = of.text.trim() === "" && of.files === undefined ? undefined : messageAfter(store, id, of.text, undefined, of.files?.hashes);
  if (title === "" && first === undefined) throw new Refused("text", "Write a title or a first message.");
  const now = store.seconds();
  await store.transact(["threads", "messages", "file_meta", "file_transfers", "file_cache"], async () => {
    await of.files?.write();
    await store.db.threads.put({
      id, status: "ready", pinned: false, forked: false, ...(title === "" ? {} : { title }), ...(first === undefined ? {} : { last_message_at: now }),
      ...(store.userId === null ? {} : { author_user_id: store.userId }), created_at: now, updated_at: now,
    });
    if (first !== undefined) await store.db.messages.put(first);
  }, { atomic: true });
  return id;
}

/** Writes a message at the end of its thread, whatever has come there since it was made; `files` writes the rows of what goes with it. */
export async function append(store: Store, message: Message, files?: () => Promise<void>): Promise<void> {
  const thread = message.thread_id;
  await store.transact(["threads", "messages", "file_meta", "file_transfers", "file_cache"], async () => {
    const [row, last] = await Promise.all([store.db.threads.get(thread), messagesOf(store, thread).last()]);
    if (row === undefined) throw new Refused("text", "This thread was deleted meanwhile. Your text is still here; start a new thread with it.");
    await files?.();
    await store.db.messages.put({ ...message, index: indexBehind(last) });
    await store.db.threads.put({ ...row, last_message_at: message.created_at, updated_at: message.updated_at });
  }, { atomic: true });
}

/** A message with other words. */
export function reworded<M extends Message>(store: Store, row: M, words: string): M {
  const content = cleanText(words);
  const old: Record<string, Json> = typeof row.data === "object" && row.data !== null && !Array.isArray(row.data) ? row.data : {};
  return { ...row, data: { ...old, content }, updated_at: Math.max(store.seconds(), row.created_at + 1) };
}

export async function editMessage(store: Store, id: string, words: string): Promise<void> {
  await store.transact(["messages"], async () => {
    const row = await store.db.messages.get(id);
    if (row === undefined) throw new Refused("text", "This message was deleted meanwhile.");
    await store.db.messages.put(reworded(store, row, words));
  });
}

export async function deleteMessage(store: Store, id: string): Promise<void> {
  await store.transact(["messages"], () => store.db.messages.delete(id));
}

async function change(store: Store, id: string, fields: Partial<Row<"threads">>): Promise<void> {
  await store.transact(["threads"], async () => {
    const row = await store.db.threads.get(id);
    if (row === undefined) throw new Refused("title", "This thread was deleted meanwhile.");
    await store.db.threads.put({ ...row, ...fields, updated_at: store.seconds() });
  });
}

export const renameThread = (store: Store, id: string, title: string): Promise<void> => change(store, id, { title: cleanTitle(title) });
export const pinThread = (store: Store, id: string, pinned: boolean): Promise<void> => change(store, id, { pinned });

/** Deletes a thread and its messages; the thread's row goes first. */
export async function deleteThread(store: Store, id: string): Promise<void> {
  await store.transact(["threads", "messages"], async () => {
    await store.db.threads.delete(id);
    await store.db.messages.bulkDelete(await messagesOf(store, id).primaryKeys());
  });
}

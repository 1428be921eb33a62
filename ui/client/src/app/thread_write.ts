// What a person does to threads and messages, as the server's forms do it. Every
// act is one local transaction; sending it is the store's business.
import Dexie from "./dexie";
import type { Json, Message, Row, Store } from "../../../../sync/client/src/local";

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

function newMessage(store: Store, thread: string, id: string, text: string, index: number): Message {
  const now = store.seconds();
  return {
    id, thread_id: thread, role: "user", index, order_key: orderKey(store), data: { content: text },
    ...(store.userId === null ? {} : { author_user_id: store.userId }), created_at: now, updated_at: now,
  };
}

/** The messages of a thread, in the order of reading. */
export const messagesOf = (store: Store, thread: string) =>
  store.db.messages.where("[thread_id+index+order_key]").between([thread, Dexie.minKey], [thread, Dexie.maxKey]);

export async function createThread(store: Store, of: { title: string; text: string }): Promise<string> {
  const title = cleanTitle(of.title);
  const text = of.text.trim() === "" ? "" : cleanText(of.text);
  if (title === "" && text === "") throw new Refused("text", "Write a title or a first message.");
  const id = store.newId();
  const now = store.seconds();
  await store.transact(["threads", "messages"], async () => {
    await store.db.threads.put({
      id, status: "ready", pinned: false, forked: false, ...(title === "" ? {} : { title }), ...(text === "" ? {} : { last_message_at: now }),
      ...(store.userId === null ? {} : { author_user_id: store.userId }), created_at: now, updated_at: now,
    });
    if (text !== "") await store.db.messages.put(newMessage(store, id, store.newId(), text, 0));
  }, { atomic: true });
  return id;
}

export async function append(store: Store, thread: string, words: string): Promise<string> {
  const text = cleanText(words);
  const id = store.newId();
  await store.transact(["threads", "messages"], async () => {
    const [row, last] = await Promise.all([store.db.threads.get(thread), messagesOf(store, thread).last()]);
    if (row === undefined) throw new Refused("text", "This thread was deleted meanwhile. Your text is still here; start a new thread with it.");
    const now = store.seconds();
    await store.db.messages.put(newMessage(store, thread, id, text, last === undefined ? 0 : last.index + 1));
    await store.db.threads.put({ ...row, last_message_at: now, updated_at: now });
  }, { atomic: true });
  return id;
}

export async function editMessage(store: Store, id: string, words: string): Promise<void> {
  const text = cleanText(words);
  await store.transact(["messages"], async () => {
    const row = await store.db.messages.get(id);
    if (row === undefined) throw new Refused("text", "This message was deleted meanwhile.");
    const old: Record<string, Json> = typeof row.data === "object" && row.data !== null && !Array.isArray(row.data) ? row.data : {};
    await store.db.messages.put({ ...row, data: { ...old, content: text }, updated_at: Math.max(store.seconds(), row.created_at + 1) });
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

// What a person has not read of a thread. How far they came stands in a private
// row of theirs for each thread, and since when anything counts in another; the
// server counts by the same rules (sync/engine/reading.go).
import { authorOf } from "./text";
import { messagesOf } from "./thread_write";
import type { Message, Row, Store } from "../../../../sync/client/src/local";

/** Counting stops here: a badge says 99+. */
export const mostUnread = 100;
/** Behind what was read so many messages are looked at for ones that arrived late. */
const lookedBehind = 20;
/** Of a thread so many messages are looked at, the latest: one with thousands of one's own is not read to its beginning. */
export const lookedAt = mostUnread + lookedBehind;
/** The longest key of a row. */
const longestName = 128;

/** The last message that was read, and the newest version among what was there. */
export interface Mark {
  readonly index: number;
  readonly order_key: string;
  readonly id: string;
  readonly version: number;
}

export const sinceName = (user: string): string => `user.${user}.read_since`;
/** Undefined for a thread whose id is too long for a row about it: it is never unread. */
export function markName(user: string, thread: string): string | undefined {
  const name = `user.${user}.read.${thread}`;
  return name.length > longestName ? undefined : name;
}

export function markOf(value: unknown): Mark | undefined {
  try {
    const v: unknown = JSON.parse(typeof value === "string" ? value : "null");
    if (typeof v !== "object" || v === null) return undefined;
    const m: Partial<Record<keyof Mark, unknown>> = v;
    if (typeof m.index !== "number" || typeof m.order_key !== "string" || typeof m.id !== "string" || typeof m.version !== "number") return undefined;
    return { index: m.index, order_key: m.order_key, id: m.id, version: m.version };
  } catch {
    return undefined;
  }
}

/** Where a message stands against another in the order of reading: below 0 is before. */
export function compare(a: Pick<Message, "index" | "order_key" | "id">, b: Pick<Message, "index" | "order_key" | "id">): number {
  if (a.index !== b.index) return a.index - b.index;
  if (a.order_key !== b.order_key) return a.order_key < b.order_key ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/**
 * Whether a message is somebody else's. One that names nobody may be this
 * person's from another device: it never counts, here or on the server.
 */
const news = (row: Row<"messages">, user: string): boolean => {
  const by = authorOf(row);
  return row.pending !== true && by !== "" && by !== user;
};

/** How many messages of a thread are unread, up to mostUnread. */
export async function unreadIn(store: Store, thread: string): Promise<number> {
  const { userId } = store;
  const name = userId === null ? undefined : markName(userId, thread);
  if (name === undefined || userId === null) return 0;
  const [row, sinceRow] = await store.db.kv.bulkGet([name, sinceName(userId)]);
  const mark = markOf(row?.value);
  const since = Number(sinceRow?.value ?? Number.POSITIVE_INFINITY);
  let unread = 0;
  let behind = 0;
  await messagesOf(store, thread).reverse().limit(lookedAt).until(() => unread >= mostUnread || behind >= lookedBehind).each((m) => {
    const read = mark === undefined ? m.created_at <= since : compare(m, mark) <= 0;
    if (read) behind++;
    // An edit gives an old message a new version: it is no news.
    if (news(m, userId) && (!read || (mark !== undefined && m.clock === 1 && m.server_version > mark.version))) unread++;
  });
  return unread;
}

/** Notes that a thread was read to its end. Nothing is written when nothing was unread. */
export async function markRead(store: Store, thread: string): Promise<void> {
  const name = store.userId === null ? undefined : markName(store.userId, thread);
  if (name === undefined) return;
  await store.transact(["kv", "messages"], async () => {
    if ((await unreadIn(store, thread)) === 0) return;
    const last = await messagesOf(store, thread).reverse().limit(lookedAt).toArray();
    const end = last[0];
    if (end === undefined) return;
    const row = await store.db.kv.get(name);
    const mark: Mark = { index: end.index, order_key: end.order_key, id: end.id, version: Math.max(markOf(row?.value)?.version ?? 0, ...last.map((m) => m.server_version)) };
    const now = store.seconds();
    await store.db.kv.put({ ...row, id: name, name, value: JSON.stringify(mark), created_at: row?.created_at ?? now, updated_at: now });
  });
}

/** What was there before the first look is not news. */
export async function beginReading(store: Store): Promise<void> {
  if (store.userId === null) return;
  const name = sinceName(store.userId);
  await store.transact(["kv"], async () => {
    if ((await store.db.kv.get(name)) !== undefined) return;
    const now = store.seconds();
    await store.db.kv.put({ id: name, name, value: String(now), created_at: now, updated_at: now });
  });
}

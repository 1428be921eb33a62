// A person's notices, as they stand on the device.
import type { Cursor } from "./notice_cursor";
import type { Row, Store } from "../../../../sync/client/src/local";

export type Notice = Row<"notifications">;

/** How many of the latest notices are looked at, and where counting ends. */
const latest = 1000;
const countTo = 100;

const isUnread = (n: Notice): boolean => !n.read_at;

/** A part of the notices, the latest first. */
export interface NoticePart {
  readonly rows: readonly Notice[];
  readonly total: number;
  readonly unread: number;
  /** Nothing later stands before them. */
  readonly latest: boolean;
  /** Others stand behind them. */
  readonly more: boolean;
}

/** At most so many notices, the latest or those behind a place. Where nothing is left behind it, the latest. */
export async function notices(store: Store, most: number, before: Cursor | undefined): Promise<NoticePart> {
  const { db } = store;
  const some = before === undefined
    ? db.notifications.orderBy("created_at").reverse()
    : db.notifications.where("created_at").belowOrEqual(before.at).reverse().filter((n) => n.created_at < before.at || n.id < before.id);
  const rows = await some.limit(most + 1).toArray();
  if (rows.length === 0 && before !== undefined) return notices(store, most, undefined);
  return { rows: rows.slice(0, most), total: await db.notifications.count(), unread: await unreadNotices(store), latest: before === undefined, more: rows.length > most };
}

/** Counts what is unread among the latest notices; a badge says 99+. */
export const unreadNotices = async (store: Store): Promise<number> => Math.min(countTo, (await store.db.notifications.orderBy("created_at").reverse().limit(latest).toArray()).filter(isUnread).length);

/** A count as a badge shows it. */
export const capped = (n: number): string => (n >= countTo ? "99+" : String(n));

/** Marks notices as read: one, or all that are unread. */
export async function readNotices(store: Store, id?: string): Promise<void> {
  await store.transact(["notifications"], async () => {
    const rows = id === undefined ? await store.db.notifications.toArray() : [await store.db.notifications.get(id)];
    const now = store.seconds();
    for (const n of rows) if (n !== undefined && isUnread(n)) await store.db.notifications.put({ ...n, read_at: now, updated_at: now });
  });
}

/**
 * Marks what one was told about a thread as read. What the device itself has to
 * say, such as that a change was replaced, is not said by the thread.
 */
export async function readAbout(store: Store, thread: string): Promise<void> {
  const about = (await store.db.notifications.orderBy("created_at").reverse().limit(latest).toArray()).filter((n) => n.thread_id === thread && isUnread(n) && !n.type.startsWith("sync."));
  for (const n of about) await readNotices(store, n.id);
}

export const clearNotices = (store: Store): Promise<void> => store.transact(["notifications"], () => store.db.notifications.clear());

// The messages that stand before a branch: those of its parent up to where it
// goes on, then those before the parent, when that is a branch itself.
import type { Message, Row, Store } from "../../../../sync/client/src/local";
import { isBranch } from "./thread_rows";

type Thread = Row<"threads">;
type MessageRow = Row<"messages">;

export interface Before {
  /** In the order of reading. */
  readonly rows: readonly MessageRow[];
  /** There are others before them. */
  readonly more: boolean;
}

/**
 * The last messages before a branch, at most `limit`. A parent or message that
 * is gone gives none.
 */
export async function beforeBranch(store: Store, thread: Thread, limit: number): Promise<Before> {
  const rows: MessageRow[] = [];
  const seen = new Set<string>(); // whoever pushes by hand can name threads as each other's parent
  for (let branch: Thread | undefined = thread; branch !== undefined && isBranch(branch);) {
    const parent: string = branch.parent_thread_id ?? "";
    const anchor: MessageRow | undefined = await store.db.messages.get(branch.anchor_message_id ?? "");
    if (seen.has(parent) || anchor === undefined || anchor.thread_id !== parent) break;
    seen.add(parent);
    const left = limit - rows.length;
    if (left <= 0) return { rows, more: true };
    const found = await store.db.messages.where("[thread_id+index+order_key]")
      .between([parent, -Infinity, -Infinity], [parent, anchor.index, anchor.order_key], true, true)
      .reverse().filter((m) => !behind(m, anchor)).limit(left + 1).toArray();
    rows.unshift(...found.slice(0, left).reverse());
    if (found.length > left) return { rows, more: true };
    branch = await store.db.threads.get(parent);
  }
  return { rows, more: false };
}

const behind = (a: Message, b: Message): boolean => a.index === b.index && a.order_key === b.order_key && a.id > b.id;

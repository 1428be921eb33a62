// Going on in a new thread, as the server's form does it: a branch shows what
// stands in the old thread, a fork copies it.
import { messagesOf, cleanTitle, Refused } from "./thread_write";
import { forkTitle } from "./fork_title";
import { after } from "./order";
import { authorOf } from "./text";
import type { Message, NewRow, Row, Store } from "../../../../sync/client/src/local";

/** How many messages a fork copies at most, and how much. */
export const maxCopied = 2000;
const copiedBytes = 16 * 1024 * 1024;
/** So many ops the server takes together or not at all. */
const mostTogether = 100;

export interface Fork {
  /** The thread's id, made when the form is shown: sending it twice forks once. */
  readonly id: string;
  readonly parent: string;
  /** A message of the parent. */
  readonly anchor: string;
  readonly copy: boolean;
  readonly title: string;
}

/** Makes the thread, and with it the copies: one transaction. */
export async function forkThread(store: Store, f: Fork): Promise<void> {
  const title = cleanTitle(forkTitle(f.title, f.copy));
  const parent = await store.db.threads.get(f.parent);
  const anchor = await store.db.messages.get(f.anchor);
  if (parent === undefined) throw new Refused("title", "This thread was deleted meanwhile.");
  if (anchor?.thread_id !== f.parent) throw new Refused("title", "This message was deleted meanwhile.");
  const copies = f.copy ? await copiesOf(store, f, anchor) : [];
  await store.transact(["threads", "messages"], async () => {
    if ((await store.db.threads.get(f.id)) !== undefined) return;
    const now = store.seconds();
    // The copies go first: nobody meets a thread that lacks half of them.
    await store.db.messages.bulkPut(copies);
    await store.db.threads.put({
      id: f.id, status: "ready", pinned: false, forked: true, created_at: now, updated_at: now, last_message_at: now,
      parent_thread_id: f.parent, anchor_message_id: anchor.id, anchor_index: anchor.index, branch_mode: f.copy ? "copy" : "reference",
      ...(store.userId === null ? {} : { author_user_id: store.userId }), ...(title === "" ? {} : { title }),
      ...(parent.project_id ? { project_id: parent.project_id } : {}), ...(parent.system_prompt_id ? { system_prompt_id: parent.system_prompt_id } : {}),
    });
  }, { atomic: copies.length < mostTogether });
}

/** Who wrote a message first: a copy of a copy names them, and not who copied before. */
const writerOf = (row: Row<"messages"> & { readonly copied_author_id?: unknown }): string =>
  typeof row.copied_author_id === "string" && row.copied_author_id !== "" ? row.copied_author_id : authorOf(row);

async function copiesOf(store: Store, f: Fork, anchor: Row<"messages">): Promise<NewRow<"messages">[]> {
  const rows = (await messagesOf(store, f.parent).until((m) => after(m, anchor)).toArray()).filter((m) => m.pending !== true);
  if (rows.length > maxCopied) throw new Refused("mode", "More than 2,000 messages lie before this one. Make a branch, which copies nothing.");
  let bytes = 0;
  const copies = rows.map((row): NewRow<"messages"> => {
    const { clock: _c, hlc: _h, op_id: _o, device_id: _d, server_version: _v, author_user_id: _a, ...fields } = row;
    bytes += JSON.stringify(fields).length;
    const copy: Message & { copied_from: string; copied_author_id?: string } = {
      ...fields, id: store.newId(), thread_id: f.id, copied_from: row.id,
      ...(store.userId === null ? {} : { author_user_id: store.userId, copied_author_id: writerOf(row) }),
    };
    return copy;
  });
  if (bytes > copiedBytes) throw new Refused("mode", "The messages before this one are too much to copy. Make a branch, which copies nothing.");
  return copies;
}

// Where a thread goes on from: a line, and in a branch the last messages that
// stand there, as the server's page has them.
import { dress } from "./avatar";
import { clone, cloneAll, slot } from "./blueprint";
import { Keyed } from "./morph";
import { drawWords } from "./message_words";
import type { Context } from "./page";
import { segment } from "./router";
import { wordsOf, authorOf } from "./text";
import { titleOf } from "./thread_list";
import { beforeBranch, type Before } from "./thread_before";
import { isBranch } from "./thread_rows";
import type { Row } from "../../../../sync/client/src/local";

type Thread = Row<"threads">;
type MessageRow = Row<"messages">;

/** So many messages of its parent a branch shows. */
const beforePerBranch = 30;

interface Found extends Before {
  readonly thread: Thread;
  readonly parent: Thread | undefined;
}

/** Keeps the origin of a thread on the page. */
export function showOrigin(context: Context, id: string, messages: HTMLElement): () => void {
  let group: { element: HTMLElement; keyed: Keyed<MessageRow> } | undefined;
  const draw = (found: Found | undefined): void => {
    const old = slot(messages, "origin");
    if (found === undefined) {
      old?.remove();
      slot(messages, "before")?.remove();
      return;
    }
    const { thread, parent, rows, more } = found;
    const title = parent === undefined ? "a thread that was deleted" : titleOf(parent);
    const address = parent === undefined ? "" : `/w/${encodeURIComponent(context.workspace)}/t/${segment(parent.id)}#m-${encodeURIComponent(thread.anchor_message_id ?? "")}`;
    const fresh = cloneAll("origin", { title, href: address }, { copy: parent !== undefined && thread.branch_mode === "copy", more, parent: (e) => { if (parent === undefined) e.replaceWith(title); } });
    const [line, before] = [slot(fresh, "origin"), slot(fresh, "before")];
    if (line === null || before === null) return;
    if (old === null) (slot(messages, "facts") ?? messages.firstElementChild)?.after(line);
    else if (old.outerHTML !== line.outerHTML) old.replaceWith(line);
    if (rows.length === 0) {
      slot(messages, "before")?.remove();
      group = undefined;
      return;
    }
    if (group?.element.isConnected !== true) {
      const element = slot(messages, "before") ?? before;
      if (element === before) element.replaceChildren();
      slot(messages, "origin")?.after(element);
      group = { element, keyed: new Keyed<MessageRow>(element, { key: (r) => r.id, signature: (r) => signature(context, r), make: (r) => messageBefore(context, r) }) };
    }
    group.element.setAttribute("aria-label", `From ${title}`);
    group.keyed.show(rows);
  };
  let last: Found | undefined;
  const stop = context.live(() => find(context, id), (found) => draw((last = found)));
  const stopPeople = context.people.onChange(() => draw(last));
  return () => {
    stop();
    stopPeople();
  };
}

async function find(context: Context, id: string): Promise<Found | undefined> {
  const thread = await context.store.db.threads.get(id);
  if (!thread?.parent_thread_id) return undefined;
  const parent = await context.store.db.threads.get(thread.parent_thread_id);
  const before = parent !== undefined && isBranch(thread) ? await beforeBranch(context.store, thread, beforePerBranch) : { rows: [], more: false };
  return { thread, parent, ...before };
}

const signature = (context: Context, row: MessageRow): string => [row.op_id, row.hlc, row.updated_at, context.people.name(authorOf(row)), context.readOnly() === ""].join("\u0001");

function messageBefore(context: Context, row: MessageRow): HTMLElement {
  const author = authorOf(row);
  const name = context.people.name(author);
  const clock = context.clock();
  const time = clock.hour(row.created_at);
  const e = clone("message-other", { workspace: context.workspace, thread: row.thread_id, message: row.id, user: author, name, hashes: row.file_hashes ?? "" }, {
    time, menu: context.readOnly() === "", text: (t) => {
      const edited = slot(t, "edited");
      t.replaceChildren(...drawWords(wordsOf(row.data)));
      if (edited !== null && row.updated_at > row.created_at) t.append(edited);
    },
  });
  if (!row.file_hashes) slot(e, "files")?.remove();
  e.setAttribute("aria-label", `${name}, ${clock.exact(row.created_at)}`);
  const label = `More for the message of ${time.textContent ?? ""}`;
  const summary = e.querySelector(".message-menu summary");
  summary?.setAttribute("aria-label", label);
  summary?.setAttribute("data-tip", label);
  dress(e.querySelector(":scope > .avatar"), author, name);
  return e;
}

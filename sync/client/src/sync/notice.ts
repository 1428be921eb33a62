import { canonical } from "../store/canonical.js";
import { sha256 } from "../store/sha256.js";
import type { Store } from "../store/store.js";
import type { Payload, Table } from "../store/types.js";
import { standing, type Lost } from "./merge.js";

// A person should learn that somebody else's write stands where theirs was.
// One unread notice per row, and never many at once: a long journey offline
// must not end in a storm.

const most = 5;
const within = 10_000;
const coolDown = 60_000;
const longest = 80;

/** What a row is called, by its table; preferences and notices themselves are not told of. */
const nouns: Partial<Record<Table, string>> = { threads: "thread", messages: "message", projects: "project", posts: "document", file_meta: "file" };

/** Whether a person has yet to decide between their text and the one that stands. */
export type Undecided = (table: Table, pk: string) => boolean;

export class Notices {
  #recent: number[] = [];
  #quietUntil = 0;

  constructor(private readonly store: Store, private readonly undecided: Undecided = () => false) {}

  async tell(lost: readonly Lost[]): Promise<void> {
    const { store } = this;
    if (store.userId === null) return;
    for (const op of lost) {
      const noun = nouns[op.table];
      if (noun === undefined) continue;
      const stands = (await standing(store, op.table, [op.pk])).get(op.pk);
      if (stands?.device_id === store.deviceId) continue; // a later write from here won after all
      const deleted = !stands?.payload;
      if (deleted ? op.op === "delete" : this.undecided(op.table, op.pk)) continue;
      if (!deleted && op.payload && words(op.payload) === words(stands?.payload ?? {})) continue; // nothing of it is lost
      const now = store.now();
      if (now < this.#quietUntil) return;
      this.#recent = [...this.#recent.filter((at) => at > now - within), now];
      if (this.#recent.length > most) {
        this.#quietUntil = now + coolDown;
        return;
      }
      // The id follows from row and person, so telling again writes the same row; it names the person, so nobody else can take it.
      const id = `user.${store.userId}.conflict.${sha256(`${op.table}\0${op.pk}`).slice(0, 32)}`;
      const before = await store.db.notifications.get(id);
      if (before && !before.read_at) continue;
      const row = stands?.payload ?? op.payload ?? {};
      const thread = op.table === "threads" ? op.pk : textOf(row, "thread_id");
      const home = op.table === "threads" || op.table === "messages" ? await store.db.threads.get(thread) : undefined;
      await store.db.notifications.put({
        id, user_id: store.userId, type: "sync.conflict",
        ...wordsFor(op, nameOf(op.table, noun, row, home?.title), deleted),
        ...(home ? { thread_id: thread } : {}), ...(op.table === "posts" && !deleted ? { document_id: op.pk } : {}),
        ...(op.op === "put" ? { actions: [{ id: "bring-back", label: "Bring yours back", kind: "history", target: op.table, data: op.pk }] } : {}),
        read_at: null, created_at: before?.created_at ?? store.seconds(), updated_at: store.seconds(),
      });
    }
  }
}

/** A row without what no person wrote: the times that writes set, and where the server keeps a file, whose facts it writes itself when the bytes arrive. */
function words(row: Payload): string {
  return canonical({ ...row, created_at: 0, updated_at: 0, last_message_at: 0, storage_id: "", storage_provider_id: "" });
}

function wordsFor(op: Lost, name: string, deleted: boolean): { title: string; body: string } {
  if (op.op === "delete") return { title: `Your deletion of ${name} did not stand`, body: "It was changed on another device, and is still there. Delete it again if it should go." };
  const kept = "Yours is kept for 30 days: owners and editors can bring it back under Admin, Sync.";
  if (deleted) return { title: `Your change to ${name} met a deletion`, body: `It was deleted on another device. ${kept}` };
  return { title: `Your change to ${name} was replaced`, body: `It was changed on another device as well, and that version stands. ${kept}` };
}

/** A row in words: by its title where it has one. */
function nameOf(table: Table, noun: string, row: Payload, thread: string | null | undefined): string {
  if (table === "messages") return thread ? `a message in “${short(thread)}”` : "a message";
  const title = textOf(row, table === "threads" || table === "posts" ? "title" : "name");
  const what = textOf(row, "post_type") === "prompt" ? "prompt" : noun;
  return title === "" ? `a ${what}` : `the ${what} “${short(title)}”`;
}

function short(title: string): string {
  const letters = Array.from(title);
  return letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : title;
}

function textOf(row: Payload, name: string): string {
  const v = row[name];
  return typeof v === "string" ? v : "";
}

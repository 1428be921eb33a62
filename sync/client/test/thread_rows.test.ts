// The app's list of threads: read once, then followed change by change.
import { afterEach, expect, test, vi } from "vitest";

import { ThreadRows, type ListResult } from "../../../ui/client/src/app/thread_rows.js";
import { append, createThread, deleteMessage, deleteThread, editMessage, messageAfter, pinThread, renameThread } from "../../../ui/client/src/app/thread_write.js";
import type { Store } from "../src/index.js";
import { asServer } from "../src/sync/merge.js";
import { message, open, thread, until } from "./lib.js";

const seconds = 1764288000;
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** What the list says, and how to ask it. */
async function follow(store: Store, query: string, limit: number): Promise<{ rows: ThreadRows; said: () => string; shown: () => number }> {
  let last: ListResult = { rows: [], more: false };
  let shown = 0;
  const rows = new ThreadRows(store, (result) => {
    last = result;
    shown++;
  }, (error) => expect(error).toBeUndefined());
  stops.push(() => rows.close());
  await rows.ask(query, limit);
  await rows.findPinned();
  return { rows, said: () => words(last), shown: () => shown };
}

const words = ({ rows, more }: ListResult): string => rows.map((r) => [r.thread.id, r.thread.title, r.thread.pinned, r.thread.op_id, r.preview, r.by].join("|")).join("\n") + (more ? "\nmore" : "");

/** What somebody reads who opens the list now. */
async function anew(store: Store, query: string, limit: number): Promise<string> {
  const { rows, said } = await follow(store, query, limit);
  rows.close();
  return said();
}

async function many(store: Store, n: number): Promise<void> {
  await asServer(store, () => store.db.threads.bulkPut(Array.from({ length: n }, (_, i) => ({
    ...thread(`t${String(i).padStart(4, "0")}`, { title: `Berth ${i}`, updated_at: seconds - i, last_message_at: seconds - i, pinned: i === n - 1 }),
    clock: 1, hlc: "1", op_id: `o${i}`, device_id: "d", server_version: i + 1,
  }))));
}

test("the list that follows what is written is the one that is read anew", async () => {
  let now = seconds * 1000;
  const store = await open({ now: () => (now += 1000) });
  stops.push(() => store.close());
  await many(store, 12);
  const lists = await Promise.all([["", 5], ["", 100], ["berth 1", 3]].map(async ([query, limit]) => ({ query: String(query), limit: Number(limit), ...(await follow(store, String(query), Number(limit))) })));
  const made: string[] = [];
  const say = async (to: string, words: string): Promise<string> => {
    const message = messageAfter(store, to, words, undefined);
    await append(store, message);
    return message.id;
  };
  const steps: (() => Promise<unknown>)[] = [
    async () => made.push(await createThread(store, { title: "Berth 1, new", text: "First words" })),
    async () => made.push(await say("t0004", "A word to the fourth")),
    () => say("t0009", "A word to the ninth"),
    () => editMessage(store, made[1] ?? "", "Another word"),
    () => renameThread(store, "t0007", "Berth 12"),
    () => pinThread(store, "t0008", true),
    () => store.db.messages.put(message("late", { thread_id: "t0004", index: 0, order_key: "", data: { content: "Said before" } })),
    () => asServer(store, () => store.db.threads.update("t0002", { updated_at: seconds - 900, last_message_at: seconds - 900, title: "Fallen behind" })),
    () => asServer(store, () => store.db.messages.bulkPut([message("a", { thread_id: "t0001", author_user_id: "u2" }), message("b", { thread_id: "t0003", index: 4 })].map((m) => ({ ...m, clock: 1, hlc: "1", op_id: `o${m.id}`, device_id: "d", server_version: 90 })))),
    () => deleteMessage(store, made[1] ?? ""),
    () => deleteThread(store, "t0000"),
    () => deleteThread(store, made[0] ?? ""),
    () => asServer(store, () => store.db.messages.clear()),
  ];
  for (const [i, step] of steps.entries()) {
    await step();
    for (const list of lists) {
      const wanted = await anew(store, list.query, list.limit);
      await until(() => list.said() === wanted, `step ${i} in the list of “${list.query}”:\n${wanted}\nbut`);
    }
  }
});

test("threads that were not read come up when those before them go, and in the search", async () => {
  const store = await open();
  stops.push(() => store.close());
  await many(store, 700);
  const list = await follow(store, "", 40);
  expect(list.said().split("\n")[0]).toContain("t0699|Berth 699|true");
  expect(list.said().split("\n")).toHaveLength(42);
  await store.db.threads.bulkDelete(Array.from({ length: 245 }, (_, i) => `t${String(i).padStart(4, "0")}`));
  const wanted = await anew(store, "", 40);
  expect(wanted).toContain("Berth 284|");
  await until(() => list.said() === wanted, "the next threads");
  await list.rows.ask("berth 69", 40);
  expect(list.said().split("\n")).toHaveLength(10);
});

test("a message costs a look at its own thread", async () => {
  const store = await open();
  stops.push(() => store.close());
  await many(store, 300);
  const list = await follow(store, "", 40);
  const [all, messages, pages] = [vi.spyOn(store.db.threads, "bulkGet"), vi.spyOn(store.db.messages, "where"), vi.spyOn(store.db.threads, "orderBy")];
  const shown = list.shown();
  await append(store, messageAfter(store, "t0003", "One word", undefined));
  await until(() => list.said().includes("One word"), "the word in the list");
  expect(list.shown()).toBe(shown + 1);
  expect(all.mock.calls).toEqual([[["t0003"]]]);
  expect(messages).toHaveBeenCalledTimes(2); // writing it looks for the last one, too
  expect(pages).not.toHaveBeenCalled();
  // One that no row shows costs nothing but that.
  await store.db.messages.put(message("far", { thread_id: "t0250" }));
  await store.db.messages.put(message("near", { thread_id: "t0004", data: { content: "Another" } }));
  await until(() => list.said().includes("Another"), "the other word in the list");
  expect(messages).toHaveBeenCalledTimes(3);
  expect(list.shown()).toBe(shown + 2);
});

test("what changes between two slices of a read is neither missing nor there twice", async () => {
  for (const change of [
    (store: Store) => store.db.threads.delete("t0000"),
    (store: Store) => renameThread(store, "t0690", "To the front"),
  ]) {
    const store = await open({ now: () => (seconds + 10) * 1000 });
    stops.push(() => store.close());
    await many(store, 700);
    const { threads } = store.db;
    const slices = threads.orderBy.bind(threads);
    const spy = vi.spyOn(threads, "orderBy").mockImplementation((index: string | string[]) => {
      const some = slices(String(index));
      if (spy.mock.calls.length !== 2) return some;
      const read = some.toArray.bind(some) as () => ReturnType<typeof some.toArray>;
      some.toArray = (() => threads.count().then(() => change(store)).then(read)) as typeof some.toArray;
      return some;
    });
    let said = "";
    const rows = new ThreadRows(store, (result) => {
      said = words(result);
      expect(new Set(result.rows.map((r) => r.thread.id)).size).toBe(result.rows.length);
    }, (error) => expect(error).toBeUndefined());
    stops.push(() => rows.close());
    await rows.ask("", 400);
    await rows.findPinned();
    const wanted = await anew(store, "", 400);
    await until(() => said === wanted, "the list that is read anew");
  }
});

test("a thread that is not pinned any more stands where it belongs", async () => {
  const store = await open();
  stops.push(() => store.close());
  await many(store, 30);
  const list = await follow(store, "", 5);
  expect(list.said().split("\n")[0]).toContain("t0029|Berth 29|true");
  await asServer(store, () => store.db.threads.update("t0029", { pinned: false }));
  const wanted = await anew(store, "", 5);
  expect(wanted).not.toContain("t0029");
  await until(() => list.said() === wanted, "the list without it");
});

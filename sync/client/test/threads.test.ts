// What the app's thread pages write and count, on the store they run on.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { forkThread } from "../../../ui/client/src/app/fork_write.js";
import { moveToProject } from "../../../ui/client/src/app/project_write.js";
import { latestPrompts, setPrompt } from "../../../ui/client/src/app/prompt_write.js";
import { mutedThreads, muteThread } from "../../../ui/client/src/app/mute_write.js";
import { beforeBranch } from "../../../ui/client/src/app/thread_before.js";
import { beginReading, lookedAt, markRead, mostUnread, unreadIn } from "../../../ui/client/src/app/unread_read.js";
import type { Store } from "../src/index.js";
import { markTransaction } from "../src/store/marks.js";
import { message, open, thread } from "./lib.js";

const seconds = 1764288000;

/** What counts as unread, for the server too. */
const counted = JSON.parse(readFileSync(new URL("../../wire/testdata/unread.json", import.meta.url), "utf8")) as { why: string; by: string; named: boolean; pending: boolean; unread: number }[];

const outbox = (store: Store) => store.db.pending_ops.orderBy("seq").toArray();
const before = async (store: Store, id: string, limit = 30) => {
  const row = await store.db.threads.get(id);
  if (row === undefined) throw new Error(`no thread ${id}`);
  const { rows, more } = await beforeBranch(store, row, limit);
  return [rows.map((m) => m.id).join(" "), more];
};

/** Rows as another person's device wrote them: nothing is captured. */
async function fromOthers(store: Store, ...rows: (Parameters<typeof message>[1] & { id: string; version: number; clock?: number })[]): Promise<void> {
  await store.db.transaction("rw", store.db.messages, async () => {
    markTransaction({ remote: true });
    await store.db.messages.bulkPut(rows.map(({ version, clock = 1, ...of }) => ({
      ...message(of.id, { author_user_id: "u2", created_at: seconds + 10, ...of }),
      clock, hlc: `1764288000000:0000:b${of.id}`, op_id: `op-${of.id}-${clock}`, device_id: "other", server_version: version,
    })));
  });
}

async function hull(store: Store): Promise<void> {
  await store.db.threads.put(thread("t1", { title: "Hull 14", project_id: "p1", system_prompt_id: "s1" }));
  await store.db.messages.bulkPut([0, 1, 2, 3].map((index) => message(`m${index}`, { index, author_user_id: index === 1 ? "u2" : "u1", order_key: "a" })));
  await store.db.pending_ops.clear();
}

describe("a thread's system prompt", () => {
  test("it is chosen, taken away, and written only when it is another", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1", { title: "Hull 14" }));
    const post = (id: string, post_type: string, updated_at: number) => ({ id, title: id, content: "", post_type, created_at: seconds, updated_at });
    await store.db.posts.bulkPut([post("old", "prompt", seconds), post("new", "prompt", seconds + 1), post("text", "markdown", seconds + 2)]);
    await store.db.pending_ops.clear();
    expect((await latestPrompts(store)).map((p) => p.id)).toEqual(["new", "old"]);
    await setPrompt(store, "t1", "new");
    await setPrompt(store, "t1", "new");
    expect((await outbox(store)).map((o) => [o.table, o.payload?.["system_prompt_id"], o.payload?.["title"]])).toEqual([["threads", "new", "Hull 14"]]);
    await expect(setPrompt(store, "t1", "text")).rejects.toThrow("Choose another");
    await expect(setPrompt(store, "t1", "gone")).rejects.toThrow("Choose another");
    await expect(setPrompt(store, "t9", "new")).rejects.toThrow("deleted");
    expect((await store.db.threads.get("t1"))?.system_prompt_id).toBe("new");
    await setPrompt(store, "t1", "");
    expect((await outbox(store)).at(-1)?.payload?.["system_prompt_id"]).toBe(null);
    store.close();
  });
});

describe("going on in a new thread", () => {
  test("a branch writes one row with the fields of the server's own", async () => {
    const store = await open();
    await hull(store);
    await forkThread(store, { id: "b1", parent: "t1", anchor: "m1", copy: false, title: "  What it   costs " });
    const [op, ...others] = await outbox(store);
    expect(others).toEqual([]);
    const { created_at, updated_at, last_message_at, ...fields } = op?.payload ?? {};
    expect(fields).toEqual({
      id: "b1", status: "ready", pinned: false, forked: true, title: "What it costs", author_user_id: "u1", project_id: "p1", system_prompt_id: "s1",
      parent_thread_id: "t1", anchor_message_id: "m1", anchor_index: 1, branch_mode: "reference",
    });
    expect([created_at, updated_at]).toEqual([last_message_at, last_message_at]);
    await forkThread(store, { id: "b1", parent: "t1", anchor: "m1", copy: false, title: "Again" });
    expect(await outbox(store)).toHaveLength(1);
    store.close();
  });

  test("a fork copies up to the message, in one group, and names the originals", async () => {
    const store = await open();
    await hull(store);
    await forkThread(store, { id: "f1", parent: "t1", anchor: "m2", copy: true, title: "" });
    const ops = await outbox(store);
    expect(ops.map((o) => `${o.table} ${o.stamp.clock}`)).toEqual(["messages 1", "messages 1", "messages 1", "threads 1"]);
    expect(new Set(ops.map((o) => o.atomic)).size).toBe(1);
    expect(ops[0]?.atomic).toBeTruthy();
    expect(ops.slice(0, 3).map((o) => [o.payload?.["copied_from"], o.payload?.["copied_author_id"], o.payload?.["author_user_id"], o.payload?.["index"], o.payload?.["thread_id"]])).toEqual([
      ["m0", "u1", "u1", 0, "f1"], ["m1", "u2", "u1", 1, "f1"], ["m2", "u1", "u1", 2, "f1"],
    ]);
    expect(ops[3]?.payload).toMatchObject({ branch_mode: "copy", anchor_message_id: "m2" });
    expect(ops[3]?.payload).not.toHaveProperty("title");
    const copied = ops[1]?.pk ?? "";
    await forkThread(store, { id: "f2", parent: "f1", anchor: copied, copy: true, title: "" });
    expect((await outbox(store)).slice(4, 6).map((o) => [o.payload?.["copied_author_id"], o.payload?.["author_user_id"]])).toEqual([["u1", "u1"], ["u2", "u1"]]);
    store.close();
  });

  test("more than a fork may copy is refused, and nothing of it stays", async () => {
    const store = await open();
    await hull(store);
    await store.db.messages.bulkPut(Array.from({ length: 2000 }, (_, i) => message(`n${i}`, { index: 10 + i })));
    const count = await store.db.messages.count();
    await expect(forkThread(store, { id: "f1", parent: "t1", anchor: "n1999", copy: true, title: "" })).rejects.toThrow("More than 2,000 messages");
    await expect(forkThread(store, { id: "f1", parent: "t1", anchor: "gone", copy: false, title: "" })).rejects.toThrow("deleted meanwhile");
    await expect(forkThread(store, { id: "f1", parent: "t1", anchor: "m1", copy: false, title: "x".repeat(201) })).rejects.toThrow("at most 200");
    expect([await store.db.messages.count(), await store.db.threads.get("f1")]).toEqual([count, undefined]);
    await forkThread(store, { id: "f1", parent: "t1", anchor: "n1999", copy: false, title: "" });
    expect(await before(store, "f1", 3)).toEqual(["n1997 n1998 n1999", true]);
    store.close();
  });

  test("a branch of a branch has the whole way there, as the server counts it", async () => {
    const store = await open();
    await hull(store);
    await forkThread(store, { id: "b1", parent: "t1", anchor: "m2", copy: false, title: "" });
    await store.db.messages.bulkPut([message("b0", { thread_id: "b1", index: 0 }), message("b9", { thread_id: "b1", index: 1 })]);
    await forkThread(store, { id: "c1", parent: "b1", anchor: "b0", copy: false, title: "" });
    expect(await before(store, "c1", 10)).toEqual(["m0 m1 m2 b0", false]);
    expect(await before(store, "c1", 4)).toEqual(["m0 m1 m2 b0", false]);
    expect(await before(store, "c1", 3)).toEqual(["m1 m2 b0", true]);
    expect(await before(store, "c1", 1)).toEqual(["b0", true]);
    expect(await before(store, "b1", 3)).toEqual(["m0 m1 m2", false]);
    await store.db.threads.delete("t1");
    expect(await before(store, "c1", 10)).toEqual(["m0 m1 m2 b0", false]); // its messages are still here
    await store.db.messages.bulkDelete(["m0", "m1", "m2", "m3"]);
    expect(await before(store, "c1", 10)).toEqual(["b0", false]);
    await store.db.messages.delete("b0");
    expect(await before(store, "c1", 10)).toEqual(["", false]);
    store.close();
  });

  test("threads that go on from each other in a circle come to an end", async () => {
    const store = await open();
    await store.db.threads.bulkPut([thread("x", { parent_thread_id: "y", anchor_message_id: "my" }), thread("y", { parent_thread_id: "x", anchor_message_id: "mx" })]);
    await store.db.messages.bulkPut([message("mx", { thread_id: "x" }), message("my", { thread_id: "y" })]);
    expect(await before(store, "x", 5)).toEqual(["mx my", false]);
    store.close();
  });
});

test("moving a thread writes its row and both trees together", async () => {
  const store = await open();
  await hull(store);
  const project = (id: string, ...entries: string[]) => ({ id, name: id, data: entries.map((e) => ({ kind: "thread", id: e })), created_at: seconds, updated_at: seconds });
  await store.db.projects.bulkPut([project("p1", "t0", "t1"), project("p2", "t9")]);
  await store.db.pending_ops.clear();
  const trees = async () => Object.fromEntries((await store.db.projects.toArray()).map((p) => [p.id, (p.data as { id: string }[]).map((e) => e.id).join(" ")]));
  await moveToProject(store, { kind: "thread", id: "t1" }, "p2");
  expect([(await store.db.threads.get("t1"))?.project_id, await trees()]).toEqual(["p2", { p1: "t0", p2: "t9 t1" }]);
  const ops = await outbox(store);
  expect(new Set(ops.map((o) => o.atomic)).size).toBe(1);
  expect(ops.map((o) => o.table).sort()).toEqual(["projects", "projects", "threads"]);
  await moveToProject(store, { kind: "thread", id: "t1" }, "p2");
  expect(await outbox(store)).toHaveLength(3);
  await expect(moveToProject(store, { kind: "thread", id: "t1" }, "gone")).rejects.toThrow("Choose another");
  await moveToProject(store, { kind: "thread", id: "t1" }, "");
  expect([(await store.db.threads.get("t1"))?.project_id, await trees()]).toEqual([null, { p1: "t0", p2: "t9" }]);
  store.close();
});

test("muting writes the row the server reads, the latest 500", async () => {
  const store = await open();
  await muteThread(store, "t1", true);
  await muteThread(store, "t2", true);
  await muteThread(store, "t1", true);
  expect(await mutedThreads(store)).toEqual(["t1", "t2"]);
  expect(await store.db.kv.get("user.u1.notification_muted_threads")).toMatchObject({ name: "user.u1.notification_muted_threads", value: '["t1","t2"]', clock: 2 });
  await muteThread(store, "t1", false);
  expect(await mutedThreads(store)).toEqual(["t2"]);
  for (let i = 0; i < 500; i++) await muteThread(store, `x${i}`, true);
  const all = await mutedThreads(store);
  expect([all.length, all[0], all[499]]).toEqual([500, "x0", "x499"]);
  store.close();
});

describe("what is unread", () => {
  const reading = async () => {
    const store = await open({ now: () => seconds * 1000 });
    await store.db.threads.put(thread("t1"));
    return store;
  };

  test("others' messages since the first look count until they are read, on no account one's own", async () => {
    const store = await reading();
    await fromOthers(store, { id: "m0", index: 0, created_at: seconds - 5, version: 1 });
    expect(await unreadIn(store, "t1")).toBe(0); // nobody has looked yet
    await beginReading(store);
    expect(await unreadIn(store, "t1")).toBe(0);
    await fromOthers(store, { id: "m1", index: 1, version: 2 }, { id: "m2", index: 2, version: 3 });
    await store.db.messages.put(message("m3", { index: 3, author_user_id: "u1", created_at: seconds + 10 }));
    expect(await unreadIn(store, "t1")).toBe(2);
    await markRead(store, "t1");
    expect(await unreadIn(store, "t1")).toBe(0);
    expect(JSON.parse((await store.db.kv.get("user.u1.read.t1"))?.value ?? "")).toEqual({ index: 3, order_key: "0", id: "m3", version: 3 });
    store.close();
  });

  test("an edit is no news, a message that arrives late is", async () => {
    const store = await reading();
    await beginReading(store);
    await fromOthers(store, { id: "m1", index: 1, version: 1 }, { id: "m5", index: 5, version: 2 });
    await markRead(store, "t1");
    await fromOthers(store, { id: "m1", index: 1, version: 3, clock: 2 });
    expect(await unreadIn(store, "t1")).toBe(0);
    await fromOthers(store, { id: "m2", index: 2, version: 4 });
    expect(await unreadIn(store, "t1")).toBe(1);
    await markRead(store, "t1");
    expect(await unreadIn(store, "t1")).toBe(0);
    store.close();
  });

  test("counting ends at a hundred, and reading writes only when there is something to note", async () => {
    const store = await reading();
    await beginReading(store);
    await fromOthers(store, ...Array.from({ length: 250 }, (_, i) => ({ id: `n${i}`, index: i, version: i + 1 })));
    expect(await unreadIn(store, "t1")).toBe(mostUnread);
    await markRead(store, "t1");
    expect(await unreadIn(store, "t1")).toBe(0);
    const ops = (await outbox(store)).length;
    await markRead(store, "t1");
    expect(await outbox(store)).toHaveLength(ops);
    store.close();
  });

  test.each(counted)("it counts as on the server: $why", async ({ by, named, pending, unread }) => {
    const store = await reading();
    await beginReading(store);
    await fromOthers(store, { id: "m1", index: 1, version: 1, author_user_id: named ? (by === "me" ? "u1" : "u2") : null, pending });
    expect(await unreadIn(store, "t1")).toBe(unread);
    store.close();
  });

  test("a thread with thousands of one's own messages is not read to its beginning", async () => {
    const store = await reading();
    await beginReading(store);
    const mine = (from: number, n: number) => Array.from({ length: n }, (_, i) => ({ id: `n${from + i}`, index: from + i, version: from + i + 1, author_user_id: "u1" }));
    await fromOthers(store, { id: "n0", index: 0, version: 1 }, ...mine(1, lookedAt - 1));
    expect(await unreadIn(store, "t1")).toBe(1);
    await fromOthers(store, ...mine(lookedAt, 1000));
    let seen = 0;
    store.db.messages.hook("reading", (row) => {
      seen++;
      return row;
    });
    expect(await unreadIn(store, "t1")).toBe(0);
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThanOrEqual(lookedAt);
    store.close();
  });

  test("without an account, and in a thread with too long an id, nothing is unread", async () => {
    const local = await openLocal();
    await local.db.messages.put(message("m1", { author_user_id: "u2" }));
    await beginReading(local);
    await markRead(local, "t1");
    expect([await unreadIn(local, "t1"), await local.db.kv.count()]).toEqual([0, 0]);
    local.close();
    const store = await reading();
    await beginReading(store);
    const long = "x".repeat(120);
    await fromOthers(store, { id: "m1", thread_id: long, version: 1 });
    await markRead(store, long);
    expect([await unreadIn(store, long), await store.db.kv.count()]).toEqual([0, 1]);
    store.close();
  });
});

const openLocal = () => open({ workspaceId: "local", userId: null, local: true });

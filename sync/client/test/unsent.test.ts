import { expect, test, vi } from "vitest";

import { watchUnsent } from "../../../ui/client/src/app/unsent.js";
import { unsentLines } from "../src/sync/export.js";
import { discard, fail, take } from "../src/sync/outbox.js";
import { message, open, thread, until } from "./lib.js";

test("what waits is told by the keys of rows and threads, whatever stands in them", async () => {
  const store = await open();
  const unsent = watchUnsent(store);
  const told = new Set<string>();
  unsent.onChange((keys) => keys.forEach((key) => told.add(key)));
  await store.db.threads.put(thread("from:elsewhere:1"));
  await store.db.messages.put(message("m:1", { thread_id: "another:thread" }));
  await until(() => told.size >= 3, "all three are told");
  expect([...told].sort()).toEqual(["another:thread", "from:elsewhere:1", "m:1"]);
  expect([unsent.of("messages", "m:1"), unsent.ofThread("another:thread"), unsent.ofThread("from:elsewhere:1")]).toEqual(["waiting", "waiting", "waiting"]);
  expect([unsent.of("threads", "m:1"), unsent.ofThread("thread")]).toEqual(["", ""]);
  unsent.close();
  store.close();
});

test("everything that waits is marked, however much it is, and loses its mark by itself", async () => {
  const store = await open();
  const ids = Array.from({ length: 2500 }, (_, i) => `m${String(i).padStart(4, "0")}`);
  for (let i = 0; i < ids.length; i += 500) await store.db.messages.bulkPut(ids.slice(i, i + 500).map((id, n) => message(id, { thread_id: `t${(i + n) % 5}` })));
  const unsent = watchUnsent(store);
  const marked = (): number => ids.filter((id) => unsent.of("messages", id) === "waiting").length;
  await until(() => marked() === ids.length, "all are marked");
  const read = vi.spyOn(store.db.pending_ops, "where");
  const load = await take(store, store.now(), 50);
  await store.db.pending_ops.bulkDelete(load?.ops.map((op) => op.id) ?? []);
  await until(() => marked() === ids.length - 50, "what has arrived is not marked any more");
  expect(unsent.ofThread("t0")).toBe("waiting");
  await store.db.messages.bulkPut(ids.slice(0, 120).map((id) => message(id, { thread_id: "t9" })));
  await until(() => marked() === ids.length && unsent.ofThread("t9") === "waiting", "what was written since is marked");
  expect(read).not.toHaveBeenCalled(); // the outbox was not read again
  await store.db.pending_ops.clear();
  await until(() => marked() === 0 && unsent.ofThread("t0") === "", "an empty outbox marks nothing");
  unsent.close();
  store.close();
});

test("a row is marked with the worst of its writes", async () => {
  const store = await open();
  await store.db.threads.put(thread("t1"));
  const unsent = watchUnsent(store);
  await until(() => unsent.ofThread("t1") === "waiting", "it waits");
  const [refused] = await store.db.pending_ops.toArray();
  if (refused === undefined) throw new Error("nothing was captured");
  await fail(store, refused, { code: "forbidden", message: "no" });
  await until(() => unsent.of("threads", "t1") === "failed", "it was refused");
  await store.db.threads.update("t1", { title: "Again" });
  expect([unsent.of("threads", "t1"), unsent.ofThread("t1")]).toEqual(["failed", "failed"]);
  await discard(store, refused.id);
  await until(() => unsent.of("threads", "t1") === "waiting", "only the other write waits");
  unsent.close();
  store.close();
});

test("a mark that could not be read is read again", async () => {
  const store = await open();
  await store.db.threads.put(thread("t1"));
  const broken = (): never => {
    throw new Error("The disk did not answer.");
  };
  vi.spyOn(store.db.pending_ops, "where").mockImplementationOnce(broken);
  const unsent = watchUnsent(store);
  await until(() => unsent.ofThread("t1") === "waiting", "the outbox is read again");
  vi.spyOn(store.db.pending_ops, "bulkGet").mockImplementationOnce(broken);
  await store.db.pending_ops.clear();
  await until(() => unsent.ofThread("t1") === "", "what has gone is looked for again");
  unsent.close();
  store.close();
});

test("the file of what waits says of each line what it is and when it was written", async () => {
  const store = await open();
  await store.db.threads.put(thread("t1", { title: "Keel survey" }));
  await store.db.messages.put(message("m1", { thread_id: "t1", data: { content: "Both below\n9 mm." } }));
  await store.db.threads.delete("t1");
  const lines = (await unsentLines(store.db, "w1", "u1")).trim().split("\n").map((l) => JSON.parse(l) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ type: "or3-unsent", about: expect.stringContaining("no server has") });
  expect(lines.slice(1).map((l) => l["what"])).toEqual(expect.arrayContaining(["Message: Both below 9 mm.", "Thread deleted"]));
  for (const l of lines.slice(1)) expect(Date.parse(String(l["written"]))).not.toBeNaN();
  store.close();
});

import { expect, test } from "vitest";

import { openReader } from "../src/store/reader.js";
import { asServer } from "../src/sync/merge.js";
import { browser, message, open, thread, until } from "./lib.js";

test("a reader reads what the store has, and hears what is written", async () => {
  const idb = browser();
  const store = await open({ idb });
  await store.db.messages.bulkPut([message("a"), message("b"), message("c")]);
  const reader = await openReader(store.db.name, idb);
  expect(await reader.keys("messages")).toEqual(["a", "b", "c"]);
  expect((await reader.between("messages", "b", "c")).map((r) => r["id"])).toEqual(["b", "c"]);
  expect((await reader.rows("messages", ["c", "nowhere"])).map((r) => r?.["id"])).toEqual(["c", undefined]);

  const heard: [string, readonly string[] | undefined][] = [];
  const stop = reader.onChange((table, keys) => heard.push([table, keys && [...keys].sort()]));
  await store.db.messages.put(message("d"));
  expect(heard).toContainEqual(["messages", ["d"]]);
  await store.db.messages.bulkDelete(["a", "b"]);
  expect(heard).toContainEqual(["messages", ["a", "b"]]);
  await asServer(store, () => store.db.threads.bulkPut([thread("t1"), thread("t2")]));
  expect(heard).toContainEqual(["threads", ["t1", "t2"]]);
  // Of a bulk write too, whoever writes, it is said which rows it was.
  const many = Array.from({ length: 120 }, (_, i) => `m${String(i).padStart(3, "0")}`);
  await store.db.messages.bulkPut(many.map((id) => message(id)));
  expect(heard).toContainEqual(["messages", many]);
  await asServer(store, () => store.db.messages.bulkPut(many.map((id) => message(id.replace("m", "s")))));
  expect(heard).toContainEqual(["messages", many.map((id) => id.replace("m", "s"))]);
  expect((await reader.keys("messages")).length).toBe(242); // and c and d
  expect(heard.filter(([table, keys]) => table === "messages" && keys === undefined)).toEqual([]);
  await asServer(store, () => store.db.messages.clear());
  expect(heard).toContainEqual(["messages", undefined]);
  await until(async () => (await reader.keys("messages")).length === 0, "the table is empty");

  const before = heard.length;
  stop();
  await store.db.messages.put(message("e"));
  expect(heard.length).toBe(before);
  reader.close();
  store.close();
});

test("of a bulk write that fails in part, the rows that failed are named by their places", async () => {
  const idb = browser();
  const store = await open({ idb });
  await store.db.messages.put(message("m070"));
  const rows = Array.from({ length: 120 }, (_, i) => message(`m${String(i).padStart(3, "0")}`));
  const failed = await store.db.messages.bulkAdd(rows).then(() => undefined, (error: unknown) => error as { failuresByPos: Record<number, Error> });
  expect(Object.keys(failed?.failuresByPos ?? {})).toEqual(["70"]);
  expect(failed?.failuresByPos[70]?.name).toBe("ConstraintError");
  expect(await store.db.messages.bulkPut(rows, { allKeys: true })).toEqual(rows.map((row) => row.id));
  expect(await store.db.messages.bulkPut(rows)).toBe("m119");
  store.close();
});

test("another workspace's writes are not heard", async () => {
  const idb = browser();
  const [here, there] = [await open({ idb }), await open({ idb, workspaceId: "w1/threads" })];
  const reader = await openReader(here.db.name, idb);
  const heard: unknown[] = [];
  reader.onChange((...change) => heard.push(change));
  await there.db.threads.put(thread("t9"));
  expect(heard).toEqual([]);
  await here.db.threads.put(thread("t1"));
  expect(heard).toContainEqual(["threads", ["t1"]]);
  reader.close();
  here.close();
  there.close();
});

test("a database that is not there is not made, and one that is removed is let go", async () => {
  const idb = browser();
  await expect(openReader("or3-db-nowhere", idb)).rejects.toThrow();
  expect((await idb.indexedDB.databases()).map((d) => d.name)).not.toContain("or3-db-nowhere");
  const store = await open({ idb });
  const reader = await openReader(store.db.name, idb);
  let closed = false;
  reader.onClosed(() => (closed = true));
  await store.db.delete();
  expect(closed).toBe(true);
  await expect(reader.keys("threads")).rejects.toThrow();
  expect(await idb.indexedDB.databases()).toEqual([]);
});

import { describe, expect, test } from "vitest";

import type { PendingOp } from "../src/store/types.js";
import { open, message, thread } from "./lib.js";

const ops = async (store: Awaited<ReturnType<typeof open>>) => (await store.db.pending_ops.orderBy("seq").toArray()).map((op) => ({ table: op.table, op: op.op, pk: op.pk, clock: op.stamp.clock }));

describe("capture", () => {
  test("a put leaves the row stamped and its op in the outbox", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1"));
    const row = await store.db.threads.get("t1");
    const [op] = await store.db.pending_ops.toArray();
    expect(row).toMatchObject({ title: "Thread t1", clock: 1, server_version: 0, device_id: store.deviceId });
    expect(op).toMatchObject({ id: row?.op_id, table: "threads", op: "put", pk: "t1", status: "pending", payload: thread("t1"), stamp: { op_id: row?.op_id, hlc: row?.hlc, clock: 1 } });
    store.close();
  });

  test("every path raises the clock: put, add, bulkPut, update, modify, delete", async () => {
    const store = await open();
    const { threads } = store.db;
    await threads.add(thread("t1"));
    await threads.put(thread("t1"));
    await threads.bulkPut([thread("t1"), thread("t2")]);
    await threads.update("t1", { title: "New" });
    await threads.where("id").equals("t1").modify({ pinned: true });
    await threads.where("id").equals("t1").modify((row) => { row.title = "Newer"; });
    expect(await threads.get("t1")).toMatchObject({ clock: 6, title: "Newer", pinned: true });
    await threads.delete("t1");
    expect(await threads.get("t1")).toBeUndefined();
    expect((await ops(store)).map((o) => `${o.op} ${o.pk} ${o.clock}`)).toEqual([
      "put t1 1", "put t1 2", "put t1 3", "put t2 1", "put t1 4", "put t1 5", "put t1 6", "delete t1 7",
    ]);
    store.close();
  });

  test.each([true, false])("what was written is told once it is on the disk, and what failed is not (local: %s)", async (local) => {
    const store = await open(local ? { local } : {});
    const told: string[][] = [];
    let inside = 0;
    store.events.on("store:written", (ops) => told.push((ops as PendingOp[]).map((op) => `${op.op} ${op.pk} ${(op.payload?.["title"] as string | undefined) ?? ""}`)));
    await store.transact(["threads"], async () => {
      await store.db.threads.bulkPut([thread("t1"), thread("t2", { title: "Second" })]);
      inside = told.length;
      await store.db.threads.delete("t1");
    });
    expect(inside).toBe(0);
    expect(told).toEqual([["put t1 Thread t1", "put t2 Second"], ["delete t1 "]]);
    await expect(store.transact(["threads"], async () => {
      await store.db.threads.put(thread("t3"));
      throw new Error("no");
    })).rejects.toThrow("no");
    expect(told).toHaveLength(2);
    store.close();
  });

  test("a deleted row stands in the tombstones and comes back above them", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1"));
    await store.db.threads.delete("t1");
    expect(await store.db.tombstones.get(["threads", "t1"])).toMatchObject({ clock: 2, server_version: 0 });
    await store.db.threads.put(thread("t1"));
    expect(await store.db.tombstones.get(["threads", "t1"])).toBeUndefined();
    expect(await store.db.threads.get("t1")).toMatchObject({ clock: 3 });
    store.close();
  });

  test("clear, bulkDelete and delete by query are deletes of every row", async () => {
    const store = await open();
    await store.db.threads.bulkPut([thread("t1"), thread("t2"), thread("t3"), thread("t4", { updated_at: 9 })]);
    await store.db.threads.where("updated_at").equals(9).delete();
    await store.db.threads.bulkDelete(["t3", "nobody"]);
    await store.db.threads.clear();
    expect((await ops(store)).filter((o) => o.op === "delete").map((o) => o.pk)).toEqual(["t4", "t3", "t1", "t2"]);
    store.close();
  });

  test("a row that says it is deleted is sent as a delete", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1"));
    await store.db.threads.put({ ...thread("t1"), deleted: true } as never);
    expect(await store.db.threads.count()).toBe(0);
    expect(await ops(store)).toEqual([{ table: "threads", op: "put", pk: "t1", clock: 1 }, { table: "threads", op: "delete", pk: "t1", clock: 2 }]);
    store.close();
  });

  test("a transaction that fails leaves neither rows nor ops nor a moved clock", async () => {
    const store = await open();
    await store.db.threads.put(thread("t0"));
    const before = await store.db.sync_state.get("clock");
    await expect(store.transact(["threads", "messages"], async () => {
      await store.db.threads.put(thread("t1"));
      await store.db.messages.put(message("m1"));
      throw new Error("no");
    })).rejects.toThrow("no");
    expect(await ops(store)).toHaveLength(1);
    expect(await store.db.threads.count()).toBe(1);
    expect(await store.db.messages.count()).toBe(0);
    expect(await store.db.sync_state.get("clock")).toEqual(before);
    store.close();
  });

  test("an add that fails leaves no op behind", async () => {
    const store = await open();
    await store.db.threads.add(thread("t1"));
    await store.db.threads.bulkAdd([thread("t1"), thread("t2")]).catch(() => undefined);
    const rows = await store.db.threads.toCollection().primaryKeys();
    const noted = new Set((await ops(store)).map((o) => o.pk));
    expect([...noted].sort()).toEqual(rows.sort());
    expect((await ops(store)).filter((o) => o.pk === "t1")).toHaveLength(1);
    store.close();
  });

  test("an atomic transaction marks its ops as one group, and refuses more than a push can hold", async () => {
    const store = await open();
    await store.transact(["threads", "messages"], async () => {
      await store.db.threads.put(thread("t1"));
      await store.db.messages.put(message("m1"));
    }, { atomic: true });
    const groups = new Set((await store.db.pending_ops.toArray()).map((op) => op.atomic));
    expect(groups.size).toBe(1);
    expect([...groups][0]).toMatch(/^[0-9a-f-]{36}$/);
    await expect(store.transact(["messages"], async () => {
      for (let i = 0; i < 101; i++) await store.db.messages.put(message(`x${i}`));
    }, { atomic: true })).rejects.toThrow("at most 100");
    expect(await store.db.messages.count()).toBe(1);
    store.close();
  });

  test("an answer that is still being written is captured once, when it is done", async () => {
    const store = await open();
    await store.db.messages.put(message("m1", { pending: true, data: { content: "a" } }));
    await store.db.messages.update("m1", { data: { content: "ab" } });
    expect(await ops(store)).toEqual([]);
    await store.db.messages.update("m1", { data: { content: "abc" }, pending: false });
    expect(await ops(store)).toEqual([{ table: "messages", op: "put", pk: "m1", clock: 1 }]);
    await store.db.messages.put(message("m2", { pending: true }));
    await store.db.messages.delete("m2");
    expect(await ops(store)).toHaveLength(1);
    store.close();
  });

  test("kv rows of this device alone are not captured", async () => {
    const store = await open({ blocklist: ["mine"] });
    for (const name of ["MODELS_CATALOG", "openrouter_api_key", "workspace.manager.cache", "mine", "theme"]) {
      await store.db.kv.put({ id: name, name, value: "x", created_at: 1, updated_at: 1 });
    }
    expect((await ops(store)).map((o) => o.pk)).toEqual(["theme"]);
    store.close();
  });

  test("rows are JSON on the disk as on the wire", async () => {
    const store = await open();
    await store.db.messages.put({ ...message("m1"), data: { content: "half \ud83d and \0", when: undefined } as never });
    expect((await store.db.messages.get("m1"))?.data).toEqual({ content: "half \ufffd and \ufffd" });
    expect((await store.db.pending_ops.toArray())[0]?.payload?.["data"]).toEqual({ content: "half \ufffd and \ufffd" });
    store.close();
  });

  test("the clock goes on after the database was closed, and each reading is later", async () => {
    const now = 1764288000000;
    const store = await open({ now: () => now });
    await store.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await store.db.threads.put(thread("t1"));
    const hlcs = (await store.db.pending_ops.orderBy("seq").toArray()).map((op) => op.stamp.hlc);
    expect(hlcs).toEqual([0, 1, 2].map((n) => `1764288000000:000${n}:${store.node}`));
    store.close();
  });

  test("without an account nothing is kept for sending", async () => {
    const store = await open({ local: true, workspaceId: "local", userId: null });
    await store.db.threads.put(thread("t1"));
    await store.db.threads.put(thread("t1"));
    await store.db.threads.put(thread("t2"));
    await store.db.threads.delete("t2");
    expect(await store.db.threads.get("t1")).toMatchObject({ clock: 2 });
    expect(await store.db.pending_ops.count()).toBe(0);
    expect(await store.db.tombstones.count()).toBe(0);
    store.close();
  });
});

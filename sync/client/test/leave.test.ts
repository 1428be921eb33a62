import { afterEach, describe, expect, test } from "vitest";

import { asServer } from "../src/sync/merge.js";
import { ForeignStore, adoptLocal, debugOf, exportDatabase, hashBlob, keepChosen, leaveDevice, listLocalDatabases, localRows } from "../src/index.js";
import { browser, device, message, open, quiet, stopAll, thread } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(stopAll);

describe("a computer that two people use", () => {
  test("another person does not open, see or send the first one's work", async () => {
    const idb = browser();
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1"));
    mine.close();
    const refused = await open({ idb, userId: "u2" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ForeignStore);
    expect(refused).toMatchObject({ userId: "u1", unsent: 1, workspaceId: "w1", locked: false });
    expect(await listLocalDatabases(idb)).toEqual([{ name: "or3-db-w1", workspaceId: "w1", userId: "u1", unsent: 1, files: 0, locked: false }]);
    expect(await exportDatabase("or3-db-w1", idb)).toContain('"pk":"t1"');
  });

  test("files that were not uploaded are told before somebody leaves", async () => {
    const idb = browser();
    const store = await open({ idb });
    const blob = new Blob(["scan"]);
    await keepChosen(store, { hash: await hashBlob(blob), size: blob.size, facts: { name: "scan.txt", mime_type: "text/plain", kind: "file" } }, blob);
    store.close();
    expect(await listLocalDatabases(idb)).toMatchObject([{ unsent: 0, files: 1 }]);
  });

  test("kept and locked: the other person works beside it, and the first one finds everything again", async () => {
    const idb = browser();
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1"));
    mine.close();
    await leaveDevice({ userId: "u1", how: "keep", idb });
    const other = await open({ idb, userId: "u2" });
    expect(await other.db.threads.count()).toBe(0);
    await other.db.threads.put(thread("t2"));
    other.close();
    const again = await open({ idb });
    expect(again.deviceId).toBe(mine.deviceId);
    expect(await again.db.threads.toCollection().primaryKeys()).toEqual(["t1"]);
    expect(await again.db.pending_ops.count()).toBe(1);
    again.close();
    const otherAgain = await open({ idb, userId: "u2" });
    expect(await otherAgain.db.threads.toCollection().primaryKeys()).toEqual(["t2"]);
    otherAgain.close();
  });

  test("removed: nothing is left, and the next device is a new one", async () => {
    const idb = browser();
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1"));
    await leaveDevice({ userId: "u1", how: "remove", idb });
    expect(mine.db.isOpen()).toBe(false);
    expect(await listLocalDatabases(idb)).toEqual([]);
    const other = await open({ idb, userId: "u2" });
    expect(other.deviceId).not.toBe(mine.deviceId);
    other.close();
  });
});

test("one database that cannot be read keeps the others neither here nor open, and it is said", async () => {
  const idb = browser();
  for (const workspaceId of ["w1", "w2", "w3"]) (await open({ idb, workspaceId })).close();
  const real = idb.indexedDB.open.bind(idb.indexedDB);
  idb.indexedDB.open = (name, version) => {
    if (name === "or3-db-w2") throw new DOMException("It is broken.", "UnknownError");
    return real(name, version);
  };
  await expect(leaveDevice({ userId: "u1", how: "keep", idb })).rejects.toThrow("It is broken.");
  idb.indexedDB.open = real;
  expect((await listLocalDatabases(idb)).map((d) => [d.name, d.locked])).toEqual([["or3-db-w1", true], ["or3-db-w2", false], ["or3-db-w3", true]]);
  idb.indexedDB.open = (name, version) => {
    if (name === "or3-db-w1") throw new DOMException("It is broken.", "UnknownError");
    return real(name, version);
  };
  await expect(leaveDevice({ userId: "u1", how: "remove", idb })).rejects.toThrow("It is broken.");
  idb.indexedDB.open = real;
  expect((await listLocalDatabases(idb)).map((d) => d.name)).toEqual(["or3-db-w1"]);
});

describe("work from before there was an account", () => {
  test("goes along into the chosen workspace, under new ids only where they collide", async () => {
    const server = new FakeServer();
    const idb = browser();
    const local = await open({ idb, workspaceId: "local", userId: null, local: true });
    await local.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await local.db.messages.bulkPut([message("m1", { thread_id: "t1" }), message("m2", { thread_id: "t2" })]);
    await local.db.projects.put({ id: "p1", name: "P", data: [{ kind: "thread", id: "t1" }], created_at: 1, updated_at: 1 });
    await local.db.kv.put({ id: "theme", name: "theme", value: "mine", created_at: 1, updated_at: 1 });
    local.close();
    expect(await localRows(idb)).toBe(6);
    const a = await device(server, { idb });
    await a.store.db.threads.put(thread("t1", { title: "The workspace's" }));
    await a.store.db.kv.put({ id: "theme", name: "theme", value: "theirs", created_at: 1, updated_at: 1 });
    await quiet(server, a);
    const adoption = await adoptLocal(a.store, { idb });
    expect(adoption).toMatchObject({ rows: 5, renamed: 1, skipped: 1 });
    await quiet(server, a);
    const { db } = a.store;
    expect((await db.threads.get("t1"))?.title).toBe("The workspace's");
    expect((await db.kv.get("theme"))?.value).toBe("theirs");
    const moved = (await db.messages.get("m1"))!.thread_id;
    expect(moved).not.toBe("t1");
    expect([...adoption.ids]).toEqual([["t1", moved]]);
    expect((await db.threads.get(moved))?.title).toBe("Thread t1");
    expect((await db.projects.get("p1"))?.data).toEqual([{ kind: "thread", id: moved }]);
    expect((await db.messages.get("m2"))?.thread_id).toBe("t2");
    expect(server.version).toBe(7);
    expect(await localRows(idb)).toBe(0);
  });

  test("comes along under one's own name, also what a backup of others had brought, with who made it beside", async () => {
    const idb = browser();
    const local = await open({ idb, workspaceId: "local", userId: null, local: true });
    const old = { ...thread("t2"), author_id: "u2" };
    await local.db.threads.bulkPut([thread("t1", { author_user_id: "u2" }), old, thread("t3")]);
    await local.db.messages.bulkPut([message("m1", { author_user_id: "u2" }), message("m2", { index: 1 }), message("m3", { index: 2, role: "assistant", author_user_id: "u2" })]);
    local.close();
    const mine = await open({ idb });
    await adoptLocal(mine, { idb });
    expect(await mine.db.threads.bulkGet(["t1", "t2"])).toMatchObject([{ author_user_id: "u1", copied_author_id: "u2" }, { author_id: "u1", copied_author_id: "u2" }]);
    expect(await mine.db.threads.get("t3")).not.toHaveProperty("author_user_id");
    expect(await mine.db.messages.bulkGet(["m1", "m2", "m3"])).toMatchObject([{ author_user_id: "u1", copied_author_id: "u2" }, { author_user_id: "u1" }, { author_user_id: "u1", copied_author_id: "u2" }]);
    expect(await mine.db.messages.get("m2")).not.toHaveProperty("copied_author_id");
    mine.close();
  });

  test("what another tab wrote while it was taken along is not removed with the rest, and comes along the next time", async () => {
    const idb = browser();
    const tab = await open({ idb, workspaceId: "local", userId: null, local: true });
    await tab.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await tab.db.messages.put(message("m1"));
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1", { title: "The workspace's" }));
    // The other tab writes when the rows have been read and are being taken.
    let wrote: Promise<unknown> = Promise.resolve();
    const deaf = mine.events.on("sync.op:action:captured", () => {
      deaf();
      wrote = tab.db.messages.put(message("m2", { index: 1 }));
    });
    expect(await adoptLocal(mine, { idb })).toMatchObject({ rows: 3, renamed: 1 });
    await wrote;
    expect(tab.db.isOpen()).toBe(true);
    expect(await localRows(idb)).toBe(1);
    expect(await adoptLocal(mine, { idb })).toMatchObject({ rows: 1, renamed: 0, skipped: 0 });
    const moved = (await mine.db.messages.get("m1"))!.thread_id;
    expect(moved).not.toBe("t1");
    expect((await mine.db.messages.get("m2"))?.thread_id).toBe(moved);
    expect(await mine.db.threads.count()).toBe(3);
    expect(await localRows(idb)).toBe(0);
    mine.close();
  });

  test("a browser that died after taking it along takes only what was written since", async () => {
    const idb = browser();
    const mine = await open({ idb });
    const local = await open({ idb, workspaceId: "local", userId: null, local: true });
    const rows = [thread("t1"), thread("t2")];
    await local.db.threads.bulkPut(rows);
    const kept = await local.db.threads.toArray();
    // As it is after the crash: taken, and the local database is still there.
    const device = (await local.db.sync_state.get("device"))!;
    local.close();
    await adoptLocal(mine, { idb });
    const again = await open({ idb, workspaceId: "local", userId: null, local: true });
    await again.db.sync_state.put(device);
    again.close();
    const back = await open({ idb, workspaceId: "local", userId: null, local: true });
    await asServer(back, () => back.db.threads.bulkPut(kept));
    await back.db.threads.put(thread("t3"));
    back.close();
    expect(await adoptLocal(mine, { idb })).toMatchObject({ rows: 1, renamed: 0, skipped: 0 });
    expect((await mine.db.threads.toCollection().primaryKeys()).sort()).toEqual(["t1", "t2", "t3"]);
    mine.close();
  });
});

test("debug tells status, counts, digest and rows", async () => {
  const store = await open();
  await store.db.threads.put(thread("t1"));
  const debug = debugOf(store, null);
  expect(debug.status()).toBeNull();
  expect(await debug.counts()).toMatchObject({ threads: 1, pending_ops: 1, messages: 0 });
  expect((await debug.digest()).rows).toBe(1);
  expect((await debug.dump("threads", "file_blobs"))).toEqual({ threads: [await store.db.threads.get("t1")] });
  store.close();
});

// Devices that start over: first loads, long absences, restored backups.
import { afterEach, describe, expect, test } from "vitest";

import { device, message, phase, quiet, stopAll, thread, until } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(stopAll);

describe("starting over", () => {
  test("the first load comes in pages and survives being cut off", async () => {
    const server = new FakeServer();
    for (let i = 0; i < 25; i++) server.write("threads", thread(`t${String(i).padStart(2, "0")}`) as never);
    server.write("threads", null, { pk: "t03" });
    let cut = 1;
    server.before = ({ path, body }) => (path === "/api/sync/snapshot" && body["page_token"] !== undefined && cut-- > 0 ? new Error("cut") : null);
    const a = await device(server, {}, { pages: { pull: 7, snapshot: 10 } });
    await quiet(server, a);
    expect(await a.store.db.threads.count()).toBe(24);
    expect(await a.store.db.tombstones.count()).toBe(1);
    expect(await a.store.db.pending_ops.count()).toBe(0);
  });

  test("after a long absence: rows that have gone go, unsent writes stay, and one to a row that has gone is shown", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.bulkPut([thread("kept"), thread("gone"), thread("edited")]);
    await quiet(server, a);
    let away = true;
    server.before = () => (away ? new Error("offline") : null);
    await phase(a, "offline", "synced");
    await a.store.db.threads.update("edited", { title: "Edited offline" });
    await a.store.db.threads.update("kept", { title: "Kept offline" });
    await a.store.db.threads.put(thread("new"));
    for (const stream of server.streams) stream.end();
    server.write("threads", null, { pk: "gone" });
    server.write("threads", null, { pk: "edited" });
    server.collect(server.version);
    away = false;
    a.sync.wake();
    await phase(a, "failed");
    await until(async () => (await a.store.db.pending_ops.filter((op) => op.status !== "failed").count()) === 0);
    expect((await a.store.db.threads.toCollection().primaryKeys()).sort()).toEqual(["kept", "new"]);
    expect(await a.sync.waiting()).toMatchObject([{ pk: "edited", status: "failed", error: { code: "row_gone" }, payload: { title: "Edited offline" } }]);
    expect(server.rows.get("threads kept")?.payload?.["title"]).toBe("Kept offline");
    expect(server.rows.has("threads edited")).toBe(false);
    await a.sync.retry((await a.sync.waiting())[0]!.id);
    await quiet(server, a);
    expect(server.rows.get("threads edited")?.payload?.["title"]).toBe("Edited offline");
  });

  test("after a long absence a write that may have arrived is shown, one that cannot have arrived is sent", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("kept"));
    await quiet(server, a);
    let lost = 0;
    let away = false;
    server.after = ({ path }) => (path === "/api/sync/push" ? new Error(`lost ${++lost}`) : null);
    server.before = () => (away ? new Error("offline") : null);
    await a.store.db.threads.put(thread("arrived"));
    await until(() => lost > 0 && server.rows.has("threads arrived"), "the push arrived");
    away = true;
    server.after = () => null;
    await phase(a, "offline");
    await a.store.db.threads.put(thread("waited"));
    for (const stream of server.streams) stream.end();
    server.write("threads", null, { pk: "arrived" });
    server.collect(server.version);
    away = false;
    a.sync.wake();
    await phase(a, "failed");
    await until(() => server.rows.has("threads waited"), "what waited is sent");
    expect(await a.sync.waiting()).toMatchObject([{ pk: "arrived", status: "failed", error: { code: "row_gone" } }]);
    expect(server.rows.has("threads arrived")).toBe(false);
  });

  test("an older backup comes back: what the server lost is pushed again with its first stamps", async () => {
    const server = new FakeServer();
    const a = await device(server);
    const b = await device(server);
    await a.store.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await quiet(server, a, b);
    const backup = server.version;
    await a.store.db.threads.update("t1", { title: "After the backup" });
    await a.store.db.threads.put(thread("t3"));
    await a.store.db.threads.delete("t2");
    await quiet(server, a, b);
    const stamps = new Map([...server.rows.values()].map((r) => [r.pk, r.stamp]));
    server.restore(backup, "h2");
    await quiet(server, a, b);
    expect(new Map([...server.rows.values()].map((r) => [r.pk, r.stamp]))).toEqual(stamps);
    expect(server.rows.get("threads t1")?.payload?.["title"]).toBe("After the backup");
    expect(server.rows.get("threads t2")?.op).toBe("delete");
    expect(await a.store.db.threads.toArray()).toEqual(await b.store.db.threads.toArray());
  });

  test("with discard_newer the server's state replaces what it lost, and the outbox still goes out", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    await a.store.db.threads.put(thread("t2"));
    await a.store.db.threads.update("t1", { title: "Newer" });
    await quiet(server, a);
    let away = true;
    server.before = () => (away ? new Error("offline") : null);
    await a.store.db.threads.put(thread("t3"));
    server.restore(1, "h2", true);
    away = false;
    a.sync.wake();
    await quiet(server, a);
    expect((await a.store.db.threads.toCollection().primaryKeys()).sort()).toEqual(["t1", "t3"]);
    expect((await a.store.db.threads.get("t1"))?.title).toBe("Thread t1");
  });

  test("a viewer's device does not push again what it may not write", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.write("threads", thread("t1") as never);
    await quiet(server, a);
    server.role = "viewer";
    server.judge = () => ({ code: "forbidden", message: "No." });
    server.restore(0, "h2");
    await until(async () => (await a.store.db.threads.count()) === 0, "the row's removal");
    expect(await a.sync.waiting()).toEqual([]);
  });
});

describe("rows of others after a restored backup", () => {
  test("are left to those who made them: nothing fails before a person who did not write it", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.write("threads", thread("known", { title: "Before" }) as never);
    const backup = server.version;
    server.write("threads", thread("t1", { author_user_id: "u2" }) as never);
    server.write("threads", { ...thread("t2"), author_id: "u2" } as never);
    server.write("messages", message("m1", { author_user_id: "u2" }) as never);
    server.write("threads", thread("known", { title: "After", author_user_id: "u2" }) as never);
    await a.store.db.threads.put(thread("mine", { author_user_id: "u1" }));
    await quiet(server, a);
    server.judge = (op) => {
      const field = ["author_user_id", "author_id"].find((name) => (op.payload as Record<string, unknown> | undefined)?.[name] === "u2");
      return field === undefined ? null : { code: "validation_error", message: "Messages and threads can only be written in one's own name.", fields: { [field]: "It must be the person who writes." } };
    };
    server.restore(backup, "h2");
    await quiet(server, a);
    expect(await a.sync.waiting()).toEqual([]);
    expect((await a.store.db.threads.toArray()).map((t) => t.title).sort()).toEqual(["Before", "Thread mine"]);
    expect(await a.store.db.messages.count()).toBe(0);
    expect(server.rows.has("threads mine")).toBe(true);
    // What a person wrote themselves in another's name is shown.
    await a.store.db.threads.put(thread("wrong", { author_user_id: "u2" }));
    await until(async () => (await a.sync.waiting()).some((op) => op.status === "failed"), "the refusal");
    expect(await a.sync.waiting()).toMatchObject([{ pk: "wrong", status: "failed" }]);
  });
});

import { afterEach, describe, expect, test } from "vitest";

import { browser, device, message, open, phase, quiet, round, stopAll, thread, until } from "./lib.js";
import { FakeServer } from "./server.js";
import { asServer, type Conflict } from "../src/sync/merge.js";

afterEach(stopAll);

describe("two devices", () => {
  test("what one writes the other has, and nothing echoes", async () => {
    const server = new FakeServer();
    const a = await device(server);
    const b = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await a.store.db.messages.bulkPut([message("m1"), message("m2", { index: 1 })]);
    await quiet(server, a, b);
    expect(await b.store.db.threads.get("t1")).toEqual(await a.store.db.threads.get("t1"));
    expect(await b.store.db.threads.get("t1")).toMatchObject({ clock: 1, server_version: 1, title: "Thread t1" });
    await b.store.db.threads.update("t1", { title: "By B" });
    await a.store.db.messages.delete("m2");
    await quiet(server, a, b);
    expect((await a.store.db.threads.get("t1"))?.title).toBe("By B");
    expect(await b.store.db.messages.count()).toBe(1);
    expect(server.version).toBe(5);
    expect(await phase(a, "synced")).toMatchObject({ pending: 0, failed: 0, owner: true });
  });

  test("both write the same row offline: one state, and the loser is told", async () => {
    const server = new FakeServer();
    let [offline, away] = [false, false];
    const a = await device(server, {}, { fetch: (input, init) => (away ? Promise.reject(new TypeError("away")) : server.fetch(input, init)) });
    const b = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a, b);
    [offline, away] = [true, true];
    server.before = () => (offline ? new Error("offline") : null);
    await a.store.db.threads.update("t1", { title: "A" });
    await b.store.db.threads.update("t1", { title: "B" });
    await b.store.db.threads.update("t1", { title: "B2" });
    await phase(a, "offline");
    expect(a.sync.status().pending).toBe(1);
    offline = false;
    await quiet(server, b);
    away = false;
    await quiet(server, a, b);
    await round(a);
    await quiet(server, a, b);
    expect((await a.store.db.threads.get("t1"))?.title).toBe("B2");
    expect(await a.store.db.threads.get("t1")).toEqual(await b.store.db.threads.get("t1"));
    expect(await a.store.db.notifications.toArray()).toMatchObject([{
      type: "sync.conflict", title: "Your change to the thread “B2” was replaced", thread_id: "t1", read_at: null,
      body: "It was changed on another device as well, and that version stands. Yours is kept for 30 days: owners and editors can bring it back under Admin, Sync.",
      actions: [{ kind: "history", target: "threads", data: "t1" }],
    }]);
    expect((await b.store.db.notifications.toArray()).filter((n) => n.user_id === b.store.userId)).toHaveLength(1);
  });

  test("who was taken first and is overtaken unseen is told as well, and nobody else", async () => {
    const server = new FakeServer();
    const a = await device(server);
    const before = await device(server);
    await a.store.db.threads.bulkPut([thread("t1"), thread("t2"), thread("t3"), thread("t4")]);
    await quiet(server, a, before);
    await before.stop();
    const met: string[] = [];
    a.sync.onHook("sync.conflict:action:detected", (c) => met.push(`${(c as Conflict).pk} ${(c as Conflict).winner} ${(c as Conflict).local.server_version > 0}`));
    await a.store.db.threads.update("t1", { title: "A" });
    await a.store.db.threads.update("t2", { last_message_at: 1764288005, updated_at: 1764288005 });
    await a.store.db.threads.update("t3", { title: "A" });
    await quiet(server, a);
    const away = await open({ idb: before.idb });
    const written = away.now();
    await until(() => away.now() > written);
    await away.db.threads.update("t1", { title: "B" });
    await away.db.threads.update("t2", { last_message_at: 1764288006, updated_at: 1764288006 }); // somebody wrote a message: nothing of A's is lost
    await away.db.threads.delete("t3");
    away.close();
    const b = await device(server, { idb: before.idb });
    await quiet(server, a, b);
    await b.store.db.threads.update("t1", { title: "B again" }); // it has seen everything
    await a.store.db.threads.update("t4", { title: "A" });
    await quiet(server, a, b);
    await b.store.db.threads.update("t4", { title: "B" });
    await quiet(server, a, b);
    await round(a);
    await quiet(server, a, b);
    expect((await a.store.db.threads.get("t2"))?.last_message_at).toBe(1764288006);
    expect((await a.store.db.threads.get("t4"))?.title).toBe("B");
    const told = await a.store.db.notifications.toArray();
    expect(told.map((n) => n.title).sort()).toEqual(["Your change to the thread “B” was replaced", "Your change to the thread “A” met a deletion"].sort());
    expect(told.map((n) => n.type)).toEqual(["sync.conflict", "sync.conflict"]);
    expect(met.sort()).toEqual(["t1 remote true", "t2 remote true", "t3 remote true"]);
  });

  test("an answer that is lost is asked for again and takes effect once", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    let lose = 2;
    server.after = ({ path }) => (path === "/api/sync/push" && lose-- > 0 ? new Error("cut") : null);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    expect(server.version).toBe(1);
    expect(await a.store.db.threads.get("t1")).toMatchObject({ server_version: 1 });
  });
});

describe("ops that are refused", () => {
  test("are shown, and go when the person says so", async () => {
    const server = new FakeServer();
    server.judge = (op) => (op.pk === "bad" ? { code: "validation_error", message: "No.", fields: { title: "No." } } : null);
    const a = await device(server);
    await a.store.db.threads.bulkPut([thread("good"), thread("bad")]);
    const status = await phase(a, "failed");
    expect(status).toMatchObject({ pending: 0, failed: 1, reason: "No." });
    expect(server.rows.has("threads good")).toBe(true);
    const [op] = await a.sync.waiting();
    expect(op).toMatchObject({ pk: "bad", status: "failed", error: { code: "validation_error", fields: { title: "No." } } });
    expect(await a.sync.exportUnsent()).toContain('"pk":"bad"');
    await a.sync.discard(op!.id);
    await phase(a, "synced");
    expect(await a.store.db.threads.get("bad")).toBeUndefined();
    expect(await a.store.db.threads.get("good")).toBeDefined();
  });

  test("a discarded edit gives the row back as the server has it", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    const before = await a.store.db.threads.get("t1");
    server.judge = () => ({ code: "oversized", message: "Too large." });
    await a.store.db.threads.update("t1", { title: "x" });
    await phase(a, "failed");
    expect((await a.store.db.threads.get("t1"))?.title).toBe("x");
    await a.sync.discard((await a.sync.waiting())[0]!.id);
    expect(await a.store.db.threads.get("t1")).toEqual(before);
    server.judge = () => null;
    await quiet(server, a);
    expect(server.version).toBe(1);
  });

  test("are sent again when the person says so", async () => {
    const server = new FakeServer();
    server.judge = () => ({ code: "forbidden", message: "Not you." });
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await phase(a, "failed");
    server.judge = () => null;
    await a.sync.retry((await a.sync.waiting())[0]!.id);
    await quiet(server, a);
    expect(server.rows.get("threads t1")).toMatchObject({ server_version: 1 });
    expect(await a.store.db.threads.get("t1")).toMatchObject({ server_version: 1, op_id: server.rows.get("threads t1")!.stamp.op_id });
  });

  test("one refused member of a group shows the whole group, and retry sends it whole", async () => {
    const server = new FakeServer();
    server.judge = (op) => (op.pk === "m1" ? { code: "validation_error", message: "No.", fields: { data: "No." } } : null);
    const a = await device(server);
    await a.store.transact(["threads", "messages"], async () => {
      await a.store.db.threads.put(thread("t1"));
      await a.store.db.messages.put(message("m1"));
    }, { atomic: true });
    expect(await phase(a, "failed")).toMatchObject({ failed: 2 });
    expect(server.version).toBe(0);
    server.judge = () => null;
    await a.sync.retry((await a.sync.waiting())[0]!.id);
    await quiet(server, a);
    expect(server.version).toBe(2);
  });

  test("a server's own fault is tried again, and shown when it stays", async () => {
    const server = new FakeServer();
    let faults = 2;
    server.judge = (op) => (op.pk === "x" || faults-- > 0 ? { code: "server_error", message: "Ouch." } : null);
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    await a.store.db.threads.put(thread("x"));
    expect(await phase(a, "failed")).toMatchObject({ reason: "Ouch." });
  });
});

describe("clocks", () => {
  test("a clock an hour ahead is corrected, its writes are stamped anew and none is lost", async () => {
    const server = new FakeServer();
    const a = await device(server, { now: () => Date.now() + 3_600_000 });
    await a.store.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await a.store.db.threads.update("t1", { title: "Again" });
    await quiet(server, a);
    expect(server.rows.get("threads t1")?.payload?.["title"]).toBe("Again");
    for (const row of server.rows.values()) expect(Math.abs(Number(row.stamp.hlc.slice(0, 13)) - Date.now())).toBeLessThan(300_000);
    expect(await a.store.db.threads.get("t1")).toMatchObject({ op_id: server.rows.get("threads t1")!.stamp.op_id });
    expect(Math.abs(a.store.seconds() * 1000 - Date.now())).toBeLessThan(60_000);
  });

  test("a poisoned row clock is lowered to what the server takes", async () => {
    const server = new FakeServer();
    server.judge = (op) => (op.stamp.clock > 1_000_000 ? { code: "validation_error", message: "Too high.", fields: { clock: "x" } } : null);
    const idb = browser();
    const store = await open({ idb });
    await store.db.threads.put(thread("t1"));
    await poison(store, "t1", 5_000_000);
    store.close();
    const a = await device(server, { idb });
    await quiet(server, a);
    expect(server.rows.get("threads t1")!.stamp.clock).toBe(1);
    expect(await a.store.db.threads.get("t1")).toMatchObject({ clock: 1, server_version: 1 });
  });

  test("what others' clocks say is never behind what is written here afterwards", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    const ahead = `${Date.now() + 120_000}:0007:other`;
    server.write("threads", thread("t1") as never, { hlc: ahead });
    await until(async () => (await a.store.db.threads.count()) === 1);
    await a.store.db.threads.put(thread("t2"));
    expect((await a.store.db.threads.get("t2"))!.hlc > ahead).toBe(true);
  });
});

describe("what cannot be applied", () => {
  test("is put aside, counted, and tried again by the next version", async () => {
    const server = new FakeServer();
    const idb = browser();
    const a = await device(server, { idb });
    await phase(a, "synced");
    server.write("widgets" as never, { id: "x" });
    server.write("threads", thread("t1") as never);
    await until(() => a.sync.status().quarantined === 1, "quarantine");
    await until(async () => (await a.store.db.threads.count()) === 1);
    await phase(a, "failed");
    await a.stop();
    const { db } = await open({ idb });
    const item = await db.sync_state.get("quarantine:widgets:x") as { change: { table: string; pk: string; payload: unknown } };
    await db.sync_state.put({ ...item, change: { ...item.change, table: "threads", pk: "x", payload: thread("x") } } as never);
    db.close();
    const again = await device(server, { idb }, { clientVersion: "1.0.1" });
    await phase(again, "synced");
    expect(await again.store.db.threads.get("x")).toBeDefined();
  });
});

describe("a crash", () => {
  test("at any request leaves nothing lost and nothing doubled", async () => {
    for (let at = 0; at < 12; at++) {
      const server = new FakeServer();
      const idb = browser();
      let asked = 0;
      let crash: (() => void) | null = null;
      const crashed = new Promise<void>((done) => { crash = done; });
      server.after = () => {
        if (asked++ !== at) return null;
        crash?.();
        return new Promise<never>(() => undefined).then(() => null); // the page is gone: no answer arrives
      };
      const a = await device(server, { idb }, { patience: { request: 60_000 } });
      await a.store.db.threads.bulkPut([thread("t1"), thread("t2")]);
      await a.store.db.threads.update("t1", { title: "Second" });
      await Promise.race([crashed, quiet(server, a)]);
      a.store.db.close();
      server.after = () => null;
      for (const s of server.streams) s.end();
      const again = await device(server, { idb });
      await again.store.db.threads.delete("t2");
      await quiet(server, again);
      expect(server.rows.get("threads t1")?.payload?.["title"], `crash at request ${at}`).toBe("Second");
      expect(server.rows.get("threads t2")?.op).toBe("delete");
      expect(server.log.filter((c) => c.pk === "t2").length).toBeLessThanOrEqual(2);
      await again.stop();
    }
  });
});

describe("two tabs", () => {
  test("one syncs; the other takes over when it is closed", async () => {
    const server = new FakeServer();
    const idb = browser();
    const a = await device(server, { idb });
    await phase(a, "synced");
    const b = await device(server, { idb });
    await b.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    expect(b.sync.status().owner).toBe(false);
    await a.stop();
    await until(() => b.sync.status().owner, "the take-over");
    await b.store.db.threads.put(thread("t2"));
    await quiet(server, b);
    expect(server.version).toBe(2);
  });

  test("the tab that does not sync shows the state of the one that does", async () => {
    const server = new FakeServer();
    const idb = browser();
    const name = `tabs ${crypto.randomUUID()}`;
    const a = await device(server, { idb }, { channel: new BroadcastChannel(name) });
    await phase(a, "synced");
    const b = await device(server, { idb }, { channel: new BroadcastChannel(name) });
    expect(await phase(b, "synced")).toMatchObject({ owner: false });
    server.before = () => new Error("offline");
    b.sync.wake();
    await phase(b, "offline");
  });
});

describe("the stream", () => {
  test("an event that a pull has overtaken does not bring a deleted row back", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await until(() => server.streams.size === 1, "the stream");
    const late = server.write("threads", thread("t1") as never);
    server.write("threads", null, { pk: "t1" });
    await quiet(server, a);
    server.collect(server.version); // and nobody remembers the deletion
    a.sync.wake();
    await until(async () => (await a.store.db.tombstones.count()) === 0, "the forgetting");
    for (const s of server.streams) s.send(`event: changes\nid: 1\ndata: ${JSON.stringify({ changes: [late], next_cursor: late.server_version, history_id: server.historyId })}\n\n`);
    server.write("threads", thread("t2") as never);
    await quiet(server, a);
    expect(await a.store.db.threads.toCollection().primaryKeys()).toEqual(["t2"]);
  });
});

async function poison(store: Awaited<ReturnType<typeof open>>, pk: string, clock: number): Promise<void> {
  await asServer(store, async () => {
    await store.db.threads.update(pk, { clock } as never);
    await store.db.pending_ops.toCollection().modify((op) => { op.stamp.clock = clock; });
  });
}

// What a device does when the server, or the way to it, is not as usual.
import { afterEach, describe, expect, test } from "vitest";

import { device, message, phase, quiet, stopAll, thread, until } from "./lib.js";
import { FakeServer, refusal } from "./server.js";

afterEach(stopAll);

describe("a server that does not answer as usual", () => {
  test("503 and 429 are waited for, as long as they say", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    let busy = 3;
    server.before = ({ path }) => (path === "/api/sync/push" && busy-- > 0 ? (busy === 1 ? refusal(429, "rate_limited", undefined, { "Retry-After": "1" }) : refusal(503, "unavailable")) : null);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    expect(server.version).toBe(1);
  });

  test("one that takes the question and never answers is named after a while", async () => {
    const server = new FakeServer();
    server.before = () => new Promise<never>(() => undefined);
    const a = await device(server, {}, { patience: { request: 60_000, start: 50 } });
    await until(async () => a.sync.status().reason !== undefined, "a reason");
    expect(a.sync.status()).toMatchObject({ phase: "starting", reason: "The server has not answered yet." });
  });

  test("it stays away: the circuit opens, writes wait, and all goes on when it is back", async () => {
    const server = new FakeServer();
    let down = true;
    server.before = () => (down ? refusal(502, "") : null);
    const a = await device(server, {}, { patience: { stuck: 50 } });
    await a.store.db.threads.put(thread("t1"));
    const status = await phase(a, "stuck");
    expect(status.reason).toBeTruthy();
    expect(status.pending).toBe(1);
    down = false;
    await quiet(server, a);
    await phase(a, "synced");
  });

  test("too large is sent in smaller parts, and one that is too large alone is shown", async () => {
    const server = new FakeServer();
    server.before = ({ path, body }) => (path === "/api/sync/push" && ((body["ops"] as { pk: string }[]).length > 3 || (body["ops"] as { pk: string }[]).some((o) => o.pk === "t7" )) ? refusal(413, "oversized") : null);
    const a = await device(server);
    await a.store.db.threads.bulkPut(Array.from({ length: 20 }, (_, i) => thread(`t${i}`)));
    await until(async () => server.version === 19, "19 rows");
    expect(await phase(a, "failed")).toMatchObject({ failed: 1 });
  });

  test("signed out: the outbox stays, and goes out after signing in", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.user = null;
    await a.store.db.threads.put(thread("t1"));
    expect((await phase(a, "signed_out")).pending).toBe(1);
    server.user = "u1";
    a.sync.wake();
    await quiet(server, a);
    expect(server.version).toBe(1);
  });

  test("another person has signed in: nothing of the first one's goes out", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.user = "u2";
    await a.store.db.threads.put(thread("t1"));
    await phase(a, "signed_out");
    expect(server.version).toBe(0);
  });

  test("too old: the outbox stays and the page says so", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.before = () => refusal(426, "client_too_old");
    await a.store.db.threads.put(thread("t1"));
    expect(await phase(a, "too_old")).toMatchObject({ pending: 1 });
    const asked = server.asked.length;
    await new Promise((done) => setTimeout(done, 60));
    expect(server.asked.length - asked).toBeLessThan(3);
  });

  test("any 404 pauses; only one's own list without the workspace removes its data", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    let strange = true;
    server.before = ({ path }) => (strange && path.startsWith("/api/sync/") ? refusal(404, "not_found") : null);
    a.sync.wake();
    await phase(a, "paused");
    expect(await a.store.db.threads.count()).toBe(1);
    strange = false;
    a.sync.wake();
    await phase(a, "synced");
    server.members.delete("u1");
    a.sync.wake();
    await phase(a, "removed");
    await until(async () => !(await names(a.idb)).includes("or3-db-w1"), "the database's removal");
  });

  test("a workspace that was deleted stays here, and goes on when it is restored", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    server.deleted = true;
    a.sync.wake();
    expect((await phase(a, "paused")).reason).toContain("deleted");
    expect(await names(a.idb)).toContain("or3-db-w1");
    await a.store.db.threads.put(thread("t2"));
    server.deleted = false;
    a.sync.wake();
    await quiet(server, a);
    expect(await a.store.db.threads.count()).toBe(2);
  });

  test("removed with unsent work: it is kept until the person has exported it", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.members.delete("u1");
    await a.store.db.threads.put(thread("t1"));
    expect((await phase(a, "removed")).reason).toContain("Export");
    expect(await a.sync.exportUnsent()).toContain('"pk":"t1"');
    expect(await names(a.idb)).toContain("or3-db-w1");
  });

  test("removed with a draft beside the database: its data stays until that has gone", async () => {
    const server = new FakeServer();
    let drafts = 1;
    const a = await device(server, {}, { kept: () => drafts });
    await phase(a, "synced");
    server.members.delete("u1");
    a.sync.wake();
    expect((await phase(a, "removed")).reason).toContain("Export");
    expect(await names(a.idb)).toContain("or3-db-w1");
    drafts = 0;
    await a.sync.stop();
    await device(server, { idb: a.idb }, { kept: () => drafts });
    await until(async () => !(await names(a.idb)).includes("or3-db-w1"), "the database's removal");
  });

  test("removed with unsent work: each change can be given up although none was refused", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    let offline = true;
    server.before = ({ path }) => (offline && path === "/api/sync/push" ? new Error("offline") : null);
    for (const id of ["t1", "t2"]) await a.store.db.threads.put(thread(id));
    server.members.delete("u1");
    offline = false;
    a.sync.wake();
    await phase(a, "removed");
    const [first] = await a.sync.waiting();
    await a.sync.discard(first!.id);
    expect(await a.store.db.threads.toCollection().primaryKeys()).toEqual(["t2"]);
    expect((await a.sync.waiting()).map((op) => op.pk)).toEqual(["t2"]);
  });

  test("what waits is counted as the person did it", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await phase(a, "synced");
    server.before = () => new Error("offline");
    await a.store.transact(["messages", "threads"], async () => {
      await a.store.db.messages.put(message("m1"));
      await a.store.db.threads.put(thread("t1"));
    }, { atomic: true });
    for (const title of ["One", "Two"]) await a.store.db.threads.put(thread("t2", { title }));
    await a.store.db.kv.put({ id: "user.u1.read.t1", name: "user.u1.read.t1", value: "{}", created_at: 1, updated_at: 1 });
    await until(async () => a.sync.status().pending >= 4 && a.sync.status().pending === (await a.store.db.pending_ops.count()), "all of it waits"); // the first of t2 may have given way
    expect(a.sync.status().acts).toBe(2);
  });
});

async function names(idb: { indexedDB: IDBFactory }): Promise<(string | undefined)[]> {
  return (await idb.indexedDB.databases()).map((d) => d.name);
}

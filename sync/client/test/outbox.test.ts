import { afterEach, describe, expect, test } from "vitest";

import { device, message, open, quiet, stopAll, thread, until } from "./lib.js";
import { FakeServer } from "./server.js";
import { putBack, recover, take } from "../src/sync/outbox.js";

afterEach(stopAll);

describe("the outbox", () => {
  test("an op that may have arrived stays so when the server refuses the next push as a whole", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1"));
    const first = (await take(store, Date.now()))!;
    await putBack(store, first, true); // no answer
    await putBack(store, (await take(store, Date.now()))!, false); // a refusal
    await store.db.threads.update("t1", { title: "later" });
    expect((await take(store, Date.now()))?.wire.map((o) => o.stamp.clock)).toEqual([1, 2]);
    store.close();
  });

  test("only the last of a row's unsent writes is sent, groups stay whole", async () => {
    const server = new FakeServer();
    const store = await open();
    for (let i = 0; i < 30; i++) await store.db.threads.put(thread("t1", { title: String(i) }));
    await store.transact(["threads", "messages"], async () => {
      await store.db.threads.update("t1", { title: "in the group" });
      await store.db.messages.put(message("m1"));
    }, { atomic: true });
    await store.db.threads.update("t1", { title: "last" });
    const load = await take(store, Date.now());
    expect(load?.wire.map((o) => `${o.pk} ${o.stamp.clock} ${o.atomic === undefined ? "" : "group"}`.trim())).toEqual(["t1 30", "t1 31 group", "m1 1 group", "t1 32"]);
    // They may have arrived now: a later write replaces none of them.
    await store.db.threads.update("t1", { title: "later" });
    await recover(store);
    expect((await take(store, Date.now()))?.wire.map((o) => `${o.pk} ${o.stamp.clock}`)).toEqual(["t1 30", "t1 31", "m1 1", "t1 32", "t1 33"]);
    expect(server.version).toBe(0);
    store.close();
  });

  test("five hundred waiting writes are a signal, and none of them is dropped", async () => {
    const server = new FakeServer();
    let down = true;
    server.before = () => (down ? new Error("offline") : null);
    const a = await device(server);
    const signals: unknown[] = [];
    a.sync.onHook("sync.queue:action:full", (p) => signals.push(p));
    await a.store.db.threads.bulkPut(Array.from({ length: 501 }, (_, i) => thread(`t${i}`)));
    await until(() => a.sync.status().full, "the signal");
    expect(signals).toEqual([{ pendingCount: 501, maxSize: 500 }]);
    down = false;
    a.sync.wake();
    await quiet(server, a);
    expect(server.version).toBe(501);
    for (const { path, body } of server.asked) if (path === "/api/sync/push") expect((body["ops"] as unknown[]).length).toBeLessThanOrEqual(50);
  });
});

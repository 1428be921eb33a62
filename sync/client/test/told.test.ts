// What a person is told when somebody else's write stands.
import { afterEach, describe, expect, test } from "vitest";

import { device, message, quiet, round, stopAll, thread } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(stopAll);

describe("what one is told when somebody else's write stands", () => {
  /** A device that lost a write of `table`: `mine` was written while the server had `theirs` already. */
  async function lost(table: "threads" | "messages" | "projects" | "posts", before: object, mine: () => [pk: string, change: object | null], theirs: object | null, options: Parameters<typeof device>[2] = {}) {
    const server = new FakeServer();
    server.streaming = false;
    server.write("threads", { ...thread("t1", { title: "Hull 14" }) });
    const first = server.write(table, before as never);
    const a = await device(server, {}, options);
    await quiet(server, a);
    let offline = true;
    server.before = () => (offline ? new Error("offline") : null);
    const [pk, change] = mine();
    if (change === null) await a.store.db.table(table).delete(pk);
    else await a.store.db.table(table).update(pk, change);
    server.write(table, theirs as never, { pk, clock: first.stamp.clock + 2 });
    offline = false;
    a.sync.wake();
    await quiet(server, a);
    await round(a);
    return a.store.db.notifications.toArray();
  }
  const post = { id: "d1", title: "Launch", content: "One", post_type: "markdown", created_at: 1764288000, updated_at: 1764288000 };
  const project = { id: "p1", name: "Refit", created_at: 1764288000, updated_at: 1764288000 };

  test("nothing when a later write of one's own won after all", async () => {
    const server = new FakeServer();
    const a = await device(server);
    await a.store.db.threads.put(thread("t1"));
    await quiet(server, a);
    let offline = true;
    server.before = () => (offline ? new Error("offline") : null);
    await a.store.db.threads.update("t1", { title: "First" });
    // It may have arrived, so the second write does not take its place.
    await a.store.db.pending_ops.toCollection().modify({ sent: true });
    await a.store.db.threads.update("t1", { title: "Second" });
    expect(await a.store.db.pending_ops.count()).toBe(2);
    server.write("threads", { ...thread("t1", { title: "Theirs" }) }, { hlc: `${server.now() + 1000}:0000:other` });
    offline = false;
    a.sync.wake();
    await quiet(server, a);
    await round(a);
    expect((await a.store.db.threads.get("t1"))?.title).toBe("Second");
    expect(server.rows.get("threads t1")?.payload?.["title"]).toBe("Second");
    expect(await a.store.db.notifications.toArray()).toEqual([]);
  });

  test("which thing it was, with a way there", async () => {
    expect(await lost("posts", post, () => ["d1", { content: "Two" }], { ...post, content: "Three" })).toMatchObject([{ title: "Your change to the document “Launch” was replaced", document_id: "d1" }]);
    expect(await lost("posts", { ...post, post_type: "prompt" }, () => ["d1", { content: "Two" }], { ...post, post_type: "prompt", title: "" })).toMatchObject([{ title: "Your change to a prompt was replaced", document_id: "d1" }]);
    expect(await lost("messages", message("m1"), () => ["m1", { data: { content: "Mine" } }], message("m1", { data: { content: "Theirs" } }))).toMatchObject([{ title: "Your change to a message in “Hull 14” was replaced", thread_id: "t1" }]);
    const [told] = await lost("projects", project, () => ["p1", { name: "Mine" }], { ...project, name: "x".repeat(200) });
    expect(told?.title).toBe(`Your change to the project “${"x".repeat(79)}…” was replaced`);
    expect(told).not.toHaveProperty("thread_id");
    expect(told).not.toHaveProperty("document_id");
  });

  test("that it was deleted, without a link that leads nowhere", async () => {
    const [told] = await lost("posts", post, () => ["d1", { content: "Two" }], null);
    expect(told).toMatchObject({ title: "Your change to the document “Launch” met a deletion" });
    expect(told).not.toHaveProperty("document_id");
  });

  test("that one's own deletion did not stand; nothing when both deleted it", async () => {
    expect(await lost("projects", project, () => ["p1", null], { ...project, name: "Refit 2" })).toMatchObject([{ title: "Your deletion of the project “Refit 2” did not stand" }]);
    expect(await lost("projects", project, () => ["p1", null], null)).toEqual([]);
  });

  test("nothing while both texts wait for one's decision", async () => {
    const asked: string[] = [];
    const undecided = (table: string, pk: string) => asked.push(`${table} ${pk}`) > 0;
    expect(await lost("posts", post, () => ["d1", { content: "Two" }], { ...post, content: "Three" }, { undecided })).toEqual([]);
    expect(asked).toEqual(["posts d1"]);
  });
});

// What a person is told when somebody else's write stands.
import { afterEach, describe, expect, test } from "vitest";

import type { Conflict } from "../src/sync/merge.js";
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

  test("nothing of a file whose facts the server wrote first, as it does when the bytes arrive; of another name it is told", async () => {
    const hash = `sha256:${"a".repeat(64)}`;
    const file = { hash, name: "plan.txt", mime_type: "text/plain", kind: "file", size_bytes: 6, created_at: 1764288000, updated_at: 1764288000 };
    for (const name of ["plan.txt", "other.txt"]) {
      const server = new FakeServer();
      server.streaming = false;
      const a = await device(server);
      await quiet(server, a);
      let offline = true;
      server.before = () => (offline ? new Error("offline") : null);
      await a.store.db.file_meta.put(file as never);
      server.write("file_meta", { ...file, name, storage_id: "b-1", storage_provider_id: "disk", created_at: 1764288001, updated_at: 1764288001 } as never, { pk: hash, hlc: `${server.now() + 1000}:0000:other` });
      offline = false;
      a.sync.wake();
      await quiet(server, a);
      await round(a);
      expect((await a.store.db.file_meta.get(hash))?.storage_id).toBe("b-1");
      expect(await a.store.db.notifications.count()).toBe(name === "plan.txt" ? 0 : 1);
    }
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

  test("a later write that went out before the other one came says that it replaced a text nobody here had seen", async () => {
    const server = new FakeServer();
    server.streaming = false;
    const first = server.write("posts", { id: "d1", title: "Launch", content: "One", post_type: "markdown", created_at: 1764288000, updated_at: 1764288000 } as never);
    const a = await device(server);
    await quiet(server, a);
    const met: string[] = [];
    a.sync.onHook("sync.conflict:action:detected", (c) => met.push(`${(c as Conflict).winner} ${(c as Conflict).remote.payload?.["content"] as string}`));
    let wrote = false;
    server.before = ({ path }) => {
      if (path === "/api/sync/push" && !wrote) {
        wrote = true;
        server.write("posts", { id: "d1", title: "Launch", content: "Theirs", post_type: "markdown", created_at: 1764288000, updated_at: 1764288000 } as never, { clock: first.stamp.clock + 1, hlc: first.stamp.hlc });
      }
      return null;
    };
    await a.store.db.posts.update("d1", { content: "Mine" });
    await quiet(server, a);
    await round(a);
    expect(server.rows.get("posts d1")?.payload?.["content"]).toBe("Mine");
    expect(met).toEqual(["local Theirs"]);
  });

  /** A device with a document, and what it is told of the texts that met; `met` fills from then on. */
  async function writer() {
    const server = new FakeServer();
    server.streaming = false;
    const { stamp } = server.write("posts", post as never);
    const a = await device(server);
    await quiet(server, a);
    const met: string[] = [];
    a.sync.onHook("sync.conflict:action:detected", (c) => met.push(`${(c as Conflict).winner} ${(c as Conflict).remote.payload?.["content"] as string}`));
    const theirs = (content: string, more: object) => server.write("posts", { ...post, content } as never, { clock: stamp.clock + 1, hlc: stamp.hlc, ...more });
    return { server, a, met, theirs, clock: stamp.clock, says: (content: string) => a.store.db.posts.update("d1", { content }) };
  }

  test("several saves that went out before the other one came do not hide that nobody here had seen it", async () => {
    const { server, a, met, theirs, says } = await writer();
    let pushes = 0;
    server.before = async ({ path }) => {
      if (path !== "/api/sync/push" || ++pushes > 2) return null;
      if (pushes === 1) theirs("Theirs", {}); // under a lower clock and an earlier reading than the last save here
      await says(`Mine, ${pushes + 1}`);
      return null;
    };
    await says("Mine, 1");
    await quiet(server, a);
    await round(a);
    expect(server.rows.get("posts d1")?.payload?.["content"]).toBe("Mine, 3");
    expect(met).toEqual(["local Theirs"]);
    expect(await a.store.db.sync_state.where("id").startsWith("base:").count()).toBe(0);
  });

  test("saves without a network meet a text that the server took meanwhile, and say which text they were made over", async () => {
    const { server, a, met, theirs, says } = await writer();
    const over: unknown[] = [];
    a.sync.onHook("sync.conflict:action:detected", (c) => over.push((c as Conflict).over?.["content"]));
    let offline = true;
    server.before = () => (offline ? new Error("offline") : null);
    for (const n of [1, 2, 3]) await says(`Mine, ${n}`);
    theirs("Theirs", {});
    offline = false;
    a.sync.wake();
    await quiet(server, a);
    await round(a);
    expect(server.rows.get("posts d1")?.payload?.["content"]).toBe("Mine, 3");
    expect([met, over]).toEqual([["local Theirs"], ["One"]]);
  });

  test("a text that was seen as the winner of a push is not met again when it comes with a pull", async () => {
    const { server, a, met, theirs, clock, says } = await writer();
    let step = 0;
    server.before = async ({ path }) => {
      if (path === "/api/sync/push" && step === 0) {
        step = 1;
        theirs("Theirs", { clock: clock + 2 });
      } else if (path === "/api/sync/pull" && step === 1) {
        step = 2;
        await says("Over theirs");
      }
      return null;
    };
    await says("Mine");
    await quiet(server, a);
    await round(a);
    expect(step).toBe(2);
    expect(server.rows.get("posts d1")?.payload?.["content"]).toBe("Over theirs");
    expect(met).toEqual(["remote Theirs"]);
  });

  test("one's own text that comes back while one writes on is no other text", async () => {
    const { server, a, met, says } = await writer();
    let step = 0;
    server.before = async ({ path }) => {
      if (path === "/api/sync/push" && step === 0) step = 1;
      else if (path === "/api/sync/pull" && step === 1) {
        step = 2;
        await says("Mine, 2");
      }
      return null;
    };
    await says("Mine, 1");
    await quiet(server, a);
    await round(a);
    expect(step).toBe(2);
    expect(met).toEqual([]);
  });

  test("a device that starts over is told of a text that its own stands before", async () => {
    const { server, a, met, theirs, says } = await writer();
    let offline = true;
    server.before = () => (offline ? new Error("offline") : null);
    for (const n of [1, 2, 3]) await says(`Mine, ${n}`);
    theirs("Theirs", {});
    server.floor = server.version; // it was away for longer than deletions are remembered
    offline = false;
    a.sync.wake();
    await quiet(server, a);
    await round(a);
    expect(server.rows.get("posts d1")?.payload?.["content"]).toBe("Mine, 3");
    expect(met).toEqual(["local Theirs"]);
  });
});

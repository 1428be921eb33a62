import { afterEach, describe, expect, test } from "vitest";
import { BackupError, Import } from "../src/backup.js";
import { type Payload, type Table } from "../src/index.js";
import { file, line, row, head, end, setting, notice, whole, bring } from "./backup_lib.js";
import { device, message, open, quiet, stopAll, thread } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(stopAll);

describe("append", () => {
  test("adds what is missing, keeps the newer of two, deletes nothing; again it finds nothing to do", async () => {
    const store = await open();
    await store.db.threads.bulkPut([thread("old", { title: "Older here", updated_at: 5, created_at: 1 }), thread("new", { title: "Newer here", updated_at: 50, created_at: 1 }), thread("mine")]);
    await store.db.threads.put(thread("deleted"));
    await store.db.threads.delete("deleted");
    const from = whole([
      row("threads", thread("old", { title: "Newer there", updated_at: 10, created_at: 1 })), row("threads", thread("new", { title: "Older there", updated_at: 10, created_at: 1 })),
      row("threads", thread("deleted")), row("threads", thread("added")),
    ]);
    const { plan } = await bring(store, from, "append");
    expect(plan.total).toEqual({ added: 2, changed: 1, deleted: 0, same: 0, newer: 1 });
    expect(plan).toMatchObject({ back: 1, renamed: 0, names: { changed: ["Newer there"] } });
    const titles = (await store.db.threads.toArray()).map((t) => t.title).sort();
    expect(titles).toEqual(["Newer here", "Newer there", "Thread added", "Thread deleted", "Thread mine"]);
    expect((await Import.check(store, from, "append")).plan.total).toEqual({ added: 0, changed: 0, deleted: 0, same: 3, newer: 1 });
    store.close();
  });

  test("an id that is something else here gets a new one, in every row that names it, and always the same one", async () => {
    const store = await open();
    await store.db.threads.put(thread("t1", { title: "Here", created_at: 1, updated_at: 1 }));
    await store.db.messages.put(message("m1", { data: { content: "here" }, created_at: 1, updated_at: 1 }));
    const from = whole([
      row("messages", message("m1", { author_user_id: "u1", data: { content: "there" } })), row("messages", message("m2", { index: 1, author_user_id: "u1" })),
      row("threads", thread("t1", { title: "There" })), row("threads", thread("t2", { parent_thread_id: "t1", anchor_message_id: "m1", project_id: "t1" })),
      row("projects", { id: "p1", name: "P", data: [{ kind: "thread", id: "t1" }, { kind: "post", id: "t1" }], created_at: 1, updated_at: 1 }),
    ], { workspace_id: "w2", workspace: "Elsewhere" });
    const { plan } = await bring(store, from, "append");
    expect(plan).toMatchObject({ renamed: 2, foreign: true, head: { workspace: "Elsewhere" }, total: { added: 5 } });
    expect((await store.db.threads.get("t1"))?.title).toBe("Here");
    expect((await store.db.messages.get("m1"))?.data).toEqual({ content: "here" });
    const moved = (await store.db.threads.toArray()).find((t) => t.title === "There")!.id;
    const said = (await store.db.messages.where("[thread_id+index+order_key]").between([moved, -Infinity], [moved, Infinity]).toArray());
    expect(said.map((m) => m.data)).toEqual([{ content: "there" }, { content: "m2" }]);
    expect(await store.db.threads.get("t2")).toMatchObject({ parent_thread_id: moved, anchor_message_id: said[0]!.id, project_id: "t1" });
    expect((await store.db.projects.get("p1"))?.data).toEqual([{ kind: "thread", id: moved }, { kind: "post", id: "t1" }]);
    expect((await Import.check(store, from, "append")).plan).toMatchObject({ renamed: 2, total: { added: 0, changed: 0, same: 5 } });
    store.close();
  });

  test("messages and threads of others come in under one's own name, which the server takes, with their author beside; those that are here keep theirs", async () => {
    const server = new FakeServer();
    const kept = new Set(["known", "tk"]);
    server.judge = (op) => {
      const names = op.op !== "put" || kept.has(op.pk) ? [] : op.table === "messages" ? ["author_user_id"] : op.table === "threads" ? ["author_user_id", "author_id"] : [];
      const field = names.find((name) => {
        const value = (op.payload as Payload)[name];
        return typeof value === "string" && value !== "u1";
      });
      return field === undefined ? null : { code: "validation_error", message: "Messages and threads can only be written in one's own name.", fields: { [field]: "It must be the person who writes." } };
    };
    const a = await device(server);
    await a.store.db.messages.put(message("known", { author_user_id: "u2", created_at: 5, updated_at: 5 }));
    await a.store.db.threads.put(thread("tk", { author_user_id: "u2", created_at: 5, updated_at: 5 }));
    const from = whole([
      row("messages", message("m1", { author_user_id: "u2" })), row("messages", message("known", { author_user_id: "u2", created_at: 5, updated_at: 9, data: { content: "more" } })),
      row("threads", thread("t1", { author_user_id: "u2" })), row("threads", { ...thread("t2"), author_id: "u3" }), row("threads", { ...thread("t3", { author_user_id: "u1" }), author_id: "u1" }), row("threads", { ...thread("t4"), author_id: 7 }),
      row("threads", { ...thread("tk", { author_user_id: "u3", created_at: 5, updated_at: 9, title: "More" }), author_id: "u2" }),
    ]);
    const { plan } = await bring(a.store, from, "append");
    expect(plan).toMatchObject({ authors: 3, total: { added: 5, changed: 2 } });
    await quiet(server, a);
    expect(await a.store.db.pending_ops.count()).toBe(0);
    const sent = (table: Table, pk: string) => server.rows.get(`${table} ${pk}`)?.payload;
    expect(sent("messages", "m1")).toMatchObject({ author_user_id: "u1", copied_author_id: "u2" });
    expect(sent("threads", "t1")).toMatchObject({ author_user_id: "u1", copied_author_id: "u2" });
    expect(sent("threads", "t2")).toMatchObject({ author_id: "u1", copied_author_id: "u3" });
    expect(sent("threads", "t3")).not.toHaveProperty("copied_author_id");
    expect(sent("threads", "t4")).toMatchObject({ author_id: 7 });
    expect((await a.store.db.messages.get("known"))?.author_user_id).toBe("u2");
    expect(await a.store.db.threads.get("tk")).toMatchObject({ title: "More", author_user_id: "u2", author_id: "u2", copied_author_id: "u3" });
    expect((await Import.check(a.store, from, "append")).plan).toMatchObject({ authors: 0, total: { same: 7 } });
  });
});

describe("what is left out", () => {
  test("rows of other people, of the server and of one device, in append and in replace", async () => {
    const store = await open();
    await store.db.kv.bulkPut([setting("user.u1.x", "mine"), setting("openrouter_api_key", "here")]);
    await store.db.notifications.put(notice("mine", "u1"));
    const from = whole([
      row("kv", setting("user.u2.x", "theirs")), row("kv", setting("admin.limit", "9")), row("kv", setting("openrouter_api_key", "there")), row("notifications", notice("n2", "u2")),
      row("messages", message("m1", { pending: true })), row("kv", setting("theme", "dark")),
    ], { user_id: "u2" });
    for (const mode of ["append", "replace"] as const) {
      const { plan } = await bring(store, from, mode);
      expect(plan.left).toEqual({ others: 2, server: 1, device: 2, elsewhere: 0, deletions: 0 });
      expect(plan.rows).toBe(1);
      expect(plan.total.deleted).toBe(0); // one's own are not in somebody else's file
    }
    expect((await store.db.kv.toCollection().primaryKeys()).sort()).toEqual(["openrouter_api_key", "theme", "user.u1.x"]);
    expect((await store.db.kv.get("openrouter_api_key"))?.value).toBe("here");
    expect(await store.db.notifications.count()).toBe(1);
    store.close();
  });
});

describe("a file that is not as it should be", () => {
  test("broken lines are named by number and reason; the others come in", async () => {
    const store = await open();
    const lines = [
      row("threads", thread("t1")), "{ not json\n", line({ type: "row", table: "cats", row: {} }), line({ type: "row", table: "threads" }), row("threads", { ...thread("t2"), pinned: "yes" }),
      row("threads", { id: "t3" }), row("threads", thread("t1")), row("posts", { id: "d1", title: "", content: "x".repeat(262_145), post_type: "markdown", created_at: 1, updated_at: 1 }),
      row("threads", thread("../up")), row("kv", { ...setting("a", "b"), name: "c" }), line({ hello: 1 }), "\n", row("threads", { ...thread("t4"), created_at: 1764288000000 }),
      row("projects", { id: "p1", name: "deep", data: JSON.parse("[".repeat(101) + "]".repeat(101)) as Payload, created_at: 1, updated_at: 1 }), row("threads", thread("t5")),
    ];
    const checked = await Import.check(store, whole(lines), "append");
    expect(checked.plan.broken).toEqual([
      { line: 3, reason: "It is not a JSON object." }, { line: 4, reason: "It names no table of this app." }, { line: 5, reason: "It holds no row." }, { line: 6, reason: "Its “pinned” must be true or false." },
      { line: 7, reason: "It has no “status”." }, { line: 8, reason: "The same row stands on line 2 already." }, { line: 9, reason: "It is larger than 262144 bytes." },
      { line: 10, reason: "Its “id” must be 1–128 of A–Z, a–z, 0–9 and . _ : ~ -." }, { line: 11, reason: "Its “name” must equal its “id”." }, { line: 12, reason: "It does not say that it is a row." },
      { line: 14, reason: "Its “created_at” must be a time in epoch seconds." }, { line: 15, reason: "It is nested deeper than 100 levels." },
    ]);
    expect(checked.plan).toMatchObject({ brokenCount: 12, rows: 2, total: { added: 2 }, refusal: "" });
    expect(await store.db.threads.count()).toBe(0); // nothing is written by looking
    await checked.run();
    expect((await store.db.threads.toCollection().primaryKeys()).sort()).toEqual(["t1", "t5"]);
    store.close();
  });

  test("lines that are no text or are endless are broken, not the end of it", async () => {
    const store = await open();
    const from = file(new Blob([head(), new Uint8Array([0xff, 0xfe, 10]), `"${"x".repeat(3 << 20)}"\n`, row("threads", thread("t1")).replace("\n", " \r\n"), end(3)]));
    const { plan } = await Import.check(store, from, "append");
    expect(plan.broken).toEqual([{ line: 2, reason: "It is not UTF-8 text." }, { line: 3, reason: "It is longer than any row may be." }]);
    expect(plan.total.added).toBe(1);
    store.close();
  });

  test("cut off, broken or of changes alone, it cannot replace anything; edited it can, and is called so", async () => {
    const store = await open();
    await store.db.threads.put(thread("here"));
    const good = [row("threads", thread("t1")), row("threads", thread("t2"))];
    const cut = file(head() + good.join(""));
    const short = file(head() + good[0] + end(2));
    const broken = whole([...good, "{\n"]);
    const unsent = file(line({ type: "or3-unsent", version: 1, workspace_id: "w1", user_id: "u1", ops: 0 }));
    for (const [from, refusal, whole] of [[cut, "cut", "cut"], [short, "cut", "cut"], [broken, "broken", "whole"], [unsent, "unsent", "whole"]] as const) {
      const checked = await Import.check(store, from, "replace");
      expect(checked.plan).toMatchObject({ refusal, whole });
      await expect(checked.run()).rejects.toThrow("refused");
    }
    expect(await store.db.threads.toCollection().primaryKeys()).toEqual(["here"]);
    expect((await Import.check(store, cut, "append")).plan).toMatchObject({ refusal: "", whole: "cut", total: { added: 2 } });
    const text = await whole(good).text();
    expect((await Import.check(store, file(text.replace("Thread t2", "Thread T2")), "replace")).plan).toMatchObject({ refusal: "", whole: "edited" });
    store.close();
  });

  test("nothing of it is read when it is none of ours, empty, or newer", async () => {
    const store = await open();
    const refusals = await Promise.all([file(""), file("\n\n"), file("%PDF-1.7\n"), file("[1]\n"), file(line({ type: "row" })), file(head({ version: "x" })), file(head({ version: 2 }) + row("threads", thread("t1")))].map(async (from) => {
      const error: unknown = await Import.check(store, from, "append").then(() => null, (e: unknown) => e);
      return error instanceof BackupError ? error.code : error;
    }));
    expect(refusals).toEqual(["empty", "empty", "not_a_backup", "not_a_backup", "not_a_backup", "not_a_backup", "newer"]);
    await expect(Import.check(store, file(head({ version: 2 })), "append")).rejects.toThrow("its format is 2, this app reads up to 1");
    store.close();
  });

  test("a file that changed on the disk since it was chosen says so", async () => {
    const store = await open();
    const gone = { name: "gone", size: 10, stream: () => new ReadableStream<Uint8Array>({ pull: () => { throw new DOMException("changed", "NotReadableError"); } }) };
    await expect(Import.check(store, gone, "append")).rejects.toMatchObject({ code: "unreadable" });
    store.close();
  });
});

describe("unsent changes that were exported", () => {
  test("come back with append: the last change of each row, and only those of this workspace when it has any", async () => {
    const first = await open();
    await first.db.threads.put(thread("t1", { title: "First" }));
    await first.db.threads.put(thread("t1", { title: "Last", updated_at: 1764288001 }));
    await first.db.messages.put(message("m1"));
    await first.db.messages.delete("m1");
    const { unsentLines } = await import("../src/sync/export.js");
    const text = await unsentLines(first.db, "w1", "u1");
    const other = line({ type: "or3-unsent", version: 1, workspace_id: "w2", user_id: "u1", ops: 1 }) + line({ type: "op", table: "threads", op: "put", pk: "t1", payload: thread("t1", { title: "Elsewhere" }) });
    const store = await open();
    const { plan } = await bring(store, file(text + other), "append");
    expect(plan).toMatchObject({ head: { kind: "unsent" }, left: { elsewhere: 1, deletions: 1 }, total: { added: 1 }, brokenCount: 0 });
    expect(await store.db.messages.count()).toBe(0); // it was deleted after it was written
    expect((await store.db.threads.toArray()).map((t) => t.title)).toEqual(["Last"]);
    const third = await open({ workspaceId: "w3" });
    expect((await bring(third, file(other), "append")).plan).toMatchObject({ foreign: true, left: { elsewhere: 0 }, total: { added: 1 } });
    for (const s of [first, store, third]) s.close();
  });
});

describe("deletions among unsent changes", () => {
  const unsent = (workspace: string): string => line({ type: "or3-unsent", version: 1, workspace_id: workspace, user_id: "u1", ops: 0 });
  const put = (id: string): string => line({ type: "op", table: "threads", op: "put", pk: id, payload: thread(id) });
  const gone = (id: string): string => line({ type: "op", table: "threads", op: "delete", pk: id });

  test("a row comes in when it was written after its deletion, and not when it was deleted last", async () => {
    const store = await open();
    const { plan } = await bring(store, file(unsent("w1") + put("out") + put("in") + gone("in") + put("in") + gone("out") + gone("here")), "append");
    expect(plan).toMatchObject({ rows: 1, left: { deletions: 3 }, total: { added: 1 }, brokenCount: 0 });
    expect(await store.db.threads.toCollection().primaryKeys()).toEqual(["in"]);
    store.close();
  });

  test("one of another workspace takes nothing away, and one that names no row is broken", async () => {
    const store = await open();
    const nameless = line({ type: "op", table: "threads", op: "delete" });
    const { plan } = await bring(store, file(unsent("w1") + put("t1") + unsent("w2") + gone("t1") + nameless), "append");
    expect(plan).toMatchObject({ total: { added: 1 }, broken: [{ line: 5, reason: "It does not say which row was deleted." }] });
    store.close();
  });
});

import { readFileSync } from "node:fs";

import Dexie from "dexie";
import { afterEach, describe, expect, test } from "vitest";
import { Import, exportBackup } from "../src/backup.js";
import { fieldsOf } from "../src/backup/fields.js";
import { tables } from "../src/index.js";
import { file, setting, textOf, contentOf, bring, filled } from "./backup_lib.js";
import { browser, device, message, open, quiet, stopAll, thread } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(stopAll);

describe("the file", () => {
  test("has a head, a line for each row, and an end that counts them", async () => {
    const store = await open();
    await filled(store);
    const { file: made, rows } = await exportBackup(store, { workspace: "Kestrel" });
    const lines = (await made.text()).trimEnd().split("\n").map((l) => JSON.parse(l) as Record<string, unknown>);
    expect(rows).toBe(11);
    expect(lines[0]).toMatchObject({ type: "or3-backup", version: 1, workspace_id: "w1", workspace: "Kestrel", user_id: "u1" });
    expect(lines[1]).toEqual({ type: "row", table: "threads", row: thread("t1") });
    expect(lines.at(-1)).toMatchObject({ type: "end", rows: 11 });
    expect((await Import.check(store, file(made), "replace")).plan).toMatchObject({ whole: "whole", rows: 11, total: { same: 11 }, foreign: false, refusal: "" });
    store.close();
  });

  test("holds nothing of the device alone, of the server, or of an unfinished answer", async () => {
    const store = await open();
    await store.db.kv.bulkPut([setting("openrouter_api_key", "sk-secret"), setting("plugins.enabled", "[]"), setting("admin.quota", "1"), setting("theme", "dark")]);
    await store.db.messages.put(message("m1", { pending: true }));
    const text = await textOf(store);
    expect(text).toContain("theme");
    expect(text).not.toMatch(/sk-secret|plugins\.enabled|admin\.quota|"m1"/);
    store.close();
  });

  test("is one moment: what is written while it is made is wholly in or wholly out", async () => {
    const store = await open();
    await store.db.threads.bulkPut(Array.from({ length: 1200 }, (_, i) => thread(`t${i}`)));
    let wrote: Promise<unknown> | undefined;
    const { file: made, rows } = await exportBackup(store, { workspace: "", onProgress: () => (wrote ??= Dexie.ignoreTransaction(() => store.db.transaction("rw", [...tables], async () => {
      await store.db.threads.put(thread("zz"));
      await store.db.messages.put(message("late", { thread_id: "zz" }));
    }))) });
    await wrote;
    expect(rows).toBe(1200);
    expect(await made.text()).not.toContain("late");
    expect(await store.db.messages.get("late")).toBeDefined();
    store.close();
  });

  test("the fields it is checked by are those of the data model", () => {
    const page = readFileSync(new URL("../../../docs/data-model.md", import.meta.url), "utf8");
    for (const table of tables) {
      const section = page.split(`\n## ${table}\n`)[1]?.split("\n## ")[0] ?? "";
      const documented = [...section.matchAll(/^\| `([a-z_]+)` \| ([a-z]+) \| (yes)? ?\|/gm)].map((m) => `${m[1]}:${m[2]}${m[3] === undefined ? "" : "!"}`);
      expect(fieldsOf(table).map((f) => `${f.name}:${f.type}${f.required ? "!" : ""}`).sort(), table).toEqual(documented.sort());
    }
  });
});

describe("round trip", () => {
  test("an export replaced into an empty workspace is the same, row for row, and syncs", async () => {
    const server = new FakeServer();
    const [from, to] = [await open(), await device(server)];
    await filled(from);
    const { plan } = await bring(to.store, file(await textOf(from)), "replace");
    expect(plan.total).toEqual({ added: 11, changed: 0, deleted: 0, same: 0, newer: 0 });
    expect(await contentOf(to.store)).toBe(await contentOf(from));
    await quiet(server, to);
    expect(server.version).toBe(11);
    const second = await device(server, { idb: browser() });
    await quiet(server, second);
    expect(await contentOf(second.store)).toBe(await contentOf(from));
    from.close();
  });

  test("without an account the same", async () => {
    const local = { workspaceId: "local", userId: null, local: true };
    const [from, to] = [await open(local), await open(local)];
    await from.db.threads.bulkPut([thread("t1"), thread("t2")]);
    await from.db.messages.put(message("m1"));
    await to.db.threads.put(thread("gone"));
    const { plan } = await bring(to, file(await textOf(from)), "replace");
    expect(plan.total).toMatchObject({ added: 3, deleted: 1 });
    expect(plan.names.deleted).toEqual(["Thread gone"]);
    expect(await contentOf(to)).toBe(await contentOf(from));
    from.close();
    to.close();
  });

  test("replace takes the file's rows and deletes the rest, as writes that others get", async () => {
    const server = new FakeServer();
    const a = await device(server);
    const b = await device(server, { idb: browser() });
    await filled(a.store);
    const before = await contentOf(a.store);
    const backup = file(await textOf(a.store));
    await quiet(server, a, b);
    await b.store.db.threads.update("t1", { title: "Changed", updated_at: 1764289000 });
    await b.store.db.messages.delete("m2");
    await b.store.db.threads.put(thread("t9", { title: "New" }));
    await quiet(server, b, a);
    const { plan } = await bring(a.store, backup, "replace");
    expect(plan.total).toEqual({ added: 1, changed: 1, deleted: 1, same: 9, newer: 0 });
    expect(plan).toMatchObject({ back: 1, names: { changed: ["Thread t1"], deleted: ["New"] } });
    await quiet(server, a, b);
    expect(await contentOf(b.store)).toBe(before);
    expect(await contentOf(a.store)).toBe(before);
  });
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { Import, exportBackup, forgetImport, isImporting, unfinishedImport } from "../src/backup.js";
import { sha256 } from "../src/store/sha256.js";
import { row, whole, bring } from "./backup_lib.js";
import { browser, message, open, stopAll, thread } from "./lib.js";

afterEach(stopAll);

describe("on the way", () => {
  const many = (n: number): File => whole(Array.from({ length: n }, (_, i) => row("threads", thread(`t${i}`))));

  test("stopped, it says how far it came and stays known; again it goes on and doubles nothing", async () => {
    const store = await open();
    const stop = new AbortController();
    const checked = await Import.check(store, many(1000), "append");
    const done = await checked.run({ signal: stop.signal, onProgress: (n) => n >= 400 && stop.abort() });
    expect(done).toMatchObject({ stopped: true, total: { added: 400 } });
    expect(await unfinishedImport(store)).toMatchObject({ file: "kestrel.or3.jsonl", mode: "append", done: 400, total: 1000 });
    expect((await bring(store, many(1000), "append")).plan.total).toMatchObject({ added: 600, same: 400 });
    expect(await store.db.threads.count()).toBe(1000);
    store.close();
  });

  /** Web Locks of one browser, as far as an import asks for them. */
  function locks() {
    const held = new Set<string>();
    return {
      request: async (name: string, _: LockOptions, work: (lock: Lock | null) => Promise<unknown>) => {
        if (held.has(name)) return work(null);
        held.add(name);
        try {
          return await work({ name, mode: "exclusive" });
        } finally {
          held.delete(name);
        }
      },
      query: async () => ({ held: [...held].map((name) => ({ name })) }),
    };
  }

  for (const where of ["with Web Locks", "over plain HTTP, where there are none"]) {
    test(`of two tabs that import at once one does, and the other says which file: ${where}`, async () => {
      vi.stubGlobal("isSecureContext", where === "with Web Locks");
      vi.stubGlobal("navigator", { ...globalThis.navigator, locks: locks() });
      const idb = browser();
      const [one, two] = [await open({ idb }), await open({ idb })];
      try {
        const [first, second] = [await Import.check(one, many(1000), "append"), await Import.check(two, many(1000), "append")];
        const stop = new AbortController();
        const [done, refused] = await Promise.allSettled([
          first.run({ signal: stop.signal, onProgress: (n) => n >= 400 && stop.abort() }),
          second.run(),
        ]);
        expect(refused).toMatchObject({ status: "rejected", reason: { name: "BackupError", code: "taken" } });
        expect(String(refused.status === "rejected" && refused.reason)).toMatch(/Another tab is importing kestrel\.or3\.jsonl: \d+ of 1,000 rows are in\. This tab has written nothing/);
        expect(done).toMatchObject({ status: "fulfilled", value: { stopped: true, total: { added: 400 } } });
        // The other tab goes on with what this one has left.
        expect(await isImporting(two)).toBe(false);
        const during: Promise<boolean>[] = [];
        const again = (await Import.check(two, many(1000), "append")).run({ onProgress: (n) => n === 200 && during.push(isImporting(one)) });
        expect(await again).toMatchObject({ stopped: false, total: { added: 600 } });
        expect(await during[0]).toBe(true);
        expect(await one.db.threads.count()).toBe(1000);
        expect(await one.db.pending_ops.count()).toBe(1000);
        expect(await unfinishedImport(one)).toBeNull();
      } finally {
        vi.unstubAllGlobals();
        one.close();
        two.close();
      }
    });
  }

  test("a tab that has died holds the import no longer than its lease", async () => {
    const store = await open();
    const checked = await Import.check(store, many(2), "append");
    const lease = { life: 300, renewal: 50 };
    await store.db.sync_state.put({ id: "lease:import", holder: "a tab that has died", until: Date.now() + 250 });
    expect(await isImporting(store, lease)).toBe(true);
    await expect(checked.run({ lease })).rejects.toMatchObject({ code: "taken" });
    await vi.waitFor(async () => expect(await isImporting(store, lease)).toBe(false));
    expect(await checked.run({ lease })).toMatchObject({ stopped: false, total: { added: 2 } });
    expect(await store.db.sync_state.get("lease:import")).toBeUndefined();
    store.close();
  });

  test("a write that fails leaves whole batches, the rest undone, and a note", async () => {
    const store = await open();
    const checked = await Import.check(store, many(1000), "append");
    let put = 0;
    store.db.use({ stack: "dbcore", name: "full", create: (core) => ({ ...core, table: (name) => {
      const table = core.table(name);
      return name === "threads" ? { ...table, mutate: (request) => (++put > 3 ? Promise.reject(new DOMException("full", "QuotaExceededError")) : table.mutate(request)) as ReturnType<typeof table.mutate> } : table;
    } }) });
    store.db.close();
    await store.db.open();
    await expect(checked.run()).rejects.toThrow();
    expect(await store.db.threads.count()).toBe(600);
    expect(await store.db.pending_ops.count()).toBe(600);
    expect(await unfinishedImport(store)).toMatchObject({ done: 600, total: 1000 });
    await forgetImport(store);
    expect(await unfinishedImport(store)).toBeNull();
    store.close();
  });

  test("what somebody writes between the check and the import stays, also when it would be deleted", async () => {
    const store = await open();
    await store.db.threads.bulkPut([thread("changed"), thread("gone"), thread("edited")]);
    const checked = await Import.check(store, whole([row("threads", thread("changed", { title: "From the file" })), row("threads", thread("edited", { title: "From the file" }))]), "replace");
    expect(checked.plan.total).toMatchObject({ changed: 2, deleted: 1 });
    await store.db.threads.update("edited", { title: "Meanwhile" });
    await store.db.threads.update("gone", { title: "Meanwhile too" });
    await store.db.threads.put(thread("fresh"));
    expect(await checked.run()).toMatchObject({ meanwhile: 2, total: { changed: 1, deleted: 0 }, stopped: false });
    expect((await store.db.threads.toArray()).map((t) => t.title).sort()).toEqual(["From the file", "Meanwhile", "Meanwhile too", "Thread fresh"]);
    store.close();
  });

  test("100,000 rows: read, written and exported in pieces, and the page gets its turn in between", async () => {
    const store = await open({ workspaceId: "local", userId: null, local: true });
    const text = Array.from({ length: 100_000 }, (_, i) => row("messages", message(`m${String(i).padStart(6, "0")}`, { index: i, thread_id: `t${i % 100}` })));
    const from = whole(text, { user_id: null, workspace_id: "local" });
    let turns = 0;
    const tick = setInterval(() => turns++, 0);
    const checked = await Import.check(store, from, "replace");
    expect(checked.plan.total.added).toBe(100_000);
    expect(turns).toBeGreaterThan(500);
    turns = 0;
    await checked.run();
    expect(turns).toBeGreaterThan(500);
    turns = 0;
    const steps: number[] = [];
    const { file: made, rows } = await exportBackup(store, { workspace: "", onProgress: (done) => steps.push(done) });
    clearInterval(tick);
    expect(rows).toBe(100_000);
    expect(turns).toBeGreaterThan(100);
    expect(steps.length).toBeGreaterThan(200);
    const rowLines = (await made.text()).split("\n").slice(1, -2);
    expect(sha256(rowLines.join("\n"))).toBe(sha256(text.join("").trimEnd()));
    store.close();
  }, 900_000);
});

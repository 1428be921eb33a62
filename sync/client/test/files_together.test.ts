import { afterEach, describe, expect, test } from "vitest";

import { transferId, type Chosen, type Store } from "../src/index.js";
import { newTransfer } from "../src/files/keep.js";
import { choose, done, failed, start, stopFiles, upOf } from "./files_lib.js";
import { FileServer, random, refuse } from "./files_server.js";
import { open, until } from "./lib.js";

afterEach(stopFiles);

async function chooseAll(store: Store, n: number, of = "file"): Promise<Chosen[]> {
  const files: Chosen[] = [];
  for (let i = 0; i < n; i++) files.push(await choose(store, `${of} ${i}`, `${i}.txt`));
  return files;
}

const allDone = (store: Store, n: number): Promise<void> => until(async () => (await store.db.file_transfers.where("state").equals("done").count()) === n, `${n} files`);

describe("small files that wait", () => {
  test("go together, and each is what it was", async () => {
    const [server, store] = [new FileServer(), await open()];
    const files = await chooseAll(store, 12);
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 12);
    expect(server.asked).toEqual(["upload-batch"]);
    for (const [i, file] of files.entries()) {
      expect(await server.stored.get(file.hash)?.text()).toBe(`file ${i}`);
      expect(server.names.get(file.hash)).toBe(`${i}.txt`);
      expect(await store.db.file_cache.get(file.hash)).toMatchObject({ safe: true });
      const row = await upOf(store, file.hash);
      expect(row).toMatchObject({ state: "done", bytes_done: file.size, attempts: 0 });
      expect(row?.storage_id).toMatch(/^b-/);
      expect(row?.committing).toBeUndefined();
    }
  });

  test("one alone goes by a ticket, and so does a large one beside them", async () => {
    const [server, store] = [new FileServer(), await open()];
    const large = await choose(store, "x".repeat((256 << 10) + 1));
    await chooseAll(store, 2);
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 3);
    expect(server.asked).toEqual(["presign-upload", "PUT", "commit", "upload-batch"]);
    expect((await upOf(store, large.hash))?.storage_id).toBe("u1");
    await choose(store, "alone");
    await allDone(store, 4);
    expect(server.asked.slice(4)).toEqual(["presign-upload", "PUT", "commit"]);
  });

  test("no request holds more than two megabytes", async () => {
    const [server, store] = [new FileServer(), await open()];
    for (let i = 0; i < 11; i++) await choose(store, `${i}`.padEnd(256 << 10, "y"));
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 11);
    expect(server.came).toEqual([8, 3]);
  });

  test.each([404, 413])("a server that does not take them together (%s) gets each by itself", async (status) => {
    const [server, store] = [new FileServer(), await open()];
    server.trouble = (what) => (what === "upload-batch" ? { what, answer: refuse(status, status === 404 ? "not_found" : "oversized", "No.") } : null);
    await chooseAll(store, 3);
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 3);
    expect(server.asked.filter((what) => what === "upload-batch")).toHaveLength(1);
    expect(server.asked.filter((what) => what === "commit")).toHaveLength(3);
  });

  test("one that is refused holds nobody up: it is told why, or comes by a ticket", async () => {
    const [server, store] = [new FileServer(), await open()];
    const [one, two, three] = (await chooseAll(store, 3)) as [Chosen, Chosen, Chosen];
    server.refuses = (hash) => (hash === one.hash ? { code: "unsupported", message: "Not this type." } : hash === two.hash ? { code: "conflict", message: "It is being sent." } : null);
    const files = start(store, server, { atOnce: () => 1 });
    expect(await failed(store, one.hash)).toMatchObject({ error_code: "unsupported", last_error: "Not this type." });
    await done(store, two.hash);
    await done(store, three.hash);
    expect(server.asked).toEqual(["upload-batch", "presign-upload", "PUT", "commit"]);
    server.refuses = () => null;
    await files.retry(transferId("upload", one.hash));
    await done(store, one.hash);
  });

  test("an answer that is lost costs no file, and each is known by the name it was sent with", async () => {
    const [server, store] = [new FileServer(), await open()];
    const files = await chooseAll(store, 5);
    const names: (string | undefined)[] = [];
    let lost = 0;
    server.trouble = (what) => (what === "upload-batch" && ++lost === 1 ? { what, lost: true } : null);
    const stop = setInterval(() => void upOf(store, files[0]?.hash ?? "").then((row) => row?.committing && names.push(row.committing)), 1);
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 5);
    clearInterval(stop);
    const row = await upOf(store, files[0]?.hash ?? "");
    expect(names.length).toBeGreaterThan(0);
    expect(new Set([...names, row?.storage_id]).size).toBe(1);
    expect(server.stored.size).toBe(5);
  });

  test("taken back or paused in the middle it stops, and the others go on without it", async () => {
    const [server, store] = [new FileServer(), await open()];
    const all = await chooseAll(store, 6);
    const [gone, held] = [all[1] as Chosen, all[2] as Chosen];
    const files = start(store, server, { atOnce: () => 1, pace: { first: 1, most: 20, progress: 1 } });
    let decided: Promise<unknown> | undefined;
    server.trouble = (what) => {
      if (what !== "upload-batch" || decided) return null;
      decided = Promise.all([files.cancel(transferId("upload", gone.hash)), files.pause(transferId("upload", held.hash))]);
      return { what };
    };
    await until(async () => (await store.db.file_transfers.where("state").equals("done").count()) === 4, "the others");
    await decided;
    expect(server.stored.has(gone.hash)).toBe(false);
    expect(server.stored.has(held.hash)).toBe(false);
    expect(await upOf(store, gone.hash)).toBeUndefined();
    expect((await upOf(store, held.hash))?.state).toBe("paused");
    await files.resume(transferId("upload", held.hash));
    await done(store, held.hash);
  });

  test("told to wait, and then cut off again and again, no attempt is used up", async () => {
    const [server, store] = [new FileServer(), await open()];
    let n = 0;
    server.trouble = (what) => {
      if (what !== "upload-batch" || ++n > 6) return null;
      return n % 2 === 0 ? { what } : { what, answer: refuse(429, "rate_limited", "Slowly.", { "Retry-After": "0.001" }) };
    };
    const files = await chooseAll(store, 4);
    start(store, server, { atOnce: () => 1 });
    await allDone(store, 4);
    expect(await upOf(store, files[3]?.hash ?? "")).toMatchObject({ attempts: 0 });
  });

  test("a thousand drain without a lost one, on a line that breaks", async () => {
    const [server, store] = [new FileServer(), await open()];
    const dice = random(7);
    const bytes = Array.from({ length: 1000 }, (_, i) => new TextEncoder().encode(`file ${i} of many`));
    const hashes = await Promise.all(bytes.map(async (b) => `sha256:${Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", b)), (n) => n.toString(16).padStart(2, "0")).join("")}`));
    await store.db.transaction("rw", [store.db.file_blobs, store.db.file_cache, store.db.file_transfers], async () => {
      await store.db.file_blobs.bulkPut(bytes.map((b, i) => ({ hash: hashes[i] ?? "", blob: new Blob([b]), stored_at: i })));
      await store.db.file_cache.bulkPut(bytes.map((b, i) => ({ hash: hashes[i] ?? "", size: b.length, used_at: i, safe: false })));
      await store.db.file_transfers.bulkPut(bytes.map((b, i) => newTransfer(store, "upload", hashes[i] ?? "", b.length, { facts: { name: `${i}.txt`, mime_type: "text/plain", kind: "file" }, created_at: i })));
    });
    server.trouble = (what) => {
      const roll = dice();
      if (roll < 0.05) return { what };
      if (roll < 0.1) return { what, lost: true };
      return roll < 0.15 ? { what, answer: refuse(503, "unavailable", "Busy.", { "Retry-After": "0.001" }) } : null;
    };
    server.refuses = () => (dice() < 0.002 ? { code: "disk_full", message: "Later." } : null);
    start(store, server);
    await until(() => server.stored.size === 1000, "a thousand files");
    await allDone(store, 1000);
    expect(server.stored.size).toBe(1000);
    expect(await store.db.file_cache.filter((f) => !f.safe).count()).toBe(0);
    for (const [i, hash] of hashes.entries()) expect(server.stored.get(hash)?.size).toBe(bytes[i]?.length);
  }, 120_000);
});

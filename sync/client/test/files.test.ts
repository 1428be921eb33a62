import { afterEach, describe, expect, test } from "vitest";

import { hashBlob, hashesIn, isTrashed, makeRoom, nameFiles, openKept, openStore, refOf, transferId, type Files } from "../src/index.js";
import { newTransfer } from "../src/files/keep.js";
import { choose, done, failed, start, stopFiles, upOf } from "./files_lib.js";
import { FileServer, random, refuse } from "./files_server.js";
import { browser, message, open, until } from "./lib.js";

afterEach(stopFiles);

describe("names of files", () => {
  test("a hash is of what is in the file, however it is cut into pieces", async () => {
    expect(await hashBlob(new Blob(["abc"]))).toBe("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(await hashBlob(new Blob([]))).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const bytes = new Uint8Array((1 << 20) + 77).map((_, i) => i * 31);
    expect(await hashBlob(new Blob([bytes.slice(0, 5), bytes.slice(5)]))).toBe(await hashBlob(new Blob([bytes])));
  });

  test("bare 32 digits are an old MD5, and what is no name is none", () => {
    expect(refOf("D41D8CD98F00B204E9800998ECF8427E")).toBe("md5:d41d8cd98f00b204e9800998ecf8427e");
    expect(refOf("sha256:zz")).toBeNull();
    const old = "d41d8cd98f00b204e9800998ecf8427e";
    expect(hashesIn(JSON.stringify([old, old, "a", 3, `md5:${old}`]))).toEqual([old, `md5:${old}`]);
    expect(hashesIn("{}")).toEqual([]);
    expect(hashesIn("[")).toEqual([]);
  });

  test("a message of thousands of names does not freeze whoever opens its thread", () => {
    const names = Array.from({ length: 5000 }, (_, i) => i.toString(16).padStart(32, "0"));
    expect(hashesIn(JSON.stringify(names))).toEqual(names.slice(0, 60));
  });
});

describe("an upload", () => {
  test("what was chosen here is on the server, bit for bit, under its name", async () => {
    const [server, store] = [new FileServer(), await open()];
    start(store, server);
    const file = await choose(store, "lines of hull 14", "hull.txt");
    await done(store, file.hash);
    expect(await server.stored.get(file.hash)?.text()).toBe("lines of hull 14");
    expect(server.names.get(file.hash)).toBe("hull.txt");
    expect(await store.db.file_cache.get(file.hash)).toMatchObject({ safe: true });
  });

  test("a file the workspace has is not sent again", async () => {
    const [server, store] = [new FileServer(), await open()];
    const blob = new Blob(["known"]);
    server.stored.set(await hashBlob(blob), blob);
    start(store, server);
    const file = await choose(store, "known");
    await done(store, file.hash);
    expect(server.asked).toEqual(["presign-upload"]);
  });

  test("the same file chosen twice is one upload", async () => {
    const store = await open();
    await choose(store, "twice");
    await choose(store, "twice");
    expect(await store.db.file_transfers.count()).toBe(1);
    store.close();
  });

  test("a line that breaks costs only what was on its way", async () => {
    const [server, store] = [new FileServer(), await open()];
    const cuts = [10, 20, 30];
    server.trouble = (what) => (what === "PUT" && cuts.length > 0 ? { what, cut: cuts.shift() ?? 0 } : null);
    start(store, server);
    const file = await choose(store, "x".repeat(100));
    await done(store, file.hash);
    expect(server.arrived).toBe(100); // nothing arrived twice
    expect(await server.stored.get(file.hash)?.text()).toBe("x".repeat(100));
  });

  test("large files go in parts, and parts that are there are not sent again", async () => {
    const [server, store] = [new FileServer(), await open()];
    server.parts = 16;
    let puts = 0;
    server.trouble = (what) => (what === "PUT" && ++puts === 3 ? { what, answer: refuse(503, "unavailable", "Busy.") } : null);
    start(store, server);
    const file = await choose(store, "y".repeat(100));
    await done(store, file.hash);
    expect(server.arrived).toBe(100);
  });

  test("an address that has expired is asked for anew", async () => {
    const [server, store] = [new FileServer(), await open()];
    let first = true;
    server.trouble = (what) => {
      if (what !== "PUT" || !first) return null;
      first = false;
      return { what, answer: refuse(404, "not_found", "There is no such file, or the address has expired.") };
    };
    start(store, server);
    const file = await choose(store, "late");
    await done(store, file.hash);
    expect(server.stored.has(file.hash)).toBe(true);
  });

  test("what stands before the server refuses without a word, and the person is told what to do", async () => {
    const [server, store] = [new FileServer(), await open()];
    server.trouble = (what) => (what === "presign-upload" ? { what, answer: new Response("<html>", { status: 413 }) } : null);
    start(store, server);
    const file = await choose(store, "proxied");
    expect((await failed(store, file.hash)).last_error).toBe("It is larger than this server takes. Make it smaller, or ask who runs the server for more.");
  });

  test.each([["oversized", 413], ["quota_exceeded", 413], ["unsupported", 415], ["forbidden", 403]] as const)("what the server will not take (%s) ends as failed, with the reason, and stays", async (code, status) => {
    const [server, store] = [new FileServer(), await open()];
    server.trouble = (what) => (what === "presign-upload" ? { what, answer: refuse(status, code, "No.") } : null);
    const files = start(store, server);
    const file = await choose(store, "refused");
    const row = await failed(store, file.hash);
    expect(row).toMatchObject({ error_code: code });
    // The server says what, and what to do; only of what somebody may not do it cannot know whom to ask.
    expect(row.last_error).toBe(code === "forbidden" ? "You may not add files here. Ask an owner of the workspace." : "No.");
    expect(await makeRoom(store, 0, 0)).toBe(0); // its bytes stay
    expect(await (await openKept(store, file.hash))?.text()).toBe("refused");
    server.trouble = () => null;
    await files.retry(row.id);
    await done(store, file.hash);
  });

  test("told to wait, all wait, and no attempt is used up", async () => {
    const [server, store] = [new FileServer(), await open()];
    let told = 0;
    server.trouble = (what) => (what === "commit" && told++ < 7 ? { what, answer: refuse(429, "rate_limited", "Slowly.", { "Retry-After": "0.001" }) } : null);
    start(store, server);
    const file = await choose(store, "patient");
    await done(store, file.hash);
    expect(told).toBe(8);
  });

  test("without a network nothing is asked; it goes on by itself", async () => {
    const [server, store] = [new FileServer(), await open()];
    let online = false;
    let looks = 0;
    const files = start(store, server, {
      online: () => {
        looks++;
        return online;
      },
    });
    const file = await choose(store, "on the train");
    const before = looks;
    await until(() => {
      files.wake();
      return looks >= before + 2;
    }, "a queue that has seen it");
    expect(server.asked).toEqual([]);
    online = true;
    files.wake();
    await done(store, file.hash);
  });

  test("a server that fails and fails ends it visibly, and the person can go on", async () => {
    const [server, store] = [new FileServer(), await open()];
    server.trouble = (what) => (what === "commit" ? { what, answer: refuse(500, "server_error", "It broke.") } : null);
    const files = start(store, server);
    const file = await choose(store, "broken");
    expect(await failed(store, file.hash)).toMatchObject({ attempts: 5, last_error: "It broke." });
    server.trouble = () => null;
    await files.retry(transferId("upload", file.hash));
    await done(store, file.hash);
  });

  test("paused in the middle it stops, and goes on from there", async () => {
    const [server, store] = [new FileServer(), await open()];
    let files: Files | undefined;
    let paused: Promise<void> | undefined;
    server.trouble = (what) => {
      if (what !== "PUT" || paused !== undefined) return null;
      paused = files?.pause();
      return { what, cut: 40 };
    };
    files = start(store, server);
    const file = await choose(store, "p".repeat(100));
    await until(async () => (await upOf(store, file.hash))?.state === "paused" && paused !== undefined, "a pause");
    await paused;
    expect(server.stored.size).toBe(0);
    await files.resume();
    await done(store, file.hash);
    expect(server.arrived).toBe(100);
  });
});

describe("a download", () => {
  async function stored(server: FileServer, text: string): Promise<string> {
    const blob = new Blob([text]);
    const hash = await hashBlob(blob);
    server.stored.set(hash, blob);
    return hash;
  }

  test("what it brings is proven, kept, and opens without a network", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "survey");
    const files = start(store, server);
    await files.want(hash, 6);
    await done(store, hash, "download");
    await files.stop();
    expect(await (await openKept(store, hash))?.text()).toBe("survey");
  });

  test("cut in the middle it goes on where it stopped", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "z".repeat(50));
    let cut = true;
    server.trouble = (what) => {
      if (what !== "body" || !cut) return null;
      cut = false;
      return { what, cut: 20 };
    };
    const files = start(store, server);
    await files.want(hash, 50);
    await done(store, hash, "download");
    expect(await (await openKept(store, hash))?.text()).toBe("z".repeat(50));
  });

  test("an answer without end is left at the file's size, and the person is told", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "z".repeat(2500));
    server.endless.set(hash, 0);
    const files = start(store, server);
    await files.want(hash, 1_000_000); // what a row claimed
    const row = await failed(store, hash, "download");
    expect(row.last_error).toBe("The file arrived damaged: more came than its 2500 bytes.");
    expect(server.endless.get(hash)).toBeLessThanOrEqual(10 * 4000); // a few tries, each of which takes what it may and a piece more
    expect(await openKept(store, hash)).toBeUndefined();
  });

  test("a file with a wrong hash is never kept, is tried again, and then shown as damaged", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "right");
    server.wrong.set(hash, new Blob(["wrong"]));
    const files = start(store, server);
    await files.want(hash, 5);
    const id = transferId("download", hash);
    await until(async () => (await store.db.file_transfers.get(id))?.state === "failed", "a visible failure");
    expect(await store.db.file_transfers.get(id)).toMatchObject({ error_code: "damaged", attempts: 5 });
    expect(await store.db.file_blobs.count()).toBe(0);
    server.wrong.clear();
    await files.want(hash, 5);
    await done(store, hash, "download");
  });

  test("a file whose sender's device has not sent it yet is told from one that fails", async () => {
    const [server, store] = [new FileServer(), await open()];
    const files = start(store, server);
    const hash = await hashBlob(new Blob(["later"]));
    await files.want(hash, 5);
    const id = transferId("download", hash);
    await until(async () => (await store.db.file_transfers.get(id))?.error_code === "not_found", "no such file");
    await stored(server, "later");
    await files.want(hash, 5);
    await done(store, hash, "download");
  });
});

describe("the bytes on a device", () => {
  test("what the server does not have never makes room; the least recently used of the rest does", async () => {
    let now = 1000;
    const store = await open({ now: () => now });
    const files = [];
    for (const text of ["one", "two", "three"]) {
      now += 100_000;
      files.push(await choose(store, text));
    }
    const [one, two, three] = files.map((f) => f.hash) as [string, string, string];
    await store.db.file_cache.update(two, { safe: true });
    await store.db.file_cache.update(three, { safe: true });
    await store.db.file_transfers.bulkDelete([two, three].map((h) => transferId("upload", h)));
    now += 100_000;
    await openKept(store, two);
    await makeRoom(store, 0, 7);
    expect(await store.db.file_blobs.toCollection().primaryKeys()).toEqual(expect.arrayContaining([one, two]));
    expect(await store.db.file_blobs.get(three)).toBeUndefined();
    await makeRoom(store, 0, 0);
    expect(await store.db.file_blobs.toCollection().primaryKeys()).toEqual([one]);
    store.close();
  });

  test("a message and the rows of its files are one group for the server; one in the trash comes back", async () => {
    const store = await open();
    const file = await choose(store, "named");
    const send = (id: string): Promise<void> => store.transact(["messages", "file_meta", "file_transfers", "file_cache"], async () => {
      await nameFiles(store, [file]);
      await store.db.messages.put(message(id, { file_hashes: JSON.stringify([file.hash]) }));
    }, { atomic: true });
    await send("m1");
    const ops = await store.db.pending_ops.orderBy("seq").toArray();
    expect(ops.map((op) => op.table)).toEqual(["file_meta", "messages"]);
    expect(new Set(ops.map((op) => op.atomic)).size).toBe(1);
    const row = await store.db.file_meta.get(file.hash);
    expect(row).toMatchObject({ name: "a.txt", size_bytes: 5, kind: "file" });
    await store.db.file_meta.put({ ...row!, trashed_at: 5 } as never);
    expect(isTrashed((await store.db.file_meta.get(file.hash)) as object)).toBe(true);
    await send("m2");
    expect(isTrashed((await store.db.file_meta.get(file.hash)) as object)).toBe(false);
    store.close();
  });

  test("without an account files are kept here, and nothing is queued", async () => {
    const store = await open({ workspaceId: "local", userId: null, local: true });
    const file = await choose(store, "mine");
    expect(await store.db.file_transfers.count()).toBe(0);
    expect(await (await openKept(store, file.hash))?.text()).toBe("mine");
    store.close();
  });
});

describe("bad weather", () => {
  test.each([1, 2, 3, 4, 5])("nothing is lost and nothing stalls, whatever breaks (seed %i)", async (seed) => {
    const next = random(seed);
    const server = new FileServer();
    const idb = browser();
    let calm = false;
    server.trouble = (what, size) => {
      if (calm) return null;
      const r = next();
      if (r < 0.12) return { what, cut: Math.floor(next() * size) };
      if (r < 0.2) return { what, lost: true };
      if (r < 0.24) return { what, answer: refuse(503, "unavailable", "Busy.", { "Retry-After": "0.002" }) };
      if (r < 0.28) return { what, answer: refuse(429, "rate_limited", "Slowly.", { "Retry-After": "0.002" }) };
      return null;
    };
    const expected = new Map<string, string>();
    for (let life = 0; life < 6; life++) {
      // The page is closed in the middle of whatever it does, and opened again.
      const store = await openStore({ workspaceId: "w1", userId: "u1", idb });
      const files = start(store, server);
      for (let i = 0; i < 5; i++) {
        const text = `${seed} ${life} ${i} `.repeat(1 + Math.floor(next() * 40));
        expected.set((await choose(store, text)).hash, text);
      }
      for (let i = Math.floor(next() * 30); i > 0; i--) await new Promise((turn) => setTimeout(turn, 1));
      if (next() < 0.5) store.close(); // a crash: nobody says goodbye
      await files.stop();
      store.close();
    }
    calm = next() < 0.5; // or the weather stays as it is
    const store = await openStore({ workspaceId: "w1", userId: "u1", idb });
    const files = start(store, server);
    await until(async () => {
      for (const row of await store.db.file_transfers.where("state").equals("failed").toArray()) await files.retry(row.id);
      return (await store.db.file_transfers.where("state").equals("done").count()) === expected.size;
    }, "all of them");
    for (const [hash, text] of expected) expect(await server.stored.get(hash)?.text()).toBe(text);
  });

  test("5,000 files drain", async () => {
    const [server, store] = [new FileServer(), await open()];
    const count = 5000;
    const rows = [];
    for (let i = 0; i < count; i++) {
      const blob = new Blob([`file ${i}`]);
      const hash = await hashBlob(blob);
      rows.push({ blob: { hash, blob, stored_at: i }, cache: { hash, size: blob.size, used_at: i, safe: false }, transfer: newTransfer(store, "upload", hash, blob.size, { created_at: i, facts: { name: `${i}.txt`, mime_type: "text/plain", kind: "file" } }) });
    }
    await store.db.file_blobs.bulkPut(rows.map((r) => r.blob));
    await store.db.file_cache.bulkPut(rows.map((r) => r.cache));
    await store.db.file_transfers.bulkPut(rows.map((r) => r.transfer));
    start(store, server, { atOnce: () => 4 });
    for (let n = 500; n <= count; n += 500) await until(() => server.stored.size >= n, `file ${n}`);
    expect(server.stored.size).toBe(count);
    const single = server.asked.filter((what) => what === "PUT").length;
    expect(server.came.reduce((sum, n) => sum + n, single)).toBe(count); // none came twice
    await until(async () => (await store.db.file_transfers.where("state").equals("done").count()) === count, "the last answers");
  }, 600_000);
});

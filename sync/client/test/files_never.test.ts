// A file whose row goes before the server had the file: messages elsewhere that
// have it say its name, and not that somebody deleted it.
import { afterEach, expect, test } from "vitest";

import { choose, stopFiles } from "./files_lib.js";
import { device, quiet, stopAll } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(async () => {
  await stopFiles();
  await stopAll();
});

const row = (hash: string, more: object = {}) => ({ hash, name: "page.html", mime_type: "text/html", size_bytes: 40, created_at: 1764288000, updated_at: 1764288000, ...more });

test("another device keeps the name of a file that was never uploaded, and no name of one that was", async () => {
  const server = new FakeServer();
  const [a, b] = [await device(server), await device(server)];
  await a.store.db.file_meta.bulkPut([row("sha256:never"), row("sha256:stored", { storage_id: "s1" })]);
  await quiet(server, a, b);
  expect(await b.store.db.file_meta.count()).toBe(2);
  await a.store.db.file_meta.bulkDelete(["sha256:never", "sha256:stored"]);
  await quiet(server, a, b);
  expect(await b.store.db.file_meta.count()).toBe(0);
  expect(await b.store.db.sync_state.get("never:sha256:never")).toEqual({ id: "never:sha256:never", name: "page.html", mime_type: "text/html", size: 40 });
  expect(await b.store.db.sync_state.get("never:sha256:stored")).toBeUndefined();
});

test("one that comes again and is uploaded was deleted when it goes, and what is chosen again is on its way", async () => {
  const server = new FakeServer();
  const [a, b] = [await device(server), await device(server)];
  const file = await choose(b.store, "chosen here as well");
  const note = `never:${file.hash}` as const;
  for (const more of [{}, { storage_id: "s1" }]) {
    await a.store.db.file_meta.put(row(file.hash, more));
    await quiet(server, a, b);
    await a.store.db.file_meta.delete(file.hash);
    await quiet(server, a, b);
    expect((await b.store.db.sync_state.get(note)) !== undefined).toBe(!("storage_id" in more));
  }
  await b.store.db.sync_state.put({ id: note, name: "a.txt", mime_type: "text/plain", size: file.size });
  await b.store.db.file_transfers.clear();
  await choose(b.store, "chosen here as well");
  expect(await b.store.db.sync_state.get(note)).toBeUndefined();
});

import { expect, test } from "vitest";

import { fetchPreview, keepPreview, previewKept } from "../src/files/preview.js";
import { forgetKept, keepFetched, makeRoom } from "../src/files/keep.js";
import { hashBlob } from "../src/files/hash.js";
import { Api } from "../src/sync/api.js";
import { FileServer } from "./files_server.js";
import { open } from "./lib.js";

const of = `sha256:${"1".repeat(64)}`;
const apiOf = (server: FileServer): Api => new Api({ base: "http://or3.test", clientVersion: "1", userId: "u1", fetch: server.fetch, signal: new AbortController().signal, patience: 5000 });

async function stored(server: FileServer, text: string): Promise<string> {
  const blob = new Blob([text]);
  const hash = await hashBlob(blob);
  server.stored.set(hash, blob);
  return hash;
}

test("a preview that came is kept, in no list of transfers, and goes with its file", async () => {
  const [server, store] = [new FileServer(), await open()];
  const hash = await stored(server, "small");
  expect(await (await fetchPreview(store, apiOf(server), server.fetch, of, hash))?.text()).toBe("small");
  expect(await (await previewKept(store, hash))?.text()).toBe("small");
  expect(await store.db.file_transfers.count()).toBe(0);
  expect(await store.db.file_cache.get(hash)).toMatchObject({ of, safe: true, size: 5 });
  await forgetKept(store, of);
  expect(await previewKept(store, hash)).toBeUndefined();
  expect(await store.db.file_cache.count()).toBe(0);
  store.close();
});

test("what is no preview is not kept: another content, or more than its size", async () => {
  const [server, store] = [new FileServer(), await open()];
  const [wrong, endless] = [await stored(server, "right"), await stored(server, "short")];
  server.wrong.set(wrong, new Blob(["wrong"]));
  server.endless.set(endless, 0);
  for (const hash of [wrong, endless]) {
    expect(await fetchPreview(store, apiOf(server), server.fetch, of, hash)).toBeUndefined();
    expect(await previewKept(store, hash)).toBeUndefined();
  }
  expect(server.endless.get(endless)).toBeLessThanOrEqual(2000);
  store.close();
});

test("files make room before previews, and a preview that is also somebody's file stays that file", async () => {
  const store = await open();
  const [small, large] = [new Blob(["preview"]), new Blob(["x".repeat(100)])];
  const [preview, file] = [await hashBlob(small), await hashBlob(large)];
  await keepPreview(store, file, preview, small);
  await keepFetched(store, file, large);
  expect(await makeRoom(store, 0, 50)).toBe(100);
  expect(await previewKept(store, preview)).toBeDefined();
  expect(await makeRoom(store, 0, 0)).toBe(7);
  await keepFetched(store, preview, small);
  await keepPreview(store, file, preview, small);
  await forgetKept(store, file);
  expect(await previewKept(store, preview)).toBeDefined();
  store.close();
});

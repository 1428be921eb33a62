// A file that was attached, uploaded at once, and taken out of the form: nobody
// was meant to see it.
import { afterEach, expect, test } from "vitest";

import { keepChosen, nameFiles, releaseKept, type Chosen, type Store } from "../src/index.js";
import type { PendingOp } from "../src/store/types.js";
import { asServer } from "../src/sync/merge.js";
import { choose, done, start, stopFiles, upOf } from "./files_lib.js";
import { FileServer } from "./files_server.js";
import { message, open, until } from "./lib.js";

afterEach(stopFiles);

/** The row that the server writes of a committed file arrives. */
const describe = async (store: Store, file: Chosen, storage_id: string, at = store.seconds()): Promise<void> => {
  await asServer(store, () => store.db.file_meta.put({ hash: file.hash, name: file.facts.name, created_at: at, updated_at: at, storage_id, device_id: "web", op_id: storage_id, hlc: "", clock: 1, server_version: 1 }));
};
const send = (store: Store, file: Chosen): Promise<void> => store.transact(["messages", "file_meta", "file_transfers", "file_cache"], async () => {
  await nameFiles(store, [file]);
  await store.db.messages.put(message("m1", { file_hashes: JSON.stringify([file.hash]) }));
});
const deletes = (store: Store): Promise<PendingOp[]> => store.db.pending_ops.filter((op) => op.table === "file_meta" && op.op === "delete").toArray();
const nothing = async (store: Store): Promise<void> => {
  expect([await store.db.file_meta.count(), await store.db.file_blobs.count(), await store.db.file_cache.count(), await store.db.file_transfers.count()]).toEqual([0, 0, 0, 0]);
};

test("taken out of the form after it was uploaded, it is deleted for everyone", async () => {
  const [server, store] = [new FileServer(), await open()];
  start(store, server);
  const file = await choose(store, "wages of May", "payslip.pdf");
  await done(store, file.hash);
  await describe(store, file, "u1");
  expect(await releaseKept(store, file.hash)).toBe(true);
  expect((await deletes(store)).map((op) => op.pk)).toEqual([file.hash]);
  await nothing(store);
});

test("taken out before its row has come, it is deleted as soon as it comes", async () => {
  const [server, store] = [new FileServer(), await open()];
  start(store, server);
  const file = await choose(store, "uploaded a moment ago");
  await done(store, file.hash);
  expect(await releaseKept(store, file.hash)).toBe(true);
  await nothing(store);
  await describe(store, file, "u1");
  await until(async () => (await store.db.file_meta.count()) === 0, "no row");
  expect((await deletes(store)).map((op) => op.pk)).toEqual([file.hash]);
  await until(async () => (await store.db.sync_state.where("id").startsWith("released:").count()) === 0, "nothing to look out for");
});

test("taken out while the server commits it, it is deleted as soon as its row comes", async () => {
  const [server, store] = [new FileServer(), await open()];
  let committing = (): void => undefined;
  const asked = new Promise<void>((came) => (committing = came));
  let answer = (): void => undefined;
  const answered = new Promise<void>((may) => (answer = may));
  start(store, server, {
    fetch: async (input, init) => {
      const answer = await server.fetch(input, init);
      if (!String(input).endsWith("/commit")) return answer;
      committing();
      await answered;
      return answer;
    },
  });
  const file = await choose(store, "on its last step");
  await asked;
  expect(await releaseKept(store, file.hash)).toBe(true);
  answer();
  await describe(store, file, "u1");
  await until(async () => (await deletes(store)).length === 1, "deleted for everyone");
  await nothing(store);
});

test("taken out before anything was sent, it is not committed afterwards", async () => {
  const [server, store] = [new FileServer(), await open()];
  let sending = (): void => undefined;
  const asked = new Promise<void>((came) => (sending = came));
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((may) => (arrive = may));
  start(store, server, {
    send: async (o) => {
      sending();
      await arrived;
      return server.send({ ...o, signal: new AbortController().signal }); // it did not hear of it in time
    },
  });
  const file = await choose(store, "half way");
  await asked;
  expect(await releaseKept(store, file.hash)).toBe(true);
  arrive();
  const next = await choose(store, "the right one");
  await done(store, next.hash);
  expect(Array.from(server.stored.keys())).toEqual([next.hash]);
});

test("a file that the workspace had before stays", async () => {
  const [server, store] = [new FileServer(), await open()];
  start(store, server);
  const file = await choose(store, "sent in spring");
  await done(store, file.hash);
  await send(store, file);
  await describe(store, file, "u1");
  await store.db.messages.delete("m1");
  await choose(store, "sent in spring");
  await done(store, file.hash);
  expect(await releaseKept(store, file.hash)).toBe(false);
  expect(await store.db.file_meta.count()).toBe(1);
});

test("a file that another member brought meanwhile stays", async () => {
  const [server, store] = [new FileServer(), await open()];
  const file = await choose(store, "the same by chance");
  await describe(store, file, "another's");
  start(store, server);
  await done(store, file.hash);
  expect(await releaseKept(store, file.hash)).toBe(false);
  expect(await deletes(store)).toEqual([]);
});

test("a file that a message of another device names stays, also when its row comes later", async () => {
  const [server, store] = [new FileServer(), await open()];
  start(store, server);
  const file = await choose(store, "sent by my other device");
  await done(store, file.hash);
  await asServer(store, () => store.db.messages.put(message("m2", { file_hashes: JSON.stringify([file.hash]) })));
  expect(await releaseKept(store, file.hash)).toBe(false);
  await describe(store, file, "u1");
  expect(await releaseKept(store, file.hash)).toBe(false);
  const other = await choose(store, "named a moment later");
  await done(store, other.hash);
  expect(await releaseKept(store, other.hash)).toBe(true);
  await asServer(store, () => store.db.messages.put(message("m3", { data: { content: `![](${other.hash})` } })));
  await describe(store, other, "u2");
  await until(async () => (await store.db.sync_state.where("id").startsWith("released:").count()) === 0, "looked at");
  expect(await deletes(store)).toEqual([]);
});

test("chosen for two forms and taken out of both, or chosen again, it goes all the same", async () => {
  const [server, store] = [new FileServer(), await open()];
  start(store, server);
  const file = await choose(store, "twice");
  await done(store, file.hash);
  await describe(store, file, "u1");
  await store.db.sync_state.put({ id: "attached:t1", files: [file] });
  await choose(store, "twice");
  await done(store, file.hash);
  expect(await releaseKept(store, file.hash)).toBe(false);
  await store.db.sync_state.delete("attached:t1");
  expect(await releaseKept(store, file.hash)).toBe(true);
  expect(await deletes(store)).toHaveLength(1);
  // The server has its bytes for a while: chosen again, it writes the row anew.
  await choose(store, "twice");
  await done(store, file.hash);
  expect((await upOf(store, file.hash))?.storage_id).toBe("stored");
  await describe(store, file, "stored");
  expect(await releaseKept(store, file.hash)).toBe(true);
  expect(await deletes(store)).toHaveLength(2);
  await nothing(store);
});

test("attached again before the row of the first time has come, it stays, and goes when it is taken out once more", async () => {
  const [server, store] = [new FileServer(), await open()];
  const files = start(store, server);
  const file = await choose(store, "back again");
  await done(store, file.hash);
  expect(await releaseKept(store, file.hash)).toBe(true);
  await files.stop();
  await keepChosen(store, file, new Blob(["back again"]));
  await describe(store, file, "u1");
  start(store, server);
  await done(store, file.hash);
  expect(await store.db.file_meta.count()).toBe(1);
  expect(await releaseKept(store, file.hash)).toBe(true);
  expect(await store.db.file_meta.count()).toBe(0);
});

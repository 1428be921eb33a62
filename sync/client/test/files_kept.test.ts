// What becomes of the bytes on a device when other things happen to it.
import { afterEach, describe, expect, test } from "vitest";

import { adoptLocal, FileGone, forgetKept, hashBlob, isTrashed, keepChosen, makeRoom, nameFiles, openKept, releaseKept, transferId, type Chosen, type Store } from "../src/index.js";
import type { PositionState } from "../src/store/state.js";
import { asServer } from "../src/sync/merge.js";
import { choose, done, start, stopFiles, upOf } from "./files_lib.js";
import { FileServer, refuse } from "./files_server.js";
import { browser, device, message, open, phase, quiet, stopAll, thread, until } from "./lib.js";
import { FakeServer } from "./server.js";

afterEach(async () => {
  await stopFiles();
  await stopAll();
});

const send = (store: Store, id: string, file: Chosen): Promise<void> => store.transact(["messages", "file_meta", "file_transfers", "file_cache"], async () => {
  await nameFiles(store, [file]);
  await store.db.messages.put(message(id, { file_hashes: JSON.stringify([file.hash]) }));
}, { atomic: true });

const local = (idb: ReturnType<typeof browser>): Promise<Store> => open({ idb, workspaceId: "local", userId: null, local: true });

describe("files from before there was an account", () => {
  test("come along and are uploaded: others do not wait for a file that nobody has", async () => {
    const [server, idb] = [new FileServer(), browser()];
    const guest = await local(idb);
    await guest.db.threads.put(thread("t1"));
    const file = await choose(guest, "drawn before signing in", "hull.txt");
    await send(guest, "m1", file);
    guest.close();
    const mine = await open({ idb });
    expect(await adoptLocal(mine, { idb })).toMatchObject({ rows: 3 });
    expect((await idb.indexedDB.databases()).map((d) => d.name)).toEqual(["or3-db-w1"]);
    start(mine, server);
    await done(mine, file.hash);
    expect(await server.stored.get(file.hash)?.text()).toBe("drawn before signing in");
    expect(server.names.get(file.hash)).toBe("hull.txt");
    expect(await (await openKept(mine, file.hash))?.text()).toBe("drawn before signing in");
  });

  test("in a form that was not sent wait in the form of the same thread, also where it got another id", async () => {
    const idb = browser();
    const guest = await local(idb);
    await guest.db.threads.put(thread("t1"));
    const file = await choose(guest, "not sent yet");
    await guest.db.sync_state.put({ id: "attached:t1", files: [file] });
    guest.close();
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1", { title: "The workspace's" }));
    const { ids } = await adoptLocal(mine, { idb });
    expect(await mine.db.sync_state.get(`attached:${ids.get("t1") ?? ""}`)).toEqual({ id: `attached:${ids.get("t1") ?? ""}`, files: [file] });
    expect(await upOf(mine, file.hash)).toMatchObject({ state: "queued", facts: { name: "a.txt" } });
    mine.close();
  });

  test("leave the database and its ids where they are while what names its rows has not come along", async () => {
    const idb = browser();
    const guest = await local(idb);
    await guest.db.threads.put(thread("t1"));
    guest.close();
    const mine = await open({ idb });
    await mine.db.threads.put(thread("t1", { title: "The workspace's" }));
    const seen: (string | undefined)[] = [];
    const carry = (whole: boolean) => (ids: ReadonlyMap<string, string>): boolean => {
      seen.push(ids.get("t1"));
      return whole;
    };
    await adoptLocal(mine, { idb, carry: carry(false) });
    expect((await idb.indexedDB.databases()).map((d) => d.name)).toContain("or3-db-local");
    await adoptLocal(mine, { idb, carry: carry(true) });
    expect((await idb.indexedDB.databases()).map((d) => d.name)).not.toContain("or3-db-local");
    expect(seen[0]).toBeDefined();
    expect(seen[1]).toBe(seen[0]);
    expect(await mine.db.threads.count()).toBe(2);
    mine.close();
  });

  test("stay in the browser when the device is too full to take them along, and come the next time", async () => {
    const idb = browser();
    const guest = await local(idb);
    await guest.db.threads.put(thread("t1"));
    const file = await choose(guest, "too much for now");
    await send(guest, "m1", file);
    guest.close();
    const mine = await open({ idb });
    const full = () => { throw new DOMException("no room", "QuotaExceededError"); };
    mine.db.file_blobs.hook("creating", full);
    await expect(adoptLocal(mine, { idb })).rejects.toThrow();
    mine.db.file_blobs.hook("creating").unsubscribe(full);
    await adoptLocal(mine, { idb });
    expect(await (await openKept(mine, file.hash))?.text()).toBe("too much for now");
    expect(await mine.db.messages.count()).toBe(1);
    mine.close();
  });
});

describe("a server that came back from an older backup", () => {
  const live = (store: Store, history_id: string): Promise<unknown> => {
    const position: PositionState = { id: "position", cursor: 1, history_id, tombstone_floor: 0, last_sync_at: 1, loaded: true };
    return store.db.sync_state.put(position);
  };

  test("gets the files back that it lost: a message does not keep a file that nobody can open", async () => {
    const [server, store] = [new FileServer(), await open()];
    await live(store, "h1");
    start(store, server);
    const file = await choose(store, "after the backup");
    await send(store, "m1", file);
    await done(store, file.hash);
    await until(async () => (await store.db.sync_state.get("files")) !== undefined, "the first life");
    server.stored.clear();
    await live(store, "h2");
    await until(() => server.stored.has(file.hash), "the file on the server");
    await done(store, file.hash);
    expect(await store.db.file_cache.get(file.hash)).toMatchObject({ safe: true });
  });

  test("does not cost the last copy: until it is there again it makes no room", async () => {
    const [server, store] = [new FileServer(), await open()];
    await live(store, "h1");
    const files = start(store, server);
    const file = await choose(store, "the last copy");
    await send(store, "m1", file);
    await done(store, file.hash);
    await until(async () => (await store.db.sync_state.get("files")) !== undefined, "the first life");
    server.trouble = (what) => ({ what });
    server.stored.clear();
    await live(store, "h2");
    await until(async () => (await store.db.file_cache.get(file.hash))?.safe === false, "a copy that stays");
    expect(await makeRoom(store, 0, 0)).toBe(0);
    await files.stop();
  });

  test("gets what stands in a form, too: it has no row any more, and is the only copy", async () => {
    const [server, store] = [new FileServer(), await open()];
    await live(store, "h1");
    const files = start(store, server);
    const [file, other] = [await choose(store, "not sent yet"), await choose(store, "its upload is forgotten")];
    for (const f of [file, other]) await done(store, f.hash);
    await until(async () => (await store.db.sync_state.get("files")) !== undefined, "the first life");
    await files.stop();
    await store.db.file_transfers.delete(transferId("upload", other.hash));
    await store.db.sync_state.put({ id: "attached:t1", files: [file, other] });
    server.stored.clear();
    await live(store, "h2");
    server.trouble = (what) => ({ what });
    start(store, server);
    for (const f of [file, other]) await until(async () => (await store.db.file_cache.get(f.hash))?.safe === false, "a copy that stays");
    expect(await makeRoom(store, 0, 0)).toBe(0);
    server.trouble = () => null;
    for (const f of [file, other]) await until(() => server.stored.has(f.hash), "the file on the server");
    await done(store, file.hash);
    await store.db.sync_state.delete("attached:t1");
    expect(await releaseKept(store, file.hash)).toBe(true); // still for the form to take back
  });

  test("a viewer is not told of uploads that they never made and may not make", async () => {
    const [server, store] = [new FileServer(), await open()];
    await live(store, "h1");
    const files = start(store, server);
    const blob = new Blob(["theirs"]);
    const hash = await hashBlob(blob);
    server.stored.set(hash, blob);
    await asServer(store, () => store.db.file_meta.put({ hash, name: "theirs", created_at: 1, updated_at: 1, storage_id: "s" }));
    await files.want(hash, 6);
    await done(store, hash, "download");
    await until(async () => (await store.db.sync_state.get("files")) !== undefined, "the first life");
    server.trouble = (what) => (what === "presign-upload" ? { what, answer: refuse(403, "forbidden", "No.") } : null);
    await live(store, "h2");
    await until(async () => server.asked.includes("presign-upload") && (await upOf(store, hash)) === undefined, "no upload");
    expect(await store.db.file_cache.get(hash)).toMatchObject({ safe: true });
  });
});

describe("a message with a file", () => {
  test("is not sent when the file is on this device no more: nobody would ever get it", async () => {
    const store = await open();
    const file = await choose(store, "cancelled meanwhile");
    await forgetKept(store, file.hash); // "Cancel all" while it stood in a form
    await expect(send(store, "m1", file)).rejects.toBeInstanceOf(FileGone);
    expect(await store.db.messages.count()).toBe(0);
    expect(await store.db.pending_ops.count()).toBe(0);
    store.close();
  });

  test("whose upload was taken back is uploaded all the same", async () => {
    const [server, store] = [new FileServer(), await open()];
    const file = await choose(store, "still here");
    await store.db.file_transfers.delete(transferId("upload", file.hash));
    await send(store, "m1", file);
    start(store, server);
    await done(store, file.hash);
    expect(server.stored.has(file.hash)).toBe(true);
  });

  test("is sent when the server has the file and this device has made room since", async () => {
    const [server, store] = [new FileServer(), await open()];
    start(store, server);
    const file = await choose(store, "uploaded while I wrote");
    await done(store, file.hash);
    expect(await makeRoom(store, 0, 0)).toBeGreaterThan(0);
    await send(store, "m1", file);
    expect(await store.db.messages.count()).toBe(1);
    expect(isTrashed((await store.db.file_meta.get(file.hash)) as object)).toBe(false);
  });

  test("keeps a file that was removed from another form that has it too", async () => {
    const store = await open();
    const file = await choose(store, "in two forms");
    await store.db.sync_state.put({ id: "attached:t2", files: [file] });
    expect(await releaseKept(store, file.hash)).toBe(false);
    expect(await (await openKept(store, file.hash))?.text()).toBe("in two forms");
    await store.db.sync_state.delete("attached:t2");
    expect(await releaseKept(store, file.hash)).toBe(true);
    expect(await store.db.file_transfers.count()).toBe(0);
    store.close();
  });

  test("chosen again after it was deleted everywhere, the file is uploaded again", async () => {
    const [server, store] = [new FileServer(), await open()];
    start(store, server);
    const file = await choose(store, "deleted by another");
    await done(store, file.hash);
    server.stored.clear();
    await choose(store, "deleted by another");
    await until(() => server.stored.has(file.hash), "the file on the server");
  });
});

test("a file that makes room while it is opened is not counted as here for ever", async () => {
  const store = await open();
  const file = await choose(store, "evicted");
  await store.db.file_transfers.clear();
  await store.db.file_cache.update(file.hash, { safe: true });
  const [opened] = await Promise.all([openKept(store, file.hash), makeRoom(store, 0, 0)]);
  if (opened !== undefined) expect(await opened.text()).toBe("evicted");
  expect(await store.db.file_cache.count()).toBe(await store.db.file_blobs.count());
  // One that says so already, from an earlier version: opening it finds out, choosing it again stores it.
  await store.db.file_cache.put({ hash: file.hash, size: 7, used_at: 1, safe: true });
  await keepChosen(store, file, new Blob(["evicted"]));
  expect(await (await openKept(store, file.hash))?.text()).toBe("evicted");
  await store.db.file_blobs.clear();
  expect(await openKept(store, file.hash)).toBeUndefined();
  expect(await store.db.file_cache.count()).toBe(0);
  store.close();
});

test("removed from a workspace while a file uploads: the device keeps it until the person has decided", async () => {
  const server = new FakeServer();
  const a = await device(server);
  await phase(a, "synced");
  await quiet(server, a);
  await choose(a.store, "the only copy");
  server.members.delete("u1");
  a.sync.wake();
  expect(await phase(a, "removed")).toMatchObject({ reason: expect.stringContaining("was not sent") as string, pending: 0, failed: 0, files: 1 });
  expect((await a.idb.indexedDB.databases()).map((d) => d.name)).toContain("or3-db-w1");
  expect(await a.store.db.file_blobs.count()).toBe(1);
});

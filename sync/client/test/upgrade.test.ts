import Dexie from "dexie";
import { describe, expect, test } from "vitest";

import { define, versions } from "../src/store/schema.js";
import { browser, message, open, thread } from "./lib.js";

const first: Record<string, object[]> = {
  threads: [{ ...thread("t1"), clock: 3, hlc: "1764288000000:0000:old", op_id: "0197a000-0000-7000-8000-000000000001", device_id: "old", server_version: 7 }],
  messages: [{ ...message("m1"), clock: 1, hlc: "1764288000000:0001:old", op_id: "0197a000-0000-7000-8000-000000000002", device_id: "old", server_version: 0 }],
  pending_ops: [{
    id: "0197a000-0000-7000-8000-000000000002", seq: 9, table: "messages", pk: "m1", op: "put", payload: message("m1"),
    stamp: { device_id: "old", op_id: "0197a000-0000-7000-8000-000000000002", hlc: "1764288000000:0001:old", clock: 1 }, created_at: 1, attempts: 0, next_attempt_at: 0, status: "pending", sent: false,
  }],
  tombstones: [{ table: "threads", pk: "t0", clock: 2, hlc: "1764288000000:0000:old", op_id: "0197a000-0000-7000-8000-000000000003", device_id: "old", server_version: 5, deleted_at: 1 }],
  sync_state: [
    { id: "device", device_id: "old", node: "old", user_id: "u1", workspace_id: "w1", created_at: 1 },
    { id: "clock", hlc: "1764288000000:0001:old", seq: 9, offset: 0 },
    { id: "position", cursor: 7, history_id: "h1", tombstone_floor: 0, last_sync_at: 1, loaded: true },
  ],
  posts: [{
    id: "d1", title: "Launch day", content: "High water", post_type: "markdown", project_id: "p1", created_at: 1, updated_at: 2,
    clock: 1, hlc: "1764288000000:0002:old", op_id: "0197a000-0000-7000-8000-000000000004", device_id: "old", server_version: 6,
  }],
};

const second: typeof first = {
  ...first,
  file_transfers: [{ id: "upload:sha256:aa", hash: "sha256:aa", workspace_id: "w1", direction: "upload", bytes_total: 9, bytes_done: 4, state: "paused", attempts: 1, created_at: 1, updated_at: 2 }],
  file_blobs: [{ hash: "sha256:aa", blob: new Blob(["high water"]), stored_at: 1 }],
};
const third: typeof first = { ...second, file_cache: [{ hash: "sha256:aa", size: 10, used_at: 1, safe: false }] };

// What people have on their disks, one fixture for each version there has been.
const fixtures: Record<number, Record<string, object[]>> = { 1: first, 2: second, 3: third };

describe("a database of an earlier version", () => {
  test("there is a fixture of each", () => {
    expect(Object.keys(fixtures).map(Number)).toEqual(versions.map((_, i) => i + 1));
  });

  test.each(Object.keys(fixtures).map(Number))("version %i opens with all that is in it, and goes on", async (version) => {
    const idb = browser();
    const old = new Dexie("or3-db-w1", { ...idb });
    define(old as never, version);
    await old.open();
    for (const [table, rows] of Object.entries(fixtures[version] ?? {})) await old.table(table).bulkPut(rows);
    old.close();
    const store = await open({ idb });
    expect(store.deviceId).toBe("old");
    for (const [table, rows] of Object.entries(fixtures[version] ?? {})) {
      for (const row of rows) expect(await store.db.table(table).toArray()).toContainEqual(expect.objectContaining(row));
    }
    expect(await store.db.posts.where("project_id").equals("p1").primaryKeys()).toEqual(["d1"]);
    if (version > 1) {
      const { file_transfers, file_blobs } = store.db;
      expect(await file_transfers.where("[direction+state+created_at]").between(["upload", "paused", 0], ["upload", "paused", 9]).primaryKeys()).toEqual(["upload:sha256:aa"]);
      expect(await (await file_blobs.get("sha256:aa"))?.blob.text()).toBe("high water");
    }
    await store.db.threads.update("t1", { title: "New" });
    await store.db.threads.put(thread("t0"));
    expect(await store.db.threads.get("t1")).toMatchObject({ clock: 4 });
    expect(await store.db.threads.get("t0")).toMatchObject({ clock: 3 });
    expect((await store.db.pending_ops.orderBy("seq").toArray()).map((op) => op.seq)).toEqual([9, 10, 11]);
    store.close();
  });
});

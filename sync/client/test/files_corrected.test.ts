import { afterEach, expect, test } from "vitest";

import { device, quiet, round, stopAll } from "./lib.js";
import { FakeServer } from "./server.js";
import type { Payload, Stamp } from "../src/index.js";

afterEach(stopAll);

// The server keeps what it knows of a committed file: behind a write that says
// something else it puts a correction, in that device's name, a step above it.

const hash = `sha256:${"1".repeat(64)}`;

function correcting(): FakeServer {
  const server = new FakeServer();
  server.after = ({ path, body }) => {
    if (path !== "/api/sync/push") return null;
    for (const op of body["ops"] as { table: string; stamp: Stamp; payload: Payload }[]) {
      const stands = server.rows.get(`file_meta ${hash}`);
      if (op.table !== "file_meta" || stands?.stamp.op_id !== op.stamp.op_id || op.payload["storage_id"] === "up1") continue;
      const [millis, counter, node] = op.stamp.hlc.split(":") as [string, string, string];
      server.write("file_meta", { ...op.payload, size_bytes: 70, storage_id: "up1" }, { ...op.stamp, op_id: crypto.randomUUID(), hlc: `${millis}:${String(Number(counter) + 1).padStart(4, "0")}:${node}` });
    }
    return null;
  };
  return server;
}

test("a correction stands on every device, loses to what is written next, and tells nobody of a conflict", async () => {
  const server = correcting();
  const [a, b] = [await device(server), await device(server)];
  await a.store.db.file_meta.put({ hash, name: "quay.png", size_bytes: 1, created_at: 1, updated_at: 1 });
  await quiet(server, a, b);
  for (const d of [a, b]) expect(await d.store.db.file_meta.get(hash)).toMatchObject({ name: "quay.png", size_bytes: 70, storage_id: "up1", clock: 1, server_version: 2 });

  // Two names one after the other, the second before the correction of the first was heard of.
  let offline = true;
  server.before = () => (offline ? new Error("offline") : null);
  const { storage_id: _, ...stale } = (await a.store.db.file_meta.get(hash))!;
  await a.store.db.file_meta.put({ ...stale, name: "first" });
  await a.store.db.file_meta.update(hash, { name: "second" });
  offline = false;
  await quiet(server, a, b);
  await round(a);
  await quiet(server, a, b);
  for (const d of [a, b]) {
    expect(await d.store.db.file_meta.get(hash)).toMatchObject({ name: "second", size_bytes: 70, storage_id: "up1" });
    expect(await d.store.db.notifications.count()).toBe(0);
    expect(await d.store.db.sync_state.where("id").startsWith("shadow:").count()).toBe(0);
  }
  expect(await a.store.db.file_meta.get(hash)).toEqual(await b.store.db.file_meta.get(hash));
});

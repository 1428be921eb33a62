import assert from "node:assert/strict";
import { test } from "node:test";
import { ThreadsAhead } from "../src/app/thread_ahead.js";
import type { ListRow, Thread } from "../src/app/thread_rows.js";

const thread = (fields: Partial<Thread> = {}): Thread => ({
  id: "sails", title: "Sails", status: "ready", pinned: false, forked: false, created_at: 1, updated_at: 1, last_message_at: 1, device_id: "d", op_id: "o1", hlc: "1:0:d", clock: 1, server_version: 1, ...fields,
});
const row = (fields: Partial<Thread> = {}): ListRow => ({ thread: thread(fields), preview: "First.", by: "ines" });

test("what is ahead of a thread stays over whatever is read, until it is taken off", () => {
  const ahead = new ThreadsAhead();
  const first = { thread: "sails", fields: { last_message_at: 5 }, line: { preview: "Second." } };
  const second = { thread: "sails", fields: { last_message_at: 6 }, line: { preview: "Third." } };
  ahead.add(first);
  ahead.add(second);
  assert.deepEqual(ahead.row(row({ op_id: "another", title: "Sheets" })), { thread: thread({ op_id: "another", title: "Sheets", last_message_at: 6 }), preview: "Third.", by: "ines" });
  ahead.remove(first);
  assert.equal(ahead.row(row())?.preview, "Third.", "the one before is written");
  ahead.remove(second);
  assert.deepEqual([ahead.row(row()), ahead.empty], [row(), true]);
});

test("of two writes the later one may fail, and a deletion goes before both", () => {
  const ahead = new ThreadsAhead();
  const pin = { thread: "sails", fields: { pinned: true }, line: {} };
  const gone = { thread: "sails", fields: null, line: {} };
  ahead.add(pin);
  ahead.add(gone);
  assert.equal(ahead.thread(thread()), undefined);
  assert.deepEqual(ahead.thread(thread({ id: "hull" })), thread({ id: "hull" }), "another thread is as it was");
  ahead.remove(gone);
  assert.equal(ahead.thread(thread())?.pinned, true);
});

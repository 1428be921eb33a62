import { test } from "node:test";
import assert from "node:assert/strict";
import { footWords } from "../src/files/foot_words.js";

const up = (state: "queued" | "running" | "paused" | "failed", done = 0): Parameters<typeof footWords>[0][number] => ({ state, bytes_done: done, bytes_total: 1_000_000 });

test("while files are on their way, or did not get through, the foot does not say that all is done", () => {
  assert.deepEqual(footWords([], true), { note: "", icon: "check", word: "Synced", tone: "" });
  assert.deepEqual(footWords([up("failed"), up("running")], true), { note: "1 file not uploaded.", icon: "triangle-alert", word: "Synced, but not all files", tone: "warn" });
  assert.deepEqual(footWords([up("running", 250_000), up("queued")], true), { note: "Sending 2 files, 250 KB of 2 MB.", icon: "cloud-upload", word: "Sending files", tone: "" });
  assert.deepEqual(footWords([up("queued")], false), { note: "To send: 1 file, 0 B of 1 MB.", icon: "clock", word: "Synced, files wait", tone: "" });
  assert.deepEqual(footWords([up("paused"), up("paused")], true), { note: "2 files paused.", icon: "clock", word: "Synced, files wait", tone: "" });
});

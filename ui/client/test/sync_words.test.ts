import assert from "node:assert/strict";
import { test } from "node:test";
import { bannerOf, footOf, type State } from "../src/app/sync_words.js";
import { removedBanner } from "../src/app/removed_words.js";

const state = (of: Partial<State>): State => ({ phase: "synced", pending: 0, failed: 0, quarantined: 0, owner: true, full: false, insecure: false, ...of });

test("a start that takes long says why", () => {
  assert.match(footOf(state({ phase: "starting", reason: "The server has not answered yet." }), "").note, /^The server has not answered yet\./);
});

test("a synced device says so quietly", () => {
  assert.equal(footOf(state({}), "14:02").word, "Synced");
  assert.equal(bannerOf(state({}), "/w/w/waits"), undefined);
});

test("offline says how much waits and since when", () => {
  const s = state({ phase: "offline", pending: 3 });
  assert.deepEqual(footOf(s, "14:02"), { icon: "cloud-off", word: "Offline", note: "3 changes wait here. Last synced 14:02.", tone: "warn" });
  assert.equal(bannerOf(s, "/w/w/waits")?.text, "You are offline. Keep working; 3 changes go out when you are back.");
});

test("what waits is counted as the person did it, and how far they have read is not told", () => {
  assert.match(footOf(state({ phase: "offline", pending: 4, acts: 2 }), "").note, /^2 changes wait here/);
  assert.equal(footOf(state({ phase: "syncing", pending: 2, acts: 1 }), "").word, "Sending 1 change");
  assert.equal(footOf(state({ phase: "syncing", pending: 1, acts: 0 }), "").word, "Synced");
  assert.equal(footOf(state({ phase: "offline", pending: 1, acts: 0 }), "").note, "");
});

test("a refused change is said before anything else, also offline", () => {
  assert.equal(footOf(state({ phase: "offline", failed: 1 }), "").word, "Not sent");
});

test("a session that ended and a version that is too old keep what was written", () => {
  for (const phase of ["signed_out", "too_old"] as const) {
    const s = state({ phase, pending: 1 });
    assert.match(footOf(s, "").note, /1 change waits here\./);
    assert.ok(bannerOf(s, "/w/w/waits"));
  }
});

test("stuck never shows as well", () => {
  const foot = footOf(state({ phase: "stuck", pending: 2, reason: "The disk of the server is full." }), "");
  assert.deepEqual([foot.word, foot.tone], ["Stuck", "danger"]);
  assert.match(foot.note, /The disk of the server is full\. 2 changes wait here\./);
});

test("the first load says how far it is", () => {
  assert.match(footOf(state({ phase: "syncing", bootstrap: { done: 1200 } }), "").note, /1,200 rows so far/);
});

test("who was removed is offered the export while something is unsent", () => {
  assert.deepEqual(removedBanner(state({ phase: "removed", pending: 1 }), "/w/w/waits")?.link, { label: "See and export what waits", href: "/w/w/waits" });
  assert.equal(removedBanner(state({ phase: "removed" }), "/w/w/waits")?.link, undefined);
  assert.match(removedBanner(state({ phase: "removed", pending: 1 }), "/w/w/waits")?.text ?? "", /1 change waits here\. Export it before/);
  assert.match(removedBanner(state({ phase: "removed", pending: 1, failed: 1 }), "/w/w/waits")?.text ?? "", /2 changes wait here\. Export them before/);
  assert.match(bannerOf(state({ phase: "stuck", pending: 2 }), "/w/w/waits")?.text ?? "", /2 changes wait here\. They do not get through/);
});

test("who was removed while a file uploads is led to it, and not told that all goes", () => {
  const s = state({ phase: "removed", files: 1 });
  assert.deepEqual(removedBanner(s, "/w/w/waits"), { tone: "danger", icon: "user-minus", text: "You are no longer a member here. 1 file is not uploaded. Save it before this device removes the workspace.", link: { label: "See what waits", href: "/w/w/waits" } });
  assert.equal(footOf(s, "").note, "1 file is not uploaded.");
  assert.match(removedBanner(state({ phase: "removed", pending: 1, failed: 1, files: 2 }), "/w/w/waits")?.text ?? "", /2 changes wait here\. 2 files are not uploaded\. Export and save them before this device/);
});

test("who was removed and has but a draft is led to it, to export it", () => {
  assert.deepEqual(removedBanner(state({ phase: "removed" }), "/w/w/waits", 1), { tone: "danger", icon: "user-minus", text: "You are no longer a member here. 1 draft is on this device only. Export it before this device removes the workspace.", link: { label: "See and export what waits", href: "/w/w/waits" } });
  assert.match(removedBanner(state({ phase: "removed", pending: 1, files: 1 }), "/w/w/waits", 2)?.text ?? "", /1 change waits here\. 2 drafts are on this device only\. 1 file is not uploaded\. Export and save them before/);
});

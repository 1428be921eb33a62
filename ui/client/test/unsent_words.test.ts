// What is said of unsent work where its workspace is not open.
import assert from "node:assert/strict";
import test from "node:test";
import { hintOf, type At, type Kept } from "../src/unsent/words.js";

const kept = (more: Partial<Kept>): Kept => ({ workspace: "old", user: "u1", locked: false, changes: 2, files: 0, drafts: 0, ...more });
const at = (more: Partial<At>): At => ({ path: "/workspaces", app: false, members: [], nameOf: () => "", ...more });

test("signing in again is told how much waits, and not where", () => {
  assert.deepEqual(hintOf([kept({}), kept({ workspace: "b", changes: 0, files: 1 })], at({ path: "/sign-in" })), [{ text: "2 changes and 1 file wait on this device. They are kept here, and go out when you have signed in again.", href: "" }]);
  assert.equal(hintOf([kept({ changes: 1 })], at({ path: "/sign-in" }))[0]?.text, "1 change waits on this device. It is kept here, and goes out when you have signed in again.");
});

test("what was left on purpose, and what is sent, is not spoken of", () => {
  assert.deepEqual(hintOf([kept({ locked: true }), kept({ changes: 0 })], at({})), []);
  assert.deepEqual(hintOf([kept({ locked: true })], at({ path: "/sign-in" })), []);
});

test("a workspace is named where its name is known", () => {
  const [named] = hintOf([kept({})], at({ nameOf: () => "Kestrel" }));
  assert.deepEqual(named, { text: "2 changes of yours in “Kestrel” are on this device alone: the server does not have them.", href: "/w/old/waits" });
  assert.match(hintOf([kept({})], at({}))[0]?.text ?? "", /in a workspace that you are not a member of any more/);
  assert.match(hintOf([kept({})], at({ members: ["old"] }))[0]?.text ?? "", /in a workspace are/);
});

test("where the app runs it speaks for its own workspace, and for those one is a member of when they are opened", () => {
  assert.deepEqual(hintOf([kept({})], at({ app: true, path: "/w/old/waits" })), []);
  assert.deepEqual(hintOf([kept({})], at({ app: true, path: "/w/new", members: ["new", "old"] })), []);
  assert.equal(hintOf([kept({})], at({ app: true, path: "/w/new", members: ["new"] })).length, 1);
});

test("drafts are named where one is no member any more, and nowhere else", () => {
  assert.equal(hintOf([kept({ changes: 0, drafts: 1 })], at({ nameOf: () => "Kestrel" }))[0]?.text, "1 draft of yours in “Kestrel” is on this device alone: the server does not have it.");
  assert.match(hintOf([kept({ drafts: 2, files: 1 })], at({ app: true, path: "/w/new", members: ["new"] }))[0]?.text ?? "", /^2 drafts, 2 changes and 1 file of yours in a workspace that you are not a member of any more are /);
  assert.deepEqual(hintOf([kept({ changes: 0, drafts: 1 })], at({ members: ["old"] })), []);
  assert.deepEqual(hintOf([kept({ changes: 0, drafts: 1 })], at({ path: "/sign-in" })), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { rank, split } from "../src/match.js";

test("the start of a label beats the start of a word beats the middle", () => {
  assert.equal(rank("Members", "mem"), 0);
  assert.equal(rank("Invite members", "mem"), 1);
  assert.equal(rank("Remember", "mem"), 2);
  assert.equal(rank("Access", "mem"), -1);
});

test("accents and case do not matter", () => {
  assert.equal(rank("Wójcik", "woj"), 0);
  assert.deepEqual(split("Tomasz Wójcik", "woj"), [{ text: "Tomasz ", hit: false }, { text: "Wój", hit: true }, { text: "cik", hit: false }]);
});

test("a word's start is underlined rather than an earlier middle", () => {
  assert.deepEqual(split("Summary Maren", "mar"), [{ text: "Summary ", hit: false }, { text: "Mar", hit: true }, { text: "en", hit: false }]);
});

test("nothing is underlined without a match", () => {
  assert.deepEqual(split("Access", "zzz"), [{ text: "Access", hit: false }]);
  assert.deepEqual(split("Access", " "), [{ text: "Access", hit: false }]);
});

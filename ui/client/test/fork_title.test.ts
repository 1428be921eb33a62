import assert from "node:assert/strict";
import { test } from "node:test";
import { forkTitle } from "../src/app/fork_title.js";

test("a branch and a fork of one thread have titles of their own", () => {
  assert.equal(forkTitle("Hull 14 (continued)", false), "Hull 14 (continued)");
  assert.equal(forkTitle("Hull 14 (continued)", true), "Hull 14 (copy)");
  assert.equal(forkTitle("What about (continued) keels?", true), "What about (continued) keels?");
});

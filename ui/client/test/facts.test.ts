import assert from "node:assert/strict";
import { test } from "node:test";
import { readFacts } from "../src/facts.js";

test("facts that are not JSON are no facts", () => {
  assert.deepEqual(readFacts("<oops>"), { commands: [], keysOff: false, paletteUrl: "" });
  assert.deepEqual(readFacts("[1]"), { commands: [], keysOff: false, paletteUrl: "" });
});

test("a command without a name is left out, its neighbours stay", () => {
  const facts = readFacts('{"commands":[{"id":"a"},{"id":"b","label":"Members","keys":"g m"},7],"keys_off":true}');
  assert.equal(facts.commands.length, 1);
  assert.equal(facts.commands[0]?.keys, "g m");
  assert.equal(facts.keysOff, true);
});

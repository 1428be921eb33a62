import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hasMarks } from "../src/app/message_words.js";

const cases = JSON.parse(readFileSync("../testdata/message_marks.json", "utf8")) as readonly { readonly text: string; readonly marked: boolean }[];

test("the browser and the server draw the same messages", () => {
  for (const c of cases) assert.equal(hasMarks(c.text), c.marked, c.text);
});

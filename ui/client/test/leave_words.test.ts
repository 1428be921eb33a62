import assert from "node:assert/strict";
import { test } from "node:test";
import { removeWords } from "../src/app/leave_words.js";

test("who removes a workspace is told of files that no export holds", () => {
  assert.doesNotMatch(removeWords(0), /file/);
  assert.match(removeWords(1), /1 file was not uploaded and is not in the export: save it below first\.$/);
  assert.match(removeWords(3), /3 files were not uploaded and are not in the export: save them below first\.$/);
});

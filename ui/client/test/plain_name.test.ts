import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { plainName } from "../../../sync/client/src/files/plain_name.js";

const cases = JSON.parse(readFileSync("../../sync/engine/testdata/file_names.json", "utf8")) as readonly { readonly name: string; readonly plain: string }[];

test("the browser and the server show a file's name in the same one line", () => {
  for (const c of cases) assert.equal(plainName(c.name), c.plain, JSON.stringify(c.name));
});

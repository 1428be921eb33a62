import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { plain } from "../src/app/plain.js";

const cases = JSON.parse(readFileSync("../../internal/excerpt/testdata/plain.json", "utf8")) as readonly { readonly text: string; readonly plain: string }[];

test("the browser and the server leave out the same marks in lists", () => {
  for (const c of cases) assert.equal(plain(c.text).trim().replace(/\s+/g, " "), c.plain, JSON.stringify(c.text));
});

test("no text makes it slow: it ends for long ones of nothing but marks", () => {
  for (const mark of ["*", "**a ", "[", "[a](", "`", "_", "_a ", "> ", "- ", "|", "~~a", "\\", "<https://"]) plain(mark.repeat(20_000));
  for (const text of [" ".repeat(1_000_000), `a${" ".repeat(1_000_000)}`]) assert.equal(plain(`${text}x`).trim(), `${text}x`.trim());
});

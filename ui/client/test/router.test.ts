import assert from "node:assert/strict";
import { test } from "node:test";
import { idIn, match, parse, segment } from "../src/app/router.js";

test("every id of a row has an address of its own that stays where it is", () => {
  const seen = new Set<string>();
  for (const id of ["t1", "a.b_c:d~e-f", "~x", "...", ".", "..", "~.", "~..", "~~."]) {
    const { path } = parse(`/w/w1/t/${segment(id)}`);
    assert.equal(match("/w/:workspace/t/:thread", path)?.["thread"], id);
    assert.equal(idIn(segment(id)), id);
    assert.ok(!seen.has(path), `${path} stands for two`);
    seen.add(path);
  }
});

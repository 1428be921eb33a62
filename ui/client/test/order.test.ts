import assert from "node:assert/strict";
import { test } from "node:test";
import { after, indexBehind } from "../src/app/order.js";

test("messages stand in the order of index, key and id, and none behind itself", () => {
  const at = (index: number, order_key: string, id: string) => ({ index, order_key, id });
  const all = [at(1, "b", "c"), at(2, "A", "z"), at(2, "a", "a"), at(2, "a", "b"), at(10, "", "")];
  all.forEach((a, i) => all.forEach((b, j) => assert.equal(after(a, b), i > j, `${JSON.stringify(a)} after ${JSON.stringify(b)}`)));
});

test("a message stands behind the last one, also where there is no greater index", () => {
  const index = (last: number | undefined): number => indexBehind(last === undefined ? undefined : { index: last });
  assert.deepEqual([undefined, 0, 41, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER].map(index), [0, 1, 42, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
});

import { expect, test } from "vitest";

import { actsOf } from "../src/sync/acts.js";

const op = (table: string, pk: string, atomic?: string) => ({ table, pk, ...(atomic === undefined ? {} : { atomic }) }) as Parameters<typeof actsOf>[0][number];
const acts = (...ops: ReturnType<typeof op>[]): string[] => actsOf(ops).map((o) => `${o.table} ${o.pk}`);

test("a message is named by itself, whatever goes with it and in whatever order it is written", () => {
  expect(acts(op("file_meta", "f1", "a"), op("messages", "m1", "a"), op("threads", "t1", "a"))).toEqual(["messages m1"]);
  expect(acts(op("file_meta", "f1", "a"), op("threads", "t1", "a"), op("messages", "m1", "a"))).toEqual(["messages m1"]);
  expect(acts(op("messages", "m1", "a"), op("file_meta", "f1", "a"))).toEqual(["messages m1"]);
});

test("files that go with no message are named, the first of them", () => {
  expect(acts(op("file_meta", "f1", "a"), op("file_meta", "f2", "a"))).toEqual(["file_meta f1"]);
  expect(acts(op("threads", "t1", "a"), op("file_meta", "f1", "a"))).toEqual(["file_meta f1"]);
});

test("a row is one thing, the latest of it", () => {
  expect(actsOf([{ ...op("posts", "p1"), seq: 1 }, { ...op("posts", "p1"), seq: 2 }])).toEqual([{ table: "posts", pk: "p1", seq: 2 }]);
});

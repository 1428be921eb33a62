import { expect, test } from "vitest";

import { renamed } from "../src/store/renamed.js";
import type { Json } from "../src/store/types.js";

const ids = (table: string, pk: string): string | undefined => (({ "threads:t1": "t9", "posts:d1": "d9" }) as Record<string, string>)[`${table}:${pk}`];
const data = (tree: Json): Json | undefined => renamed("projects", { id: "p1", data: tree }, ids)["data"];

const before = (): Json => [
  { kind: "folder", name: "Keel", children: [{ kind: "thread", id: "t1" }, { kind: "post", id: "t1", children: [{ kind: "post", id: "d1", note: "x" }] }] },
  { kind: "thread", id: "t1", children: [] }, { kind: "thread", id: "t2" }, { kind: "thread", id: 7, children: "none" }, null, "t1", [{ kind: "thread", id: "t1" }],
];
const after: Json = [
  { kind: "folder", name: "Keel", children: [{ kind: "thread", id: "t9" }, { kind: "post", id: "t1", children: [{ kind: "post", id: "d9", note: "x" }] }] },
  { kind: "thread", id: "t9", children: [] }, { kind: "thread", id: "t2" }, { kind: "thread", id: 7, children: "none" }, null, "t1", [{ kind: "thread", id: "t1" }],
];

test("a project's tree gets new ids at every depth, and the row it came from stays as it is", () => {
  const tree = before();
  expect(data(tree)).toEqual(after);
  expect(tree).toEqual(before());
});

test("a tree that is JSON in a text stays one", () => {
  expect(data(JSON.stringify(before()))).toBe(JSON.stringify(after));
});

test("what holds no new id or is no tree stays as it is, to the letter", () => {
  for (const same of ['[ {"kind": "thread", "id": "t2"} ]', "not json", '{"kind":"thread","id":"t1"}', "", null, 5, { kind: "thread", id: "t1" }]) expect(data(same)).toEqual(same);
});

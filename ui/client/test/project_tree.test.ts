import assert from "node:assert/strict";
import { test } from "node:test";
import { byName, cleanProject, entryOf, keyOf, moved, nested, standing, treeOf, withEntry, withoutEntry, type Entry } from "../src/app/project_tree.js";

const thread = (id: string): Entry => ({ kind: "thread", id });
const post = (id: string): Entry => ({ kind: "post", id });

test("a tree is read in every shape clients import, and what is unknown is left out", () => {
  const tree = [{ kind: "thread", id: "t1", children: [{ kind: "post", id: "d1" }, { kind: "folder", id: "f", children: [{ kind: "thread", id: "t2" }] }] }, { kind: "thread", id: "" }, { kind: "thread" }, null, 4, { kind: "thread", id: 7 }];
  assert.deepEqual(treeOf(tree), [thread("t1"), post("d1"), thread("t2")]);
  assert.deepEqual(treeOf(JSON.stringify(tree)), [thread("t1"), post("d1"), thread("t2")]);
  for (const nothing of [undefined, null, "", "no tree", {}, 3]) assert.deepEqual(treeOf(nothing), []);
});

test("a tree is bounded in length, and its depth breaks nothing", () => {
  assert.equal(treeOf(Array.from({ length: 1500 }, (_, i) => ({ kind: "thread", id: `t${i}` }))).length, 1000);
  let deep: unknown = { kind: "thread", id: "bottom" };
  for (let i = 0; i < 20_000; i++) deep = { children: [deep] };
  assert.deepEqual(treeOf([deep]), [thread("bottom")]);
});

test("a row's own word decides where it stands", () => {
  const homes = new Map([["thread:here", "p"], ["thread:free", ""], ["thread:moved", "q"], ["thread:late", "p"], ["post:late", "p"], ["thread:other", "q"]]);
  assert.deepEqual(standing("p", [thread("free"), thread("moved"), thread("gone"), thread("here"), thread("here")], homes), [thread("free"), thread("here"), thread("late"), post("late")]);
});

test("entries come, go and move without losing a neighbour", () => {
  const order = [thread("a"), post("a"), thread("b")];
  assert.deepEqual(withEntry(order, post("a")), order);
  assert.deepEqual(withEntry(order, post("b")), [...order, post("b")]);
  assert.deepEqual(withoutEntry(order, post("a")), [thread("a"), thread("b")]);
  assert.deepEqual(moved(order, thread("b"), -1), [thread("a"), thread("b"), post("a")]);
  assert.deepEqual(moved(order, thread("a"), 1), [post("a"), thread("a"), thread("b")]);
  assert.deepEqual(moved(order, thread("a"), -1), order);
  assert.deepEqual(moved(order, thread("b"), 1), order);
  assert.deepEqual(moved(order, thread("gone"), 1), order);
});

test("a thread stands under the one above that it was forked from", () => {
  const parents: Record<string, string> = { fork: "a", second: "a", far: "a" };
  assert.deepEqual([...nested([thread("a"), thread("fork"), thread("second"), thread("b"), thread("far")], (e) => parents[e.id] ?? "")], ["thread:fork", "thread:second"]);
});

test("an entry's name in forms leads back to it", () => {
  for (const e of [thread("t1"), post("a:b")]) assert.deepEqual(entryOf(keyOf(e)), e);
  for (const wrong of ["", "thread", "thread:", "folder:1"]) assert.equal(entryOf(wrong), undefined);
});

test("a project's texts are cleaned and refused as on the server", () => {
  assert.deepEqual(cleanProject({ name: "  Hull \n 14 ", description: " a\r\nb " }), { name: "Hull 14", description: "a\nb" });
  assert.deepEqual(cleanProject({ name: " \t", description: "" }), { field: "name", message: "Give the project a name." });
  assert.deepEqual(cleanProject({ name: "💧".repeat(100), description: "💧".repeat(1000) }), { name: "💧".repeat(100), description: "💧".repeat(1000) });
  assert.equal("field" in cleanProject({ name: "a".repeat(101), description: "" }), true);
  assert.deepEqual(cleanProject({ name: "a", description: "b".repeat(1001) }), { field: "description", message: "A description has at most 1,000 characters." });
  assert.equal("field" in cleanProject({ name: "a\0", description: "" }), true);
});

test("projects are sorted by name, whatever its capitals", () => {
  const of = (name: string, id: string): { name: string; id: string } => ({ name, id });
  assert.deepEqual([of("b", "1"), of("A", "3"), of("a", "2")].sort(byName), [of("a", "2"), of("A", "3"), of("b", "1")]);
});

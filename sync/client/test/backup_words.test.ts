import assert from "node:assert/strict";

import { test } from "vitest";

import type { Plan, Tally } from "../src/backup.js";
import { countsOf, doing, factsOf, noticesOf, outcomeOf } from "../../../ui/client/src/app/backup_words.js";

const none: Tally = { added: 0, changed: 0, deleted: 0, same: 0, newer: 0 };
const empty: Plan = {
  mode: "append", file: "k.or3.jsonl", head: { kind: "backup", workspaceId: "w1", workspace: "Kestrel", userId: "u1", exportedAt: 5 }, foreign: false, whole: "whole", rows: 0,
  tallies: { threads: none, messages: none, projects: none, posts: none, kv: none, file_meta: none, notifications: none }, total: none, back: 0, renamed: 0, authors: 0,
  broken: [], brokenCount: 0, left: { others: 0, server: 0, device: 0, elsewhere: 0, deletions: 0 }, names: { changed: [], deleted: [] }, refusal: "",
};
const plan = (more: Partial<Plan>): Plan => ({ ...empty, ...more });
const words = (p: Plan, local = false): string => noticesOf(p, "Kestrel", local).map((s) => s.text).join(" | ");

test("the button says what it does, and is not there when there is nothing or it is refused", () => {
  assert.equal(doing(plan({ total: { ...none, added: 1200 } })), "Append 1,200 rows");
  assert.equal(doing(plan({ total: { ...none, added: 1, changed: 2 } })), "Append 1 row, change 2");
  assert.equal(doing(plan({ total: { ...none, changed: 2 } })), "Change 2 rows");
  assert.equal(doing(plan({ mode: "replace", total: { ...none, added: 3, deleted: 1204 } })), "Replace: add 3, delete 1,204…");
  assert.equal(doing(plan({ mode: "replace", total: { ...none, deleted: 4 }, refusal: "cut" })), "");
  assert.equal(doing(plan({ total: { ...none, same: 9, newer: 1 } })), "");
});

test("what deletes is said first and to whom it happens", () => {
  const p = plan({ mode: "replace", foreign: true, head: { ...empty.head, workspace: "Yard" }, total: { ...none, deleted: 2 } });
  assert.equal(words(p), "2 rows that are not in the file are deleted here, for everyone in Kestrel. Export what is here first if you may want it back. | The file comes from another workspace, Yard.");
  assert.ok(!words(p, true).includes("everyone"));
});

test("a refused file says why, and nothing of what it would do", () => {
  for (const [refusal, said] of [["cut", "cut off"], ["broken", "cannot be taken"], ["unsent", "only changes"]] as const) {
    const all = words(plan({ mode: "replace", refusal, whole: "cut", total: { ...none, deleted: 5 } }));
    assert.match(all, new RegExp(said));
    assert.ok(!all.includes("5 rows"), all);
  }
});

test("everything that is not as one would think is told", () => {
  const p = plan({ whole: "edited", rows: 9, back: 1, renamed: 2, authors: 1, total: { ...none, added: 3, newer: 1 }, left: { others: 1, server: 2, device: 3, elsewhere: 4, deletions: 5 } });
  const all = words(p);
  for (const part of ["its sum does not agree", "1 row differs from a newer one here", "1 row that was deleted here comes back", "2 rows get a new id", "1 message or thread of somebody else comes in under your name", "1 row that belongs to other people alone; 2 rows that only the server writes; 3 rows of one device; 4 changes of other workspaces; 5 deletions"]) assert.ok(all.includes(part), `${part}: ${all}`);
  assert.equal(words(plan({ rows: 3, total: { ...none, same: 3 } })), "Everything in the file is here already. There is nothing to do.");
  assert.equal(words(plan({})), "There is nothing in the file to import.");
});

test("the table has the kinds there are, and their sum when there are several", () => {
  const some = { ...none, added: 1000, same: 1, newer: 2 };
  assert.deepEqual(countsOf(plan({ tallies: { ...empty.tallies, posts: some }, total: some })), [{ name: "Documents and prompts", added: "1,000", changed: "0", deleted: "0", kept: "3" }]);
  assert.deepEqual(countsOf(plan({ tallies: { ...empty.tallies, posts: some, kv: some }, total: some })).map((c) => c.name), ["Documents and prompts", "Settings", "Together"]);
});

test("the file is named with what it is", () => {
  assert.equal(factsOf(plan({ rows: 1204 }), () => "18 November"), "k.or3.jsonl: 1,204 rows of Kestrel, exported 18 November");
  assert.equal(factsOf(plan({ rows: 1, head: { ...empty.head, kind: "unsent", workspace: "", exportedAt: 0 } }), () => ""), "k.or3.jsonl: 1 change that had not been sent");
});

test("the outcome says what is in, and what stays because somebody wrote it", () => {
  const total = { ...none, added: 2, deleted: 1 };
  const said = (more: object, local = false): string => outcomeOf(plan({ total }), { total, meanwhile: 0, stopped: false, ...more }, local).map((s) => s.text).join(" | ");
  assert.equal(said({}), "Imported: 2 rows added, 1 row deleted. It goes out to the server by itself.");
  assert.equal(said({}, true), "Imported: 2 rows added, 1 row deleted.");
  assert.match(said({ meanwhile: 1 }), /1 row was written by somebody since the file was checked, and stays as it is/);
  assert.equal(said({ total: none }), "Nothing was written: all of it has come in since the file was checked, by another tab or another device.");
  assert.match(said({ stopped: true, total: { ...none, added: 1 } }), /^Stopped after 1 of 3 rows: 1 row added\. What is in stays in\./);
});

test("files come in by their names alone, and that is said before anything is written", () => {
  const added = (n: number): Partial<Plan> => ({ tallies: { ...empty.tallies, file_meta: { ...none, added: n } }, total: { ...none, added: n } });
  assert.match(words(plan(added(2))), /Of 2 files only the names come in: a backup has no attached files\. What this device or the server still has opens; attach the others again\./);
  assert.match(words(plan(added(1)), true), /Of 1 file only the name comes in: .* What this device still has opens/);
  assert.doesNotMatch(words(plan({ ...added(2), refusal: "cut" })), /names come/);
  assert.doesNotMatch(words(plan({ total: { ...none, added: 1 } })), /attached/);
});

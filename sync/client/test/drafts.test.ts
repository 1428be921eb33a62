// What a person typed and nobody has stored: whose it is, what is counted, where
// it can be finished, and that an export has it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { claimDrafts, draftKey, hasDraft } from "../../../ui/client/src/app/draft_key.js";
import { draftAddress, draftLines, draftsAmong, draftsHere, draftTitle, dropDrafts, unstored, type KeptDraft } from "../../../ui/client/src/app/draft_list.js";
import { footDrafts, leaveWords, waitFacts } from "../../../ui/client/src/app/leave_words.js";
import { Import } from "../src/backup.js";
import { rowsOf } from "../src/index.js";
import { browser, open, stopAll } from "./lib.js";

const page = { dataset: {} as Record<string, string> };

class Shelf {
  readonly kept = new Map<string, string>();
  constructor() {
    // The keys of a Storage are its own properties.
    return new Proxy(this, { ownKeys: () => [...this.kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) });
  }
  getItem(key: string): string | null {
    return this.kept.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.kept.set(key, value);
  }
  removeItem(key: string): void {
    this.kept.delete(key);
  }
}

let shelf: Shelf;

beforeEach(() => {
  shelf = new Shelf();
  page.dataset = { user: "u1" };
  vi.stubGlobal("localStorage", shelf);
  vi.stubGlobal("document", { body: page });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await stopAll();
});

const keep = (what: string, value: object, person = "u1"): void => shelf.setItem(`or3-draft:${person}:${what}`, JSON.stringify(value));

/** One draft of each kind, the latest last. */
function fill(): void {
  keep("document:w1:p1", { title: "Tides", content: "High water 11:42", base: "x", at: 1 });
  keep("/w/w1/threads", { title: "Hull 15", text: "Planks", at: 2 });
  keep("/w/w1/t/t.1/messages", { title: "", text: "Ultrasound is done", at: 3 });
  keep("/w/w1/t/~../m/m1", { title: "", text: "Two readings", at: 4 });
}

test("every kind of draft is found, the latest first, with the place where it can be finished", () => {
  fill();
  const drafts = draftsHere();
  expect(drafts.map((d) => d.kind)).toEqual(["edit", "message", "thread", "document"]);
  expect(drafts.map((d) => draftAddress(d, true))).toEqual([
    "/w/w1/t/~..?edit=m1#f-edit-text", "/w/w1/t/t.1", "/w/w1?new=1", "/w/w1/documents/p1",
  ]);
  expect(drafts.map((d) => draftTitle(d, d.thread === "t.1" ? "Hull 14" : ""))).toEqual([
    "Change of a message: Two readings", "Message in “Hull 14”: Ultrasound is done", "New thread: Hull 15", "Document: Tides",
  ]);
});

test("another person's drafts are neither shown nor dropped", () => {
  fill();
  page.dataset["user"] = "u2";
  expect(draftsHere()).toEqual([]);
  expect(hasDraft("w1", "p1")).toBe(false);
  keep("/w/w1/threads", { text: "Mine" }, "u2");
  dropDrafts(draftsHere());
  page.dataset["user"] = "u1";
  expect(draftsHere()).toHaveLength(4);
  expect(hasDraft("w1", "p1")).toBe(true);
  expect(draftKey("w1", "p1")).toBe("or3-draft:u1:document:w1:p1");
});

test("drafts of before they had an owner go to the person who used the app last", () => {
  shelf.setItem("or3-draft:/w/w1/t/t1/messages", JSON.stringify({ text: "Typed before", messageId: "" }));
  shelf.setItem("or3-draft:document:w1:p1", JSON.stringify({ title: "Old", content: "Text", base: "b" }));
  shelf.setItem("or3-people:w1", "[]");
  claimDrafts("u0");
  expect(draftsHere()).toEqual([]);
  page.dataset["user"] = "u0";
  expect(draftsHere().map((d) => d.content).sort()).toEqual(["Text", "Typed before"]);
  expect([...shelf.kept.keys()].filter((k) => /^or3-draft:[/d]/.test(k))).toEqual([]);
  expect(shelf.getItem("or3-people:w1")).toBe("[]");
});

test("white space, and what is no draft of ours, counts for nothing", () => {
  keep("/w/w1/threads", { title: " ", text: "\n" });
  keep("/w/w1/elsewhere", { text: "What is this?" });
  shelf.setItem("or3-draft:u1:/w/w1/t/t1/messages", "{not json");
  shelf.setItem("or3-draft:u1:/w/w2/threads", "null");
  expect(draftsHere()).toEqual([]);
  expect(draftsAmong([["or3-draft::/w/local/threads", JSON.stringify({ text: "Without an account" })]], "or3-draft::")).toMatchObject([{ workspace: "local", kind: "thread" }]);
});

test("a document's text that is stored waits in the outbox, and is no draft besides", async () => {
  const idb = browser();
  const store = await open({ idb });
  const post = { content: "Text", post_type: "markdown", created_at: 1, updated_at: 1 };
  for (const [id, title] of [["same", "Tides"], ["other", "Tides, mine"], ["asked", "Tides"]]) await store.db.posts.put({ id: id ?? "", title: title ?? "", ...post });
  store.close();
  keep("document:w1:same", { title: "  Tides ", content: "Text", base: "x" });
  keep("document:w1:other", { title: "Tides", content: "Text", base: "x" });
  keep("document:w1:asked", { title: "Tides", content: "Text", base: "x", theirs: { title: "Tides", content: "Theirs" } });
  keep("document:w1:new", { title: "", content: "Never stored", base: "", kind: "prompt" });
  const left = await unstored(draftsHere(), (ids) => rowsOf("or3-db-w1", "posts", ids, idb));
  expect(left.map((d) => d.id).sort()).toEqual(["asked", "new", "other"]);
  expect(await rowsOf("or3-db-nowhere", "posts", ["same"], idb)).toEqual([]);
  const fresh = left.find((d) => d.id === "new") as KeptDraft;
  expect(draftAddress(fresh, false)).toBe("/w/w1/documents?kind=prompt&new=1&id=new");
  expect(draftTitle(fresh, "")).toBe("Prompt: Never stored");
});

test("an export has the text of every draft, and importing it brings each back as a document", async () => {
  fill();
  const drafts = draftsHere();
  let n = 0;
  const text = draftLines({ workspace: "w1", person: "u1", at: 1_764_288_000_000, newId: () => `d${++n}`, titleOf: (d) => draftTitle(d, "") }, drafts);
  for (const d of drafts) expect(text).toContain(JSON.stringify(d.content));
  const store = await open({});
  const file = Object.assign(new Blob([text]), { name: "unsent.or3.jsonl" });
  const checked = await Import.check(store, file, "append");
  expect(checked.plan.broken).toEqual([]);
  await checked.run();
  const posts = await store.db.posts.toArray();
  expect(posts.map((p) => p.content).sort()).toEqual(drafts.map((d) => d.content).sort());
  expect(posts.map((p) => p.title)).toContain("Draft: New thread: Hull 15");
});

test("signing out names drafts before changes, and says what removing loses", () => {
  expect(leaveWords(0, 0).text).toBe("Everything you wrote is on the server.");
  expect(leaveWords(1, 0)).toEqual({ text: "1 draft of yours is on this device alone: the server does not have it.", remove: "1 draft is lost unless you export it first." });
  expect(leaveWords(2, 3).text).toBe("2 drafts and 3 changes of yours are on this device alone: the server does not have them yet.");
  expect(leaveWords(0, 1).text).toContain("1 change of yours is on this device alone");
});

test("the foot and what waits count drafts", () => {
  expect([footDrafts(0), footDrafts(1), footDrafts(2)]).toEqual(["", "1 draft is on this device only.", "2 drafts are on this device only."]);
  expect(waitFacts(0, 0, 0)).toBe("Everything of yours is on the server.");
  expect(waitFacts(1, 250, 2)).toBe("1 draft is on this device only; 2 changes were not sent; 250 changes wait, the first 200 are shown.");
});

test("signing out and what waits tell of files that were not uploaded", () => {
  expect(leaveWords(0, 0, 1).text).toBe("1 file of yours is on this device alone: the server does not have it yet.");
  expect(leaveWords(0, 0, 1).remove).toContain("wait until it is uploaded");
  expect(leaveWords(1, 2, 3).text).toBe("1 draft, 2 changes and 3 files of yours are on this device alone: the server does not have them yet.");
  expect(leaveWords(0, 1, 1).remove).toContain("Files are not in the export");
  expect(waitFacts(0, 0, 0, 2)).toBe("2 files are not uploaded.");
});

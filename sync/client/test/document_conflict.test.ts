// Two texts of one document: what the person is told is true in each case, and
// both texts stay.
import { afterEach, expect, test } from "vitest";

import { conflictWords, copyTitle, standsOf } from "../../../ui/client/src/app/document_conflict.js";
import { keepBoth } from "../../../ui/client/src/app/document_write.js";
import { open, stopAll } from "./lib.js";

afterEach(stopAll);

const [mine, theirs, older] = [{ title: "Tides", content: "Mine" }, { title: "Tides", content: "Theirs" }, { title: "Tides", content: "Older" }];

test("a text that stands is never called a draft, nor one that is sent unsent", () => {
  expect(standsOf(theirs, theirs, mine)).toBe("theirs");
  expect(standsOf(mine, theirs, mine)).toBe("mine");
  expect(standsOf(older, theirs, mine)).toBe("earlier");
  expect(conflictWords("document", "theirs", true, false).title).toContain("its text stands. Yours is a draft in this browser");
  expect(conflictWords("document", "mine", true, false).title).toBe("Your text stands and is on the server. Another device had saved a different one.");
  expect(conflictWords("document", "mine", false, false).title).toContain("waits to be sent");
  expect(conflictWords("document", "earlier", true, false).title).toContain("what you typed since is a draft in this browser");
});

test("it says where the text goes that does not stay", () => {
  expect(conflictWords("prompt", "theirs", true, false).text).toContain("as two prompts");
  expect(conflictWords("document", "mine", true, false)).toMatchObject({ keep: "Keep mine in its place", text: expect.stringContaining("history for 30 days") });
  expect(conflictWords("document", "theirs", false, true).text).toContain("the other becomes a document of its own");
});

test("a copy has a name that tells it apart, and fits", () => {
  expect(copyTitle("Tides", "document", "Ada", "29 November, 14:02")).toBe("Tides (copy of Ada, 29 November, 14:02)");
  expect(copyTitle("Tides (copy of Ada, 29 November, 14:02)", "document", "Bo (night)", "30 November, 08:00")).toBe("Tides (copy of Bo night, 30 November, 08:00)");
  expect(copyTitle("", "prompt", "", "29 November, 14:02")).toBe("Untitled prompt (copy, 29 November, 14:02)");
  const long = copyTitle("é".repeat(200), "document", "A".repeat(80), "29 November, 14:02");
  expect(Array.from(long)).toHaveLength(200);
  expect(long).toMatch(/é… \(copy of A{40}, 29 November, 14:02\)$/);
});

async function written(): Promise<Awaited<ReturnType<typeof open>>> {
  const store = await open({});
  await store.db.projects.put({ id: "j1", name: "Hull 14", data: [], created_at: 1, updated_at: 1 });
  await store.db.posts.put({ id: "p1", ...mine, post_type: "markdown", project_id: "j1", created_at: 1, updated_at: 1 });
  return store;
}

test("mine won and I save it as another: the other text is put back, and both are documents", async () => {
  const store = await written();
  await keepBoth(store, "p1", "markdown", { base: mine, stands: theirs, other: { title: "Tides (copy)", content: "Mine" }, id: "p2" });
  expect(await store.db.posts.get("p1")).toMatchObject(theirs);
  expect(await store.db.posts.get("p2")).toMatchObject({ title: "Tides (copy)", content: "Mine", post_type: "markdown", project_id: "j1" });
});

test("mine lost and I save it as another: what stands is left alone, also when somebody changes it meanwhile", async () => {
  const store = await written();
  await keepBoth(store, "p1", "markdown", { base: older, stands: theirs, other: older, id: "p2" });
  expect(await store.db.posts.get("p1")).toMatchObject(mine);
  expect(await store.db.posts.get("p2")).toMatchObject(older);
});

test("the document is gone meanwhile: the other text is a document all the same", async () => {
  const store = await written();
  await store.db.posts.delete("p1");
  await keepBoth(store, "p1", "markdown", { base: mine, stands: theirs, other: mine, id: "p2" });
  expect(await store.db.posts.get("p1")).toBeUndefined();
  expect(await store.db.posts.get("p2")).toMatchObject(mine);
});

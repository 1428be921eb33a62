// What somebody typed before they had an account and did not send: it follows
// them, and never over something they typed since.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { guestDrafts, takeDrafts } from "../../../ui/client/src/adopt/drafts.js";
import { adoptWords } from "../../../ui/client/src/adopt/words.js";
import { draftsAmong } from "../../../ui/client/src/app/draft_list.js";

let shelf: Record<string, string>;

beforeEach(() => {
  const kept: Record<string, string> = {};
  shelf = new Proxy(kept, {
    get: (of, name) =>
      name === "getItem" ? (key: string) => of[key] ?? null
      : name === "setItem" ? (key: string, text: string) => void (of[key] = text)
      : name === "removeItem" ? (key: string) => void delete of[key]
      : of[String(name)],
  });
  vi.stubGlobal("localStorage", shelf);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const none = new Map<string, string>();
const keep = (person: string, what: string, draft: object): void => void (shelf[`or3-draft:${person}:${what}`] = JSON.stringify(draft));
const kept = (key: string): unknown => JSON.parse(shelf[`or3-draft:${key}`] ?? "null");

test("all of a guest's drafts are where the person goes on, under the new ids of what they belong to", () => {
  keep("", "document:local:p1", { title: "Tides", content: "High water 11:42", base: "x", at: 1 });
  keep("", "/w/local/threads", { title: "Hull 15", text: "Planks", sent: "", at: 2 });
  keep("", "/w/local/t/t%201/messages", { title: "", text: "Ultrasound is done", sent: "", at: 3 });
  keep("", "/w/local/t/t%201/m/m1", { title: "", text: "Changed", sent: "", at: 4 });
  expect(guestDrafts()).toBe(4);
  takeDrafts("u1", "w1", new Map([["p1", "p9"], ["t 1", "t/9"], ["m1", "m9"]]));
  expect(guestDrafts()).toBe(0);
  const mine = draftsAmong(Object.entries(shelf), "or3-draft:u1:");
  expect(mine.map((d) => [d.kind, d.workspace, d.thread, d.id, d.content])).toEqual([
    ["edit", "w1", "t/9", "m9", "Changed"], ["message", "w1", "t/9", "", "Ultrasound is done"], ["thread", "w1", "", "", "Planks"], ["document", "w1", "", "p9", "High water 11:42"],
  ]);
  expect(kept("u1:document:w1:p9")).toEqual({ title: "Tides", content: "High water 11:42", base: "x", at: 1 });
  expect(Object.keys(shelf).filter((key) => key.startsWith("or3-draft::"))).toEqual([]);
});

test("nothing the person has typed since is lost to it, and nothing stands twice", () => {
  keep("", "/w/local/threads", { title: "Hull 15", text: "Planks", sent: "", at: 2 });
  keep("u1", "/w/w1/threads", { title: "", text: "Sails", sent: "", at: 5 });
  keep("", "/w/local/t/t1/messages", { title: "", text: "The same", sent: "", at: 3 });
  keep("u1", "/w/w1/t/t1/messages", { title: "", text: "The same", sent: "", at: 3 });
  takeDrafts("u1", "w1", none);
  expect(kept("u1:/w/w1/threads")).toEqual({ title: "Hull 15", text: "Sails\n\nPlanks", sent: "", at: 5 });
  // One's own was on its way: what arrives does not take the other one with it. Both titles stay, too.
  keep("", "/w/local/threads", { title: "Hull 16", text: "Ribs", sent: "", at: 2 });
  keep("u1", "/w/w2/threads", { title: "Rig", text: "Mast", sent: "t9", at: 5 });
  takeDrafts("u1", "w2", none);
  expect(kept("u1:/w/w2/threads")).toEqual({ title: "Rig / Hull 16", text: "Mast\n\nRibs", sent: "", at: 5 });
  expect(kept("u1:/w/w1/t/t1/messages")).toMatchObject({ text: "The same" });
});

test("drafts of other people and what is no draft stay as they are, and so does what does not fit", () => {
  keep("u2", "/w/w1/threads", { title: "", text: "Hers", at: 1 });
  keep("", "/w/other/threads", { title: "", text: "Elsewhere", at: 1 });
  shelf["or3-draft::/w/local/threads"] = "no JSON";
  shelf["or3-theme"] = "dark";
  const before = { ...shelf };
  takeDrafts("u1", "w1", none);
  expect({ ...shelf }).toEqual(before);
  keep("", "/w/local/threads", { title: "", text: "Planks", at: 2 });
  const full = new Proxy(shelf, { get: (of, name) => (name === "setItem" ? () => { throw new DOMException("Full.", "QuotaExceededError"); } : of[String(name)]) });
  vi.stubGlobal("localStorage", full);
  expect(takeDrafts("u1", "w1", none)).toEqual({ moved: 0, left: 1 });
  expect(kept(":/w/local/threads")).toMatchObject({ text: "Planks" });
});

test("what is said before and after", () => {
  expect(adoptWords(1, 0, "Kestrel").offer).toBe("This browser has 1 thing you wrote without an account. You can take it into Kestrel, where its members will see it.");
  expect(adoptWords(2, 1, "Kestrel").offer).toBe("This browser has 2 things and 1 draft you wrote without an account. You can take them into Kestrel, where its members will see them; drafts stay yours alone.");
  expect(adoptWords(0, 2, "Kestrel").offer).toBe("This browser has 2 drafts you wrote without an account. You can take them into Kestrel, where they stay yours alone.");
  expect(adoptWords(2, 0, "Kestrel").taken(2, { moved: 0, left: 0 })).toBe("Taken along: 2 things are in Kestrel now.");
  expect(adoptWords(2, 1, "Kestrel").taken(2, { moved: 1, left: 0 })).toBe("Taken along: 2 things are in Kestrel now, and 1 draft waits for you to go on.");
  expect(adoptWords(0, 1, "Kestrel").taken(0, { moved: 1, left: 0 })).toBe("Taken along: 1 draft waits for you to go on.");
  expect(adoptWords(1, 3, "Kestrel").taken(1, { moved: 1, left: 2 })).toBe("Taken along: 1 thing is in Kestrel now, and 1 draft waits for you to go on. 2 drafts found no room in this browser. They stay where they were; make room, then load the page again.");
  expect(adoptWords(1, 0, "Kestrel").broken(true)).toMatch(/in Kestrel now, but not all of its files/);
  expect(adoptWords(1, 0, "Kestrel").broken(false)).toMatch(/It is still in this browser/);
});

// One document open in several tabs of a browser: one of them writes.
import { afterEach, expect, test } from "vitest";

import { DocumentTabs, type Tab } from "../../../ui/client/src/app/document_tabs.js";
import { until } from "./lib.js";

const opened: DocumentTabs[] = [];

afterEach(() => {
  for (const tabs of opened.splice(0)) tabs.close();
});

interface Seen {
  readonly tabs: DocumentTabs;
  readonly told: string[];
  writes: boolean;
  busy: boolean;
  gives: boolean;
  /** Until then there are no boxes. */
  draws: Promise<void>;
}

function tab(name: string, document = "d1"): Seen {
  const told: string[] = [];
  const of: Tab = {
    writes: () => seen.writes,
    busy: () => seen.busy,
    turned: async (mine) => {
      told.push(mine ? "writes" : "reads");
      if (mine) await seen.draws;
      seen.writes = true;
    },
    give: async () => {
      told.push("saves");
      return seen.gives;
    },
    lost: (conflict) => told.push(`lost ${String(conflict)}`),
  };
  const tabs = new DocumentTabs("or3-db-w1", document, name, of);
  const seen: Seen = { tabs, told, writes: true, busy: false, gives: true, draws: Promise.resolve() };
  opened.push(tabs);
  return seen;
}

test("whoever opens it second reads, takes over on their word, and lets go when they leave", async () => {
  const [a, other] = [tab("a"), tab("a", "d2")];
  await a.tabs.begin(20);
  await other.tabs.begin(20);
  const b = tab("b");
  await b.tabs.begin(60_000);
  expect([a.tabs.mine, b.tabs.mine, other.tabs.mine]).toEqual([true, false, true]);
  expect(b.told).toEqual(["reads"]);
  expect(await b.tabs.take()).toBe(true);
  await until(() => a.told.length === 2, "the first tab lets go");
  expect(a.told).toEqual(["saves", "reads"]); // in this order
  expect([a.tabs.mine, b.tabs.mine]).toEqual([false, true]);
  a.tabs.pass("conflict");
  await until(() => b.told.includes("lost conflict"), "the tab that writes hears of a conflict");
  b.tabs.close();
  await until(() => a.tabs.mine, "the first tab may write again");
  expect(a.told).toEqual(["saves", "reads", "writes"]);
  expect(other.told).toEqual([]);
});

test("two that open it at once are not both readers", async () => {
  const [a, b] = [tab("a"), tab("b")];
  await Promise.all([a.tabs.begin(100), b.tabs.begin(100)]);
  await until(() => a.tabs.mine !== b.tabs.mine, "one of them writes");
  expect(a.tabs.mine).toBe(true);
});

test("a tab that only reads is in nobody's way", async () => {
  const [a, b] = [tab("a"), tab("b")];
  a.writes = false;
  await b.tabs.begin(100);
  expect(b.tabs.mine).toBe(true);
  expect(b.told).toEqual([]);
});

test("a question is answered where it was asked: until then nobody takes over", async () => {
  const a = tab("a");
  a.gives = false;
  await a.tabs.begin(20);
  const b = tab("b");
  await b.tabs.begin(60_000);
  expect(await b.tabs.take()).toBe(false);
  expect([a.tabs.mine, b.tabs.mine]).toEqual([true, false]);
  expect(a.told).toEqual(["saves"]);
});

test("who has typed before the other tab answered goes on, and the other saves and reads", async () => {
  const a = tab("a");
  await a.tabs.begin(20);
  const b = tab("b");
  b.busy = true;
  await b.tabs.begin(60_000);
  await until(() => b.told.includes("writes"), "the second tab goes on");
  expect(a.told).toEqual(["saves", "reads"]);
  expect([a.tabs.mine, b.tabs.mine]).toEqual([false, true]);
});

test("a tab that sleeps does not keep the document", async () => {
  const a = tab("a");
  await a.tabs.begin(20);
  const b = tab("b");
  await b.tabs.begin(60_000);
  a.tabs.leave = () => undefined;
  a.tabs.close(); // without a word
  expect(b.tabs.mine).toBe(false);
  expect(await b.tabs.take()).toBe(true);
  expect(b.told).toEqual(["reads", "writes"]);
});

test("a tab that has not begun frees nothing, gives nothing and hears of no conflict", async () => {
  const [a, b, reader, leaves] = [tab("a"), tab("b"), tab("c"), tab("d")];
  await a.tabs.begin(20);
  await b.tabs.begin(60_000);
  leaves.tabs.close();
  b.tabs.pass("conflict");
  await until(() => a.told.length === 1, "the tab that writes hears of the conflict");
  expect(await b.tabs.take()).toBe(true);
  await until(() => a.told.length === 3, "the tab that wrote reads");
  expect([a.told, b.told, reader.told]).toEqual([["lost conflict", "saves", "reads"], ["reads", "writes"], []]);
});

test("of two that wait, one writes when the third leaves, however long their pages take", async () => {
  const [a, b, c] = [tab("a"), tab("b"), tab("c")];
  let drawn = (): void => undefined;
  b.draws = c.draws = new Promise((done) => (drawn = done));
  await a.tabs.begin(20);
  await Promise.all([b.tabs.begin(60_000), c.tabs.begin(60_000)]);
  expect([a.tabs.mine, b.tabs.mine, c.tabs.mine]).toEqual([true, false, false]);
  b.writes = c.writes = false;
  a.tabs.close();
  await until(() => b.told.includes("writes") && c.told.includes("writes"), "both hear that it is free");
  await until(() => b.tabs.mine !== c.tabs.mine, "one of them writes");
  drawn();
});

test("who comes while the first waits for an answer reads", async () => {
  const [a, b] = [tab("a"), tab("b")];
  a.writes = false;
  const begun = a.tabs.begin(60_000);
  const waits = b.tabs.begin(60_000);
  await until(() => !b.tabs.mine, "the second reads");
  expect(a.tabs.mine).toBe(true);
  a.tabs.close();
  b.tabs.close();
  void [begun, waits];
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { canonical } from "../src/store/canonical.js";
import { formatHLC, nextHLC, observeHLC, parseHLC } from "../src/store/hlc.js";
import { newId } from "../src/store/ids.js";
import { compareRanks, resolve, type Rank } from "../src/store/rank.js";
import { SHA256, sha256 } from "../src/store/sha256.js";

// The tables of cases are the server's own: what one decides the other does.
const golden = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../wire/testdata/${name}`, import.meta.url), "utf8"));

describe("the rule that decides between two writes", () => {
  const cases = golden("resolve.json") as { name: string; current: Rank | null; op: Rank; outcome: string }[];
  test.each(cases)("$name", ({ current, op, outcome }) => {
    expect(resolve(current, op)).toBe(outcome);
  });
  test("is a total order, so merging is a maximum", () => {
    const ranks = cases.flatMap((c) => [c.op, ...(c.current ? [c.current] : [])]);
    for (const a of ranks) {
      for (const b of ranks) expect(compareRanks(a, b) + compareRanks(b, a)).toBe(0);
    }
  });
});

describe("the hybrid clock", () => {
  const cases = golden("hlc.json") as { valid: { text: string; millis: number; counter: number; node: string }[]; invalid: string[] };
  test.each(cases.valid)("$text is read and written", ({ text, ...reading }) => {
    expect(parseHLC(text)).toEqual(reading);
    expect(formatHLC(reading)).toBe(text);
  });
  test.each(cases.invalid)("%j is none", (text) => expect(parseHLC(text)).toBeNull());
  test("goes on when the wall clock stands still, is set back, or the counter is full", () => {
    expect(nextHLC("", 1000, "a")).toBe("0000000001000:0000:a");
    expect(nextHLC("0000000001000:0000:a", 1000, "a")).toBe("0000000001000:0001:a");
    expect(nextHLC("0000000001000:9999:a", 1000, "a")).toBe("0000000001001:0000:a");
    expect(nextHLC("0000000001000:0004:a", 900, "a")).toBe("0000000001000:0005:a");
    expect(nextHLC("0000009001000:0004:a", 900, "a")).toBe("0000000000900:0000:a");
  });
  test("follows what others say, unless they are far ahead", () => {
    expect(observeHLC("0000000001000:0000:a", "0000000002000:0007:b", 1000, "a")).toBe("0000000002000:0007:a");
    expect(observeHLC("0000000003000:0000:a", "0000000002000:0007:b", 1000, "a")).toBe("0000000003000:0000:a");
    expect(observeHLC("0000000001000:0000:a", "0000000302000:0000:b", 1000, "a")).toBe("0000000001000:0000:a");
  });
});

test.each(golden("canonical.json") as { text: string; canonical: string }[])("canonical JSON: $text", ({ text, canonical: want }) => {
  expect(canonical(JSON.parse(text))).toBe(want);
});

test("SHA-256 is SHA-256", async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 1000, 100_000]) {
    const text = "ü".repeat(length);
    const want = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toString("hex");
    expect(sha256(text)).toBe(want);
    const pieces = new SHA256();
    for (const piece of text.match(/.{1,37}/gs) ?? []) pieces.update(new TextEncoder().encode(piece));
    expect(pieces.hex()).toBe(want);
  }
});

test("ids are UUIDs of version 7 and sort as they were made, also within a millisecond", () => {
  const ids = Array.from({ length: 10_000 }, () => newId(1764288000000));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

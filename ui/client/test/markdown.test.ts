import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readMarkdown } from "../src/app/markdown.js";
import { costly } from "../src/app/markdown_bounds.js";

interface Case {
  readonly name: string;
  readonly costly: boolean;
  readonly parts: readonly (readonly [string, number])[];
}

/** The cases the server is held to as well. */
const cases = JSON.parse(readFileSync("../testdata/markdown_bounds.json", "utf8")) as Case[];

for (const c of cases) {
  test(`${c.name}: ${c.costly ? "as it was written" : "drawn"}`, () => {
    const text = c.parts.map(([part, times]) => part.repeat(times)).join("");
    assert.equal(costly(text), c.costly);
    assert.equal(readMarkdown(text) === undefined, c.costly);
  });
}

test("a text the parser fails at is not drawn", () => {
  const fails = (): never => {
    throw new RangeError("Maximum call stack size exceeded");
  };
  assert.equal(readMarkdown("# Words", fails), undefined);
  assert.equal(readMarkdown("# Words")?.[0]?.type, "heading");
});

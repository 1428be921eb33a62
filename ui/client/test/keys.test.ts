import assert from "node:assert/strict";
import { test } from "node:test";
import { caps, isSingle, nameOf, Strokes } from "../src/keys.js";

const stroke = (key: string, held: Partial<{ ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean }> = {}) => ({
  key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held,
});

test("a stroke is named as the registry names it", () => {
  assert.equal(nameOf(stroke("k", { ctrlKey: true })), "mod+k");
  assert.equal(nameOf(stroke("k", { metaKey: true })), "mod+k");
  assert.equal(nameOf(stroke("N", { shiftKey: true })), "shift+n");
  assert.equal(nameOf(stroke("?", { shiftKey: true })), "?");
  assert.equal(nameOf(stroke("Enter", { ctrlKey: true })), "mod+enter");
  assert.equal(nameOf(stroke("Shift", { shiftKey: true })), "");
});

test("two keys one after another are one shortcut", () => {
  const strokes = new Strokes();
  assert.equal(strokes.take("g", 0, ["g m", "?"]), undefined);
  assert.equal(strokes.take("m", 200, ["g m", "?"]), "g m");
});

test("a slow second key starts anew", () => {
  const strokes = new Strokes();
  strokes.take("g", 0, ["g m", "m"]);
  assert.equal(strokes.take("m", 1600, ["g m", "m"]), "m");
});

test("a wrong second key is judged by itself", () => {
  const strokes = new Strokes();
  strokes.take("g", 0, ["g m", "?"]);
  assert.equal(strokes.take("?", 100, ["g m", "?"]), "?");
});

test("modifiers between the keys do not break a sequence", () => {
  const strokes = new Strokes();
  strokes.take("g", 0, ["g m"]);
  assert.equal(strokes.take("", 50, ["g m"]), undefined);
  assert.equal(strokes.take("m", 100, ["g m"]), "g m");
});

test("only shortcuts without Ctrl count as single keys", () => {
  assert.equal(isSingle("g m"), true);
  assert.equal(isSingle("mod+k"), false);
});

test("keycaps follow the system", () => {
  assert.deepEqual(caps("mod+k", false), [["Ctrl", "K"]]);
  assert.deepEqual(caps("mod+k", true), [["⌘", "K"]]);
  assert.deepEqual(caps("g m", false), [["G"], ["M"]]);
});

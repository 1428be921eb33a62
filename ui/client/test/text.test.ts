import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../src/app/clock.js";
import { excerpt } from "../src/app/plain.js";
import { authorOf, countWords, preview, textOf, wordsOf } from "../src/app/text.js";

test("text breaks into paragraphs, lines and links as on the server", () => {
  assert.deepEqual(textOf("a\nb\r\n\r\nsee https://x.example/y?z=1. (http://q.example/(r))"), [
    [[{ text: "a", url: "" }], [{ text: "b", url: "" }]],
    [[{ text: "see ", url: "" }, { text: "https://x.example/y?z=1", url: "https://x.example/y?z=1" }, { text: ". (", url: "" }, { text: "http://q.example/(r)", url: "http://q.example/(r)" }, { text: ")", url: "" }]],
  ]);
  assert.deepEqual(textOf("javascript:alert(1) xhttps://no.example"), [[[{ text: "javascript:alert(1) xhttps://no.example", url: "" }]]]);
});

test("no text makes it slow: it ends for long ones of spaces, dots and brackets", () => {
  const long = (s: string): string => s.repeat(1_000_000);
  assert.equal(textOf(`a${long(" ")}x`)[0]?.[0]?.[0]?.text.length, 1_000_002);
  assert.equal(textOf(`https://x.example/${long(".")}x`)[0]?.[0]?.[0]?.url.length, 1_000_019);
  assert.equal(textOf(`https://x.example/(y)${long(")")}`)[0]?.[0]?.[0]?.url, "https://x.example/(y)");
  assert.equal(textOf(`https://x.example/y${long(".)")}`)[0]?.[0]?.[0]?.url, "https://x.example/y");
});

test("the words of a message are found in every shape clients import", () => {
  assert.equal(wordsOf({ content: "a" }), "a");
  assert.equal(wordsOf("a"), "a");
  assert.equal(wordsOf({ content: [{ type: "text", text: "a" }, { type: "image" }, { text: "b" }] }), "a\n\nb");
  assert.equal(wordsOf(null), "");
  assert.equal(preview("  a \n b  "), "a b");
  assert.equal(preview("Slip 2 is  free\nfrom the 9th, so", 20), "Slip 2 is free from…");
  assert.equal(preview("æ".repeat(30), 10), `${"æ".repeat(10)}…`);
});

test("a beginning is what it is on the server", () => {
  const gap = "\n".repeat(700);
  assert.equal(preview(`Hi${gap}there`), "Hi there");
  assert.equal(excerpt(`Hi${gap}there`), "Hi there");
  assert.equal(preview(" \n\t "), "");
  assert.equal(preview("short", 5), "short");
  assert.equal(preview("a\u0085b\ufeffc"), "a b\ufeffc"); // what a space is
  assert.equal(preview("😀".repeat(5), 5), "😀".repeat(5));
  assert.equal(preview("😀".repeat(6), 5), `${"😀".repeat(5)}…`);
  assert.equal(excerpt(`${"\u3000".repeat(334)}ab`, 20), ""); // the first 1000 bytes are looked at
  assert.equal(excerpt(`${"\u3000".repeat(332)}abcdef`, 20), "abcd");
});

test("a clock sees days in its own zone", () => {
  const clock = new Clock("Europe/Oslo", "en-GB", Date.UTC(2026, 10, 23, 12) / 1000);
  const at = (...of: Parameters<typeof Date.UTC>): number => Date.UTC(...of) / 1000;
  assert.equal(clock.words(at(2026, 10, 23, 12, 31)), "13:31");
  assert.equal(clock.words(at(2026, 10, 22, 22, 59)), "Yesterday, 23:59");
  assert.equal(clock.words(at(2026, 10, 22, 23, 1)), "00:01");
  assert.equal(clock.words(at(2026, 10, 18, 8)), "Wednesday, 09:00");
  assert.equal(clock.words(at(2025, 10, 18, 8)), "18 November 2025");
  assert.equal(new Clock("Europe/Oslo", "en-US", at(2026, 10, 23)).words(at(2026, 9, 1)), "October 1");
});

test("a message is its author's only by the name that the server checks", () => {
  const message = { thread_id: "t", author_id: "boss" };
  assert.equal(authorOf(message as { author_user_id?: string }), "");
  assert.equal(authorOf({ ...message, author_user_id: null }), "");
  assert.equal(authorOf({ ...message, author_user_id: "me" }), "me");
  const thread = { id: "t", author_id: "me" };
  assert.equal(authorOf(thread as { author_user_id?: string }), "me");
});

test("a word has a letter or a digit: the marks of Markdown are none", () => {
  assert.equal(countWords("# Before 09:00\n\n- Seacocks closed — 2\n\n> ***"), 5);
  assert.equal(countWords(" - # "), 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { cursorIn, cursorOf } from "../src/app/notice_cursor.js";

// sync/engine/notices_test.go has the same address.
test("a place in the list of notices is the server's", () => {
  assert.equal(cursorOf({ created_at: 1764288000, id: "n7" }), "MTc2NDI4ODAwMAAAbjc");
  assert.deepEqual(cursorIn("MTc2NDI4ODAwMAAAbjc"), { at: 1764288000, id: "n7" });
  const odd = { at: 5, id: "a~?>z._:-".repeat(3) };
  assert.deepEqual(cursorIn(cursorOf({ created_at: odd.at, id: odd.id })), odd);
});

test("what is no place is none", () => {
  for (const text of ["", "!", "MTc2", btoa("x\0\0n7"), btoa("5\0\0"), btoa("5\0\0n7\0"), btoa("5")]) assert.equal(cursorIn(text), undefined, text);
});

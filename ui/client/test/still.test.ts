// What would move things under a pointer waits.
import { mock, test } from "node:test";
import assert from "node:assert/strict";
import { dropWaiting, letGo, watchPresses, whenLetGo, whenStill } from "../src/app/still.js";

const page = new EventTarget();
let menu: object | null = null;
Object.defineProperty(globalThis, "addEventListener", { value: page.addEventListener.bind(page), configurable: true });
Object.defineProperty(globalThis, "document", { value: { querySelector: () => menu }, configurable: true });
mock.timers.enable({ apis: ["setTimeout"] });
watchPresses();

const say = (type: string, of: object = {}): boolean => page.dispatchEvent(Object.assign(new Event(type), { isPrimary: true, button: 0, pointerType: "mouse" }, of));

test("what moves things waits until the mouse is let go, and the last of it counts", async () => {
  const done: string[] = [];
  whenLetGo("list", () => done.push("at once"));
  say("pointerdown");
  whenLetGo("list", () => done.push("first"));
  whenLetGo("list", () => done.push("second"));
  whenLetGo("gone", () => done.push("gone"));
  dropWaiting("gone");
  const free = letGo().then(() => done.push("let go"));
  mock.timers.tick(200);
  assert.deepEqual(done, ["at once"]);
  say("pointerup");
  assert.deepEqual(done, ["at once"], "the click comes first");
  say("click");
  mock.timers.tick(1);
  assert.deepEqual(done, ["at once", "second"]);
  await free;
  assert.deepEqual(done, ["at once", "second", "let go"]);
});

test("what one drops or replaces while it runs is not run as it was", () => {
  const done: string[] = [];
  say("pointerdown");
  whenLetGo("first", () => {
    done.push("first");
    dropWaiting("dropped");
    whenLetGo("replaced", () => done.push("another"));
  });
  whenLetGo("dropped", () => done.push("dropped"));
  whenLetGo("replaced", () => done.push("replaced"));
  whenLetGo("last", () => done.push("last"));
  say("pointerup");
  mock.timers.tick(1);
  assert.deepEqual(done, ["first", "another", "last"]);
});

test("a finger that is up becomes a click a little later", () => {
  let done = 0;
  say("pointerdown", { pointerType: "touch" });
  whenLetGo("list", () => done++);
  say("pointerup", { pointerType: "touch" });
  mock.timers.tick(100);
  assert.equal(done, 0);
  say("click", { pointerType: "touch" });
  mock.timers.tick(1);
  assert.equal(done, 1);
});

test("a press that is none any more holds nothing up, and another button never does", () => {
  let done = 0;
  say("pointerdown", { button: 2 });
  whenLetGo("list", () => done++);
  assert.equal(done, 1);
  say("pointerdown");
  whenLetGo("list", () => done++);
  say("pointercancel"); // it is dragged
  mock.timers.tick(1);
  assert.equal(done, 2);
  say("pointerdown"); // and nothing says that it ends
  whenLetGo("list", () => done++);
  mock.timers.tick(2000);
  assert.equal(done, 3);
});

test("what moves the whole page waits for a menu, also one that goes without a word", () => {
  const done: string[] = [];
  menu = {};
  whenStill("notice", () => done.push("notice"));
  whenLetGo("list", () => done.push("list"));
  mock.timers.tick(10_000);
  assert.deepEqual(done, ["list"]);
  menu = null;
  mock.timers.tick(200);
  assert.deepEqual(done, ["list", "notice"]);
});

test("one that fails keeps no other from its turn", (t) => {
  const thrown: (() => void)[] = [];
  t.mock.method(globalThis, "queueMicrotask", (f: () => void) => thrown.push(f));
  let done = 0;
  say("pointerdown");
  whenLetGo("a", () => {
    throw new Error("no");
  });
  whenLetGo("b", () => done++);
  say("pointerup");
  mock.timers.tick(1);
  assert.equal(done, 1);
  assert.throws(() => thrown[0]?.(), /no/);
});

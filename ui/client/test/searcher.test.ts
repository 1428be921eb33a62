import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { searcherOf } from "../src/app/searcher.js";
import type { Question, Reply } from "../src/search/found.js";

/** A worker that says what the test tells it to. */
class FakeWorker extends EventTarget {
  static started: FakeWorker[] = [];
  readonly asked: Question[] = [];
  ended = false;

  constructor(readonly address: string) {
    super();
    FakeWorker.started.push(this);
  }
  postMessage(q: Question): void {
    this.asked.push(q);
  }
  terminate(): void {
    this.ended = true;
  }
  say(reply: Reply): void {
    this.dispatchEvent(new MessageEvent("message", { data: reply }));
  }
}

const worker = (n: number): FakeWorker => FakeWorker.started[n] ?? assert.fail(`no worker ${n} was started`);
const answer = { groups: [], percent: 100, took: 1 };
let database = 0;
let name = "";

beforeEach(() => {
  FakeWorker.started = [];
  name = `or3-db-${++database}`;
  Object.assign(globalThis, { Worker: FakeWorker, document: { getElementById: () => ({ dataset: { search: "/search.js" } }) } });
});

afterEach(() => {
  for (const global of ["Worker", "document"]) Reflect.deleteProperty(globalThis, global);
});

test("one worker answers all who ask about a database", async () => {
  const searcher = searcherOf(name, true);
  assert.equal(searcherOf(name, true), searcher);
  const [first, second] = [searcher.ask("page", "keel", 20), searcher.ask("page", "keels", 20)];
  worker(0).say({ dropped: 1 });
  worker(0).say({ ask: 2, answer });
  assert.equal(await first, undefined);
  assert.deepEqual(await second, answer);
  assert.deepEqual(worker(0).asked, [{ open: name }, { ask: 1, by: "page", query: "keel", limit: 20 }, { ask: 2, by: "page", query: "keels", limit: 20 }]);
  assert.equal(FakeWorker.started.length, 1);
});

test("a search that fails after it has answered is started again by a person only", async () => {
  const searcher = searcherOf(name, true);
  const shown: string[] = [];
  const again = async (): Promise<void> => {
    await searcherOf(name, false).ask("page", "keel", 20).then(() => shown.push("answer"), (e: Error) => shown.push(e.message));
  };
  let asked: Promise<void> | undefined;
  searcher.onChange(() => (asked = again()));
  const first = again();
  worker(0).say({ ask: 1, answer });
  await first;
  worker(0).say({ failed: "DataError: a row cannot be read" });
  await asked;
  await again();
  assert.deepEqual(shown, ["answer", "DataError: a row cannot be read", "DataError: a row cannot be read"]);
  assert.equal(FakeWorker.started.length, 1);
  assert.equal(worker(0).ended, true);

  const anew = searcherOf(name, true);
  assert.notEqual(anew, searcher);
  const found = anew.ask("page", "keel", 20);
  worker(1).say({ ask: 1, answer });
  assert.deepEqual(await found, answer);
  assert.equal(searcherOf(name, false), anew);
});

test("those who wait when it fails hear of it, and another database has its own", async () => {
  const searcher = searcherOf(name, true);
  const waits = searcher.ask("palette", "keel", 5);
  worker(0).dispatchEvent(Object.assign(new Event("error"), { message: "" }));
  await assert.rejects(waits, /The search could not be loaded/);
  const other = searcherOf(`${name}-other`, false);
  const found = other.ask("palette", "keel", 5);
  worker(1).say({ ask: 1, answer });
  assert.deepEqual(await found, answer);
});

// The search's own thread: the page asks and is told, and never waits for the
// index, however much there is to read.
import { openReader, type Reader } from "../../../../sync/client/src/store/reader";
import { answerTo } from "./answer";
import { Finder, wordsOfRow } from "./finder";
import type { Question, Reply } from "./found";
import { Keeper } from "./keeper";
import { later, whenQuiet } from "./later";

const port = globalThis as unknown as { postMessage(reply: Reply): void; addEventListener(name: "message", f: (e: MessageEvent<Question>) => void): void };

const finder = new Finder();
let opened: Promise<{ reader: Reader; keeper: Keeper }> | undefined;
/** The last question of each asker. */
const last = new Map<string, number>();

const fail = (error: unknown): void => port.postMessage({ failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });

async function open(name: string): Promise<{ reader: Reader; keeper: Keeper }> {
  const reader = await openReader(name);
  reader.onClosed(() => fail("The database is closed."));
  const tell = later(250, () => port.postMessage({ changed: true }));
  const keeper = new Keeper(reader, finder, wordsOfRow, tell);
  const follow = later(100, () => void keeper.follow().catch(fail));
  // A whole table is read when those who write to it have done.
  const catchUp = whenQuiet(3_000, 60_000, () => void keeper.catchUp().catch(fail));
  reader.onChange((table, keys) => {
    keeper.changed(table, keys);
    if (keys === undefined) catchUp();
    else follow();
  });
  keeper.build().catch(fail);
  return { reader, keeper };
}

async function answer(q: Extract<Question, { ask: number }>): Promise<void> {
  last.set(q.by, q.ask);
  if (opened === undefined) return;
  const { reader, keeper } = await opened;
  await new Promise((done) => setTimeout(done)); // a newer question may be there already
  if (last.get(q.by) !== q.ask) {
    port.postMessage({ dropped: q.ask });
    return;
  }
  const started = performance.now();
  const groups = await answerTo(finder, reader, q.query, q.limit);
  port.postMessage({ ask: q.ask, answer: { groups, percent: keeper.percent, took: performance.now() - started } });
}

port.addEventListener("message", ({ data }) => {
  if ("open" in data) {
    opened = open(data.open);
    opened.catch(fail);
  } else answer(data).catch(fail);
});

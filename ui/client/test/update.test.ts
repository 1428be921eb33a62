// Installing the service worker: a try that failed is made again.
import { test } from "node:test";
import assert from "node:assert/strict";
import { startUpdates } from "../src/app/update.js";
import type { Frame } from "../src/app/frame.js";

class Worker extends EventTarget {
  state = "installing";
  turn(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class Registration extends EventTarget {
  active: Worker | null = null;
  waiting: Worker | null = null;
  installing: Worker | null = new Worker();
}

/** A browser whose tries end as `ends` says: with a registration, or with none. */
function browser(ends: (Registration | undefined)[]): { tries: () => number } {
  let tries = 0;
  const serviceWorker = Object.assign(new EventTarget(), {
    controller: null,
    register: async (): Promise<Registration> => {
      const end = ends[tries];
      tries += 1;
      if (end === undefined) throw new TypeError("the script did not come");
      return Promise.resolve(end);
    },
  });
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker }, configurable: true });
  Object.defineProperty(globalThis, "isSecureContext", { value: true, configurable: true });
  return { tries: () => tries };
}

const frame = { onWake: () => undefined } as unknown as Frame;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
};

test("a script that does not come is asked for again, each time later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const b = browser([undefined, undefined, new Registration()]);
  startUpdates(frame);
  await settled();
  assert.equal(b.tries(), 1);
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(b.tries(), 2);
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(b.tries(), 2, "the second wait is longer");
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(b.tries(), 3);
});

test("an install that broke off is begun again; one that was replaced is not", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [broken, good] = [new Registration(), new Registration()];
  const b = browser([broken, good]);
  startUpdates(frame);
  await settled();
  broken.installing?.turn("redundant");
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(b.tries(), 2);
  good.active = good.installing;
  good.installing?.turn("activated");
  good.active?.turn("redundant");
  t.mock.timers.tick(60 * 60_000);
  await settled();
  assert.equal(b.tries(), 2, "a worker that served and was replaced needs nothing");
});

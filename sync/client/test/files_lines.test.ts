// Lines that die without saying so, and decisions that come at the wrong moment.
import { afterEach, describe, expect, test } from "vitest";

import { hashBlob, openKept, transferId, type Files } from "../src/index.js";
import { choose, done, downOf, start, stopFiles, upOf } from "./files_lib.js";
import { FileServer, refuse } from "./files_server.js";
import { open, until } from "./lib.js";

afterEach(stopFiles);

async function stored(server: FileServer, text: string): Promise<string> {
  const blob = new Blob([text]);
  const hash = await hashBlob(blob);
  server.stored.set(hash, blob);
  return hash;
}

describe("an upload", () => {
  test("slower than the server keeps its place goes on with a new ticket instead of being given up", async () => {
    const [server, store] = [new FileServer(), await open()];
    let expired = false;
    server.trouble = (what) => {
      if (what !== "commit" || expired) return null;
      expired = true;
      return { what, answer: refuse(404, "not_found", "There is no such upload.") };
    };
    start(store, server);
    const file = await choose(store, "s".repeat(100_000));
    await done(store, file.hash);
    expect(server.arrived).toBe(100_000); // the bytes went once
    expect(server.asked.filter((what) => what === "presign-upload").length).toBe(2);
  });

  test("whose end the device could not write down is taken up again", async () => {
    const [server, store] = [new FileServer(), await open()];
    const { file_transfers } = store.db;
    let broken = 2; // neither the end, nor that it failed
    file_transfers.hook("updating", (changes) => {
      if (broken > 0 && ["done", "failed"].includes((changes as { state?: string }).state ?? "")) {
        broken--;
        throw new DOMException("no room", "QuotaExceededError");
      }
      return undefined;
    });
    start(store, server);
    const file = await choose(store, "written down at last");
    await done(store, file.hash);
    expect(broken).toBe(0);
  });
});

describe("a download", () => {
  test.each(["headers", "body"] as const)("over a line that falls silent (%s) is tried again instead of hanging for ever", async (where) => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "silent at first");
    let silent = true;
    const never = new Promise<Response>(() => undefined);
    const files = start(store, server, {
      pace: { silence: 30 },
      fetch: async (input, init) => {
        if (!silent || !String(input).includes("/fs/download")) return server.fetch(input, init);
        silent = false;
        return where === "headers" ? never : new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode("silent")) }));
      },
    });
    await files.want(hash, 15);
    await done(store, hash, "download");
    expect(await (await openKept(store, hash))?.text()).toBe("silent at first");
  });

  test("paused and resumed at once comes one time, not two", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "once");
    let files: Files | undefined;
    let steered: Promise<void> | undefined;
    files = start(store, server, {
      fetch: async (input, init) => {
        if (String(input).includes("/fs/download")) {
          steered ??= (async () => {
            // Both in one turn of the queue: it sees a row that waits, and goes on.
            await store.db.transaction("rw", store.db.file_transfers, async () => {
              await store.db.file_transfers.update(transferId("download", hash), { state: "queued" });
            });
          })();
          await steered;
        }
        return server.fetch(input, init);
      },
    });
    await files.want(hash, 4);
    await done(store, hash, "download");
    expect(server.asked.filter((what) => what.startsWith("fs/download")).length).toBe(1);
    expect((await downOf(store, hash))?.state).toBe("done");
  });

  test("that was taken back keeps nothing in memory: asked for again it comes from the beginning", async () => {
    const [server, store] = [new FileServer(), await open()];
    const hash = await stored(server, "z".repeat(50));
    const ranges: (string | null)[] = [];
    let again = false;
    let looks = 0;
    const files = start(store, server, {
      online: () => {
        looks++;
        return ranges.length === 0 || again;
      },
      fetch: (input, init) => {
        if (!String(input).includes("/fs/download")) return server.fetch(input, init);
        ranges.push(new Headers(init?.headers).get("Range"));
        if (ranges.length > 1) return server.fetch(input, init);
        let sent = false;
        return Promise.resolve(new Response(new ReadableStream({
          pull: (c) => {
            if (sent) c.error(new Error("cut"));
            else c.enqueue(new TextEncoder().encode("z".repeat(20)));
            sent = true;
          },
        }, { highWaterMark: 0 })));
      },
    });
    await files.want(hash, 50);
    await until(async () => (await downOf(store, hash))?.bytes_done === 20 && (await downOf(store, hash))?.state === "queued", "the cut");
    await files.cancel(transferId("download", hash));
    const before = looks;
    await until(() => {
      files.wake();
      return looks >= before + 2; // it follows before it looks; the first look may have begun before
    }, "the queue that follows");
    again = true;
    await files.want(hash, 50);
    files.wake();
    await done(store, hash, "download");
    expect(ranges).toEqual([null, null]);
  });
});

test("an upload that is asked how far it came does not wait for a dead line", async () => {
  const [server, store] = [new FileServer(), await open()];
  let cut = true;
  server.trouble = (what) => {
    if (what !== "PUT" || !cut) return null;
    cut = false;
    return { what, cut: 80_000 };
  };
  let dead = true;
  start(store, server, {
    pace: { silence: 30 },
    fetch: (input, init) => {
      if (!dead || !String(input).includes("/fs/upload")) return server.fetch(input, init);
      dead = false;
      return new Promise<Response>(() => undefined);
    },
  });
  const file = await choose(store, "u".repeat(100_000));
  await done(store, file.hash);
  expect(dead).toBe(false);
  expect((await upOf(store, file.hash))?.state).toBe("done");
});

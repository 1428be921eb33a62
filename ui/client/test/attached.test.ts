import { test } from "node:test";
import assert from "node:assert/strict";
import { Asked } from "../src/files/asked.js";
import { Attachments, type Ways } from "../src/files/attached.js";

interface Taken { readonly hash: string; readonly size: number; readonly facts: { name: string; mime_type: string; kind: "file" } }
const chosen = (name: string): Taken => ({ hash: `hash of ${name}`, size: 1, facts: { name, mime_type: "text/plain", kind: "file" } });
const file = (name: string): File => ({ name, size: 1, type: "text/plain" }) as File;
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A form whose files are read when `done` or `failed` says so. */
function form() {
  const reading = new Map<string, { done(): void; failed(): void }>();
  const seen = { kept: [] as string[], released: [] as string[], named: [] as string[], idle: 0 };
  let keys = 0;
  const ways: Ways = {
    newKey: () => String(keys++),
    take: (f) => new Promise((done, refused) => reading.set(f.name, { done: () => done(chosen(f.name)), failed: () => refused(new Error("unreadable")) })),
    why: () => "It could not be read.",
    remember: async (files) => (seen.kept = files.map((f) => f.facts.name)),
    release: async (hash) => seen.released.push(hash),
    name: async (files) => void seen.named.push(...files.map((f) => f.facts.name)),
    refused: (words) => new Error(words),
  };
  const attachments = new Attachments(ways);
  attachments.onIdle = () => seen.idle++;
  const end = async (name: string, how: "done" | "failed" = "done"): Promise<void> => {
    reading.get(name)?.[how]();
    await settled();
  };
  return { attachments, seen, end, names: () => attachments.items.map((i) => i.name) };
}

test("a message sent while its files are read goes once, with all of them, and says meanwhile that it waits", async () => {
  const { attachments, seen, end, names } = form();
  attachments.add([file("a"), file("b")]);
  const sending = attachments.send("Here they are.");
  assert.equal(attachments.waiting, "Here they are.");
  await end("a");
  assert.equal(attachments.waiting, "Here they are.");
  await end("b");
  const files = await sending;
  assert.equal(attachments.waiting, undefined);
  assert.deepEqual([files?.hashes, names()], ['["hash of a","hash of b"]', []]);
  assert.equal(await attachments.send("Once more."), undefined, "they go with one message");
  await files?.write();
  files?.settle(true);
  await settled();
  assert.deepEqual([seen.named, seen.kept, names()], [["a", "b"], [], []]);
});

test("the files of a message that could not be stored stand in the form again, before what came meanwhile", async () => {
  const { attachments, seen, end, names } = form();
  attachments.add([file("a")]);
  await end("a");
  const files = await attachments.send("");
  attachments.add([file("b")]);
  await end("b");
  assert.deepEqual(seen.kept, ["a", "b"], "also when the page goes just now");
  files?.settle(false);
  await settled();
  assert.deepEqual([names(), seen.kept], [["a", "b"], ["a", "b"]]);
});

test("what is discarded goes, also what is still read; what a message waits for stays", async () => {
  const { attachments, seen, end, names } = form();
  attachments.add([file("a"), file("b")]);
  await end("a");
  await attachments.clear();
  await end("b");
  assert.deepEqual([names(), seen.released, seen.kept], [[], ["hash of a", "hash of b"], []]);
  attachments.add([file("c")]);
  const sending = attachments.send("It goes.");
  await attachments.clear();
  assert.deepEqual(names(), ["c"]);
  await end("c");
  assert.equal((await sending)?.hashes, '["hash of c"]');
});

test("a message does not go without the file that could not be read", async () => {
  const { attachments, end, names } = form();
  attachments.add([file("a"), file("b")]);
  const refused = assert.rejects(attachments.send("Both."), /b cannot be sent/);
  await end("a");
  await end("b", "failed");
  await refused;
  assert.deepEqual(names(), ["a", "b"]);
  await assert.rejects(attachments.send("Both."), /b cannot be sent/);
  const bad = attachments.items[1];
  if (bad !== undefined) await attachments.remove(bad);
  assert.equal((await attachments.send("One."))?.hashes, '["hash of a"]');
});

test("a message does not go while the server refuses one of its files; all stands in the form as it was", async () => {
  const { attachments, seen, end, names } = form();
  attachments.add([file("page.html"), file("a")]);
  await end("page.html");
  await end("a");
  attachments.refusal = (c) => (c.facts.name === "page.html" ? "page.html is not taken here." : undefined);
  await assert.rejects(attachments.send("Both."), /page\.html is not taken here/);
  assert.deepEqual([names(), seen.kept], [["page.html", "a"], ["page.html", "a"]]);
  const bad = attachments.items[0];
  if (bad !== undefined) await attachments.remove(bad);
  assert.equal((await attachments.send("One."))?.hashes, '["hash of a"]');
});

test("who leaves the thread while files are read finds them again, and the message still goes", async () => {
  const { attachments, seen, end } = form();
  const leave = attachments.onChange(() => undefined);
  attachments.add([file("a")]);
  const sending = attachments.send("On my way.");
  leave();
  assert.equal(seen.idle, 0);
  const heard: (string | undefined)[] = [];
  const again = attachments.onChange((sent) => heard.push(sent));
  await end("a");
  (await sending)?.settle(true);
  await settled();
  assert.ok(heard.includes("On my way."), "the form that was opened meanwhile is emptied");
  again();
  assert.ok(seen.idle > 0);
});

test("a file that was taken back while it was read is not kept", async () => {
  const { attachments, seen, end } = form();
  attachments.add([file("a")]);
  const item = attachments.items[0];
  if (item !== undefined) await attachments.remove(item);
  await end("a");
  assert.deepEqual([seen.released, seen.kept], [["hash of a"], []]);
});

test("at most ten files stand in a form, and the same file once", async () => {
  const { attachments, end, names } = form();
  assert.equal(attachments.add(Array.from({ length: 12 }, (_, i) => file(`f${i}`))), 2);
  assert.equal(names().length, 10);
  const twice = form();
  twice.attachments.add([file("a")]);
  await twice.end("a");
  twice.attachments.add([file("a")]);
  await twice.end("a");
  assert.deepEqual(twice.names(), ["a"]);
  await end("f0");
});

test("an image that the server does not have is asked for once, not without end", () => {
  const asked = new Asked();
  const failed = { state: "failed", error_code: "not_found" } as const;
  assert.equal(asked.comes("h", "s1", undefined), true);
  assert.equal(asked.comes("h", "s1", { state: "running" }), false);
  assert.equal(asked.comes("h", "s1", failed), false);
  assert.equal(asked.comes("h", "s2", failed), true, "it was stored anew");
  assert.equal(asked.comes("h", "s2", failed), false);
  assert.equal(asked.comes("other", "s1", failed), true, "the page was opened anew");
  assert.equal(asked.comes("damaged", "s1", { state: "failed", error_code: "damaged" }), false);
});

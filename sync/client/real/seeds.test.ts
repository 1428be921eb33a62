import { serverDigest } from "./digest.js";
import { afterEach, describe, expect, test } from "vitest";

import { RealDevice, converge, env, fetchAs, lost, random, type Person } from "./world.js";

const base = env("OR3_TEST_REAL_URL");
const people: Person[] = [{ token: env("OR3_TEST_REAL_TOKEN_1"), id: env("OR3_TEST_REAL_USER_1") }, { token: env("OR3_TEST_REAL_TOKEN_2"), id: env("OR3_TEST_REAL_USER_2") }];
const seeds = (process.env["OR3_TEST_REAL_SEEDS"] ?? "1,2,3").split(",").map(Number);

let devices: RealDevice[] = [];

afterEach(async () => {
  for (const d of devices) await d.close();
  devices = [];
});

async function workspace(name: string): Promise<string> {
  const [owner] = people as [Person, Person];
  const post = async (path: string, body: unknown) => {
    const response = await fetchAs(owner, base)(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as { id?: string; workspace?: { id: string } };
  };
  const made = await post("/api/workspaces", { name });
  const id = made.workspace?.id ?? made.id ?? "";
  await post(`/api/workspaces/${id}/members`, { email: env("OR3_TEST_REAL_EMAIL_2"), role: "editor" });
  return id;
}

describe("devices in front of the real server, behind a bad network", () => {
  test.each(seeds)("seed %i: all end with the same rows, nothing is lost and nothing echoes", async (seed) => {
    const rnd = random(seed);
    const id = await workspace(`Seed ${seed}`);
    const skews = [0, 3_600_000, -3_600_000, 90_000, 0];
    devices = skews.map((skew, i) => new RealDevice(`device ${i}`, people[i % 2]!, id, base, skew, rnd));
    for (const d of devices) await d.open();
    for (let step = 0; step < 80; step++) {
      const d = devices[Math.floor(rnd() * devices.length)]!;
      await act(d, rnd, step);
      if (rnd() < 0.3) await new Promise((done) => setTimeout(done, Math.floor(rnd() * 20)));
    }
    await converge(devices);
    for (const d of devices) expect(await d.outbox(), d.name).toEqual([]);
    expect(await lost(devices)).toEqual([]);
    for (const d of devices) expect(d.failed, d.name).toEqual([]);
    // Nobody has anything to say any more.
    const { server_version } = await serverDigest(devices[0]!.api(), { workspace_id: id });
    for (const d of devices) d.sync.wake();
    await new Promise((done) => setTimeout(done, 500));
    for (const d of devices.slice(0, people.length)) { // one of each person, for their private rows
      const { answer } = await d.api().pull({ workspace_id: id, cursor: server_version, limit: 1000, history_id: (await d.position())?.history_id ?? "" });
      expect(answer.changes.filter((c) => !("table" in c && c.table === "notifications")), "what is no notice of an answer").toEqual([]);
    }
    // A device that comes now gets the same.
    const late = new RealDevice("late", people[1]!, id, base, 0, rnd);
    devices.push(late);
    await late.open();
    await converge([late]);
  });
});

const now = () => Math.floor(Date.now() / 1000);
const times = () => ({ created_at: now(), updated_at: now() });

async function act(d: RealDevice, rnd: () => number, step: number): Promise<void> {
  const { db } = d.store;
  const pick = (n: number) => Math.floor(rnd() * n);
  const t = `t${pick(4)}`;
  const m = `m${pick(8)}`;
  const words = `step ${step} by ${d.name} äöü 😀`;
  switch (pick(14)) {
    case 0: case 1: await db.threads.put({ id: t, title: words, status: "ready", pinned: rnd() < 0.5, ...times() }); return;
    case 2: await db.threads.where("id").equals(t).modify({ title: words }); return;
    case 3: await db.threads.delete(t); return;
    case 4: case 5: await db.messages.put({ id: m, thread_id: t, role: "user", index: pick(5), order_key: d.store.newId(), data: { content: words, n: rnd(), deep: [{ a: null, b: 1e21, c: -0 }] }, ...times() }); return;
    case 6: await db.messages.bulkDelete([m, `m${pick(8)}`]); return;
    case 7: await db.posts.put({ id: `p${pick(3)}`, title: words, content: words.repeat(20), post_type: "markdown", meta: { x: words, unknown: true }, ...times() }); return;
    case 8: {
      const name = rnd() < 0.5 ? "theme" : `user.${d.person.id}.k${pick(2)}`;
      await db.kv.put({ id: name, name, value: words, ...times() });
      return;
    }
    case 9: await db.notifications.put({ id: `n-${d.person.id}-${pick(2)}`, user_id: d.person.id, type: "system.warning", title: words, ...times() }); return;
    case 10:
      await d.store.transact(["threads", "messages"], async () => {
        await db.threads.put({ id: t, title: `${words} in a group`, status: "ready", pinned: false, ...times() });
        await db.messages.put({ id: m, thread_id: t, role: "user", index: 0, order_key: "0", data: words, ...times() });
        if (rnd() < 0.3) await db.messages.delete(`m${pick(8)}`);
      }, { atomic: true });
      return;
    case 11: d.offline = !d.offline; return;
    case 12: await d.crash(); return;
    case 13: await db.projects.put({ id: `j${pick(2)}`, name: words, data: [{ kind: "thread", id: t }], ...times() }); return;
  }
}

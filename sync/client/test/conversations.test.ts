import { readFileSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";

import { localDigest, type Store } from "../src/index.js";
import { asServer, forget, merge, readPosition } from "../src/sync/merge.js";
import { count, isStrange, list, object, parseChange, parsePull, parsePush, parseSnapshot, text, type Change, type History, type SnapshotAnswer, type Strange } from "../src/sync/parse.js";
import { mergeSnapshot } from "../src/sync/snapshot.js";
import { open } from "./lib.js";

// The golden conversations are what the server is held against. Here this
// program listens to them: it must understand every answer, and a device that
// was told everything must come to the digest the server gave.

const kinds = ["push", "pull", "snapshot", "digest", "history", "update_cursor", "gc_tombstones", "gc_change_log", "renew"] as const;
type Kind = (typeof kinds)[number];

interface Step {
  who?: string;
  kind: Kind;
  request: Record<string, unknown>;
  answer: unknown;
}

interface Conversation {
  people: Record<string, { user_id: string }>;
  steps: Step[];
}

const folder = new URL("../../wire/testdata/conversations/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

function read(name: string): Conversation {
  const { people, steps } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { people: Conversation["people"]; steps: Record<string, unknown>[] };
  return {
    people,
    steps: steps.map((step) => {
      const [kind, ...more] = kinds.filter((k) => step[k] !== undefined);
      if (!kind || more.length > 0) throw new Error("a step is one request");
      return { ...(step["who"] === undefined ? {} : { who: text(step["who"], "who") }), kind, request: step[kind] as Record<string, unknown>, answer: step["answer"] };
    }),
  };
}

function known(changes: (Change | Strange)[]): Change[] {
  return changes.map((change) => {
    if (isStrange(change)) throw new Error(change.why);
    return change;
  });
}

/** A person's device, which hears the answers to that person's pulls and snapshots. */
class Listener {
  cursor = 0;
  #pages: SnapshotAnswer[] = [];

  constructor(readonly store: Store) {}

  async pulled(request: Record<string, unknown>, answer: unknown, life: string): Promise<void> {
    const page = parsePull(answer);
    const changes = known(page.changes);
    if (page.reset_required) expect(changes).toEqual([]);
    if (page.reset_required || request["tables"] !== undefined || count(request["cursor"], "cursor") > this.cursor) return; // it would miss something
    this.cursor = Math.max(this.cursor, page.next_cursor);
    await asServer(this.store, async () => {
      await forget(this.store, page.tombstone_floor);
      await merge(this.store, changes);
      await this.#stand(page, life);
    });
  }

  async snapshot(request: Record<string, unknown>, answer: unknown, life: string): Promise<void> {
    const page = parseSnapshot(answer);
    known(page.items);
    if (request["page_token"] === undefined) this.#pages = [];
    // A page may be asked for again: what was had from there on is had anew.
    else if (this.#pages.at(-1)?.next_page_token === null) this.#pages.pop();
    this.#pages.push(page);
    if (page.next_page_token !== null) return;
    const [first] = this.#pages;
    if (!first) return;
    expect(this.#pages.map((p) => p.high_watermark)).toEqual(this.#pages.map(() => first.high_watermark));
    await mergeSnapshot(this.store, this.#pages.flatMap((p) => known(p.items)), { ...first, history_id: life }, () => true);
    this.cursor = first.high_watermark;
  }

  async #stand(page: History, life: string): Promise<void> {
    const before = await readPosition(this.store);
    await this.store.db.sync_state.put({ id: "position", history_id: life, last_sync_at: 0, loaded: true, ...before, cursor: this.cursor, tombstone_floor: page.tombstone_floor });
  }
}

const stores: Store[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

/** Follows a conversation; gives how many digests could be compared. */
async function follow({ people, steps }: Conversation): Promise<number> {
  const listeners = new Map<string, Listener>();
  let life = 1;
  let compared = 0;
  for (const [i, { who, kind, request, answer }] of steps.entries()) {
    if (kind === "renew") {
      life++;
      continue;
    }
    if (answer === undefined) continue; // it was refused
    const userId = people[who ?? ""]?.user_id ?? "";
    let device = listeners.get(userId);
    if (!device) {
      const store = await open({ userId });
      stores.push(store);
      listeners.set(userId, (device = new Listener(store)));
    }
    switch (kind) {
      case "push":
        expect(parsePush(answer).results.map((r) => r.op_id), `step ${i + 1}`).toEqual(list(request["ops"], "ops").map((op) => (op as { stamp?: { op_id?: string } }).stamp?.op_id ?? ""));
        known(parsePush(answer).results.flatMap((r) => r.winner ?? []));
        break;
      case "pull":
        await device.pulled(request, answer, String(life));
        break;
      case "snapshot":
        await device.snapshot(request, answer, String(life));
        break;
      case "digest": {
        const d = object(answer, "answer");
        if (count(d["server_version"], "server_version") !== device.cursor) break; // there is more to hear
        compared++;
        expect(await localDigest(device.store, request["deep"] === true), `step ${i + 1}`).toEqual({ rows: count(d["rows"], "rows"), digest: text(d["digest"], "digest") });
        break;
      }
      case "history":
        for (const entry of list(object(answer, "answer")["entries"], "entries")) {
          const { op, payload, stamp } = object(entry, "entry");
          known([parseChange({ table: request["table"], pk: request["pk"], op, payload, stamp, server_version: 0 })]);
        }
        break;
      default:
        object(answer, "answer"); // nothing in it that this program reads
    }
  }
  return compared;
}

describe("the golden conversations", () => {
  test.each(files)("%s is understood", async (name) => {
    await follow(read(name));
  });

  test.each([["new_device.json", 10], ["collection.json", 8], ["restored.json", 8], ["became_a_viewer.json", 2]])("devices in %s come to the server's digests", async (name, digests) => {
    expect(await follow(read(name))).toBe(digests);
  });
});

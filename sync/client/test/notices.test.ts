// What the app's page of notices reads, on the store it runs on.
import { expect, test } from "vitest";

import { cursorIn, cursorOf } from "../../../ui/client/src/app/notice_cursor.js";
import { notices } from "../../../ui/client/src/app/notice_read.js";
import { open } from "./lib.js";

const seconds = 1764288000;
const notice = (id: string, created_at: number) => ({ id, user_id: "u1", type: "mention", title: id, created_at, updated_at: created_at });

test("whoever goes back meets every notice once, also those of one second", async () => {
  const store = await open();
  await store.db.notifications.bulkPut([notice("n7", seconds), notice("n6", seconds), notice("n9", seconds - 1), notice("n5", seconds), notice("n8", seconds + 1)]);
  const seen: string[][] = [];
  let place: string | undefined;
  for (let more = true; more; ) {
    const part = await notices(store, 2, place === undefined ? undefined : cursorIn(place));
    seen.push(part.rows.map((n) => n.id));
    expect([part.total, part.unread, part.latest]).toEqual([5, 5, place === undefined]);
    const last = part.rows.at(-1);
    place = last === undefined ? undefined : cursorOf(last);
    more = part.more;
  }
  expect(seen).toEqual([["n8", "n7"], ["n6", "n5"], ["n9"]]);
  store.close();
});

test("a place behind which nothing is left leads to the latest", async () => {
  const store = await open();
  await store.db.notifications.put(notice("n1", seconds));
  expect(await notices(store, 50, { at: seconds, id: "n0" })).toMatchObject({ rows: [{ id: "n1" }], latest: true, more: false });
  store.close();
});

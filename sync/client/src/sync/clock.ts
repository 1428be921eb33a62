import { observeHLC } from "../store/hlc.js";
import type { Or3Database } from "../store/schema.js";
import type { ClockState } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { Timed } from "./api.js";
import type { History } from "./parse.js";

/** The clock's row; within a transaction that has `sync_state`. */
export async function readClock(db: Or3Database): Promise<ClockState> {
  return ((await db.sync_state.get("clock")) as ClockState | undefined) ?? { id: "clock", hlc: "", seq: 0, offset: 0 };
}

/** Tells the clock of readings that came from elsewhere. */
export async function observe(store: Store, readings: Iterable<string>): Promise<void> {
  const clock = await readClock(store.db);
  const now = store.now() + clock.offset;
  let { hlc } = clock;
  for (const seen of readings) hlc = observeHLC(hlc, seen, now, store.node);
  if (hlc !== clock.hlc) await store.db.sync_state.put({ ...clock, hlc });
}

/**
 * Corrects the device's clock by the server's. The server read its own at some
 * moment between sending and getting, so half of that is what one cannot know.
 */
export async function correct(store: Store, { answer, sentAt, gotAt }: Timed<History>): Promise<void> {
  const took = gotAt - sentAt;
  const offset = Math.round(answer.server_time - (store.now() - took / 2));
  if (Math.abs(offset - store.offset) <= took / 2 + 50) return;
  await store.db.transaction("rw", store.db.sync_state, async () => {
    await store.db.sync_state.put({ ...(await readClock(store.db)), offset });
  });
  store.offset = offset;
}

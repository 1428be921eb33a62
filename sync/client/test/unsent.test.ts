import { expect, test } from "vitest";

import { watchUnsent } from "../../../ui/client/src/app/unsent.js";
import { message, open, thread, until } from "./lib.js";

test("what waits is told by the keys of rows and threads, whatever stands in them", async () => {
  const store = await open();
  const unsent = watchUnsent(store);
  const told = new Set<string>();
  unsent.onChange((keys) => keys.forEach((key) => told.add(key)));
  await store.db.threads.put(thread("from:elsewhere:1"));
  await store.db.messages.put(message("m:1", { thread_id: "another:thread" }));
  await until(() => told.size >= 3, "all three are told");
  expect([...told].sort()).toEqual(["another:thread", "from:elsewhere:1", "m:1"]);
  expect([unsent.of("messages", "m:1"), unsent.ofThread("another:thread"), unsent.ofThread("from:elsewhere:1")]).toEqual(["waiting", "waiting", "waiting"]);
  expect([unsent.of("threads", "m:1"), unsent.ofThread("thread")]).toEqual(["", ""]);
  unsent.close();
  store.close();
});

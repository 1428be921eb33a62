// Which prompt a thread has, as the server's pages read and write it.
import type { Row, Store } from "../../../../sync/client/src/local";
import { Refused } from "./thread_write";

/** So many prompts are offered, as on the server. */
const most = 500;

/** The prompts one can choose from, the latest change first. */
export const latestPrompts = (store: Store): Promise<Row<"posts">[]> =>
  store.db.posts.where("[post_type+updated_at]").between(["prompt", -Infinity], ["prompt", Infinity]).reverse().limit(most).toArray();

/** The prompt a thread names; undefined for none, and for one that is gone. */
export async function promptOf(store: Store, thread: string): Promise<Row<"posts"> | undefined> {
  const post = await store.db.posts.get((await store.db.threads.get(thread))?.system_prompt_id ?? "");
  return post?.post_type === "prompt" ? post : undefined;
}

/** How many threads name a prompt. */
export const usesOf = (store: Store, prompt: string): Promise<number> => store.db.threads.filter((t) => t.system_prompt_id === prompt).count();

/** Gives a thread a prompt as its system prompt; "" takes it away. */
export async function setPrompt(store: Store, id: string, prompt: string): Promise<void> {
  await store.transact(["threads", "posts"], async () => {
    const thread = await store.db.threads.get(id);
    if (thread === undefined) throw new Refused("prompt", "This thread was deleted meanwhile.");
    if (prompt !== "" && (await store.db.posts.get(prompt))?.post_type !== "prompt") throw new Refused("prompt", "This prompt was deleted meanwhile. Choose another.");
    if ((thread.system_prompt_id ?? "") === prompt) return;
    await store.db.threads.put({ ...thread, system_prompt_id: prompt === "" ? null : prompt, updated_at: store.seconds() });
  });
}

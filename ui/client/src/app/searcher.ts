// The page's side of the search: starts its worker when somebody searches for
// the first time, and asks it.
import type { Answer, Question, Reply } from "../search/found";

export interface Searcher {
  /** Undefined: a newer question of the same asker took its place. Fails when the search does not work. */
  ask(by: string, query: string, limit: number): Promise<Answer | undefined>;
  /** Something came into the index or went: the answer may be another one now. */
  onChange(f: () => void): () => void;
}

interface Running {
  readonly database: string;
  readonly searcher: Searcher;
  failed: boolean;
}

let running: Running | undefined;

/**
 * The search of a workspace's database. One that has failed stays so and fails
 * whoever asks it, until a person asks `anew`: what fails each time it has read
 * for a while is not started over and over.
 */
export function searcherOf(database: string, anew: boolean): Searcher {
  if (running?.database !== database || (anew && running.failed)) running = start(database);
  return running.searcher;
}

function start(database: string): Running {
  const heard = new Set<() => void>();
  const waiting = new Map<number, { done(a: Answer | undefined): void; refused(e: Error): void }>();
  let asked = 0;
  let broken: Error | undefined;
  const tell = (): void => Array.from(heard).forEach((f) => f()); // a listener may leave or come meanwhile
  const worker = new Worker(document.getElementById("or3-facts")?.dataset["search"] ?? "");
  const send = (q: Question): void => worker.postMessage(q);
  const fail = (why: string): void => {
    broken = new Error(why);
    started.failed = true;
    worker.terminate();
    const asking = Array.from(waiting.values());
    waiting.clear();
    for (const w of asking) w.refused(broken);
    if (asking.length === 0) tell(); // those who show an answer ask again, and hear of it
  };
  worker.addEventListener("error", (e) => fail(e.message || "The search could not be loaded."));
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    if ("failed" in data) fail(data.failed);
    else if ("changed" in data) tell();
    else {
      const n = "answer" in data ? data.ask : data.dropped;
      waiting.get(n)?.done("answer" in data ? data.answer : undefined);
      waiting.delete(n);
    }
  });
  send({ open: database });
  const searcher: Searcher = {
    ask: (by, query, limit) => new Promise((done, refused) => {
      if (broken !== undefined) {
        refused(broken);
        return;
      }
      waiting.set(++asked, { done, refused });
      send({ ask: asked, by, query, limit });
    }),
    onChange: (f) => {
      heard.add(f);
      return () => heard.delete(f);
    },
  };
  const started: Running = { database, searcher, failed: false };
  return started;
}

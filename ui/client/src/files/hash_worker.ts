// Names files by their content in a thread of its own, a megabyte at a time.
import { hashBlob } from "../../../../sync/client/src/files/hash";
import type { Question, Reply } from "./choose";

const port = globalThis as unknown as { postMessage(reply: Reply): void; addEventListener(name: "message", f: (e: MessageEvent<Question>) => void): void };

let turn = Promise.resolve();
port.addEventListener("message", ({ data: { ask, blob } }) => {
  turn = turn.then(async () => {
    try {
      let told = 0;
      const hash = await hashBlob(blob, (done) => {
        if (Date.now() - told < 100) return;
        told = Date.now();
        port.postMessage({ ask, done });
      });
      port.postMessage({ ask, hash });
    } catch (error) {
      port.postMessage({ ask, failed: error instanceof Error ? error.message : String(error) });
    }
  });
});
export {};

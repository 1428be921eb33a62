// Files that a person chooses: hashed away from the page, measured, and kept on
// the device with their upload queued.
import { hashBlob, type Hasher } from "../../../../sync/client/src/files/hash";
import { keepChosen, type Chosen } from "../../../../sync/client/src/files/keep";
import { plainName } from "../../../../sync/client/src/files/plain_name.js";
import type { FileFacts } from "../../../../sync/client/src/local";
import type { Context } from "../app/page";
import { isShown, kindOf, mediaTypeOf } from "./words";

interface Asked {
  done(hash: string): void;
  refused(error: Error): void;
  on(done: number): void;
}

export type Question = { readonly ask: number; readonly blob: Blob };
export type Reply = { readonly ask: number; readonly done: number } | { readonly ask: number; readonly hash: string } | { readonly ask: number; readonly failed: string };

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, Asked>();

function start(): Worker | undefined {
  try {
    const w = new Worker(document.getElementById("or3-facts")?.dataset["hash"] ?? "");
    w.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const of = waiting.get(data.ask);
      if ("done" in data) of?.on(data.done);
      else {
        waiting.delete(data.ask);
        if ("hash" in data) of?.done(data.hash);
        else of?.refused(new Error(data.failed));
      }
    });
    w.addEventListener("error", () => {
      worker = undefined;
      const all = Array.from(waiting.values());
      waiting.clear();
      for (const of of all) of.refused(new Error("no worker"));
    });
    return w;
  } catch {
    return undefined;
  }
}

/** Hashes in a worker, so that the page stays responsive; here where there is none. */
export const hashAway: Hasher = async (blob, on = () => undefined) => {
  worker ??= start();
  const w = worker;
  if (w === undefined) return hashBlob(blob, on);
  const ask = ++asked;
  try {
    return await new Promise<string>((done, refused) => {
      waiting.set(ask, { done, refused, on });
      w.postMessage({ ask, blob } satisfies Question);
    });
  } catch (error) {
    if (error instanceof Error && error.message === "no worker") return hashBlob(blob, on);
    throw error;
  }
};

/** What a file is, as far as this device can tell. */
async function factsOf(file: File): Promise<FileFacts> {
  const mime_type = mediaTypeOf(file.type, new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
  const facts: FileFacts = { name: nameOf(file), mime_type, kind: kindOf(mime_type) };
  if (!isShown(mime_type)) return facts;
  try {
    const image = await createImageBitmap(file);
    const { width, height } = image;
    image.close();
    return { ...facts, width, height };
  } catch {
    return facts; // no image after all, or one this browser does not know
  }
}

function nameOf(file: File): string {
  const name = plainName(file.name).slice(0, 255);
  return name === "" ? "file" : name;
}

let turn: Promise<unknown> = Promise.resolve();

/** Takes a file in: hashes it and keeps it. One after the other: measuring an image needs the memory of all its pixels. */
export function take(context: Context, file: File, on: (done: number) => void): Promise<Chosen> {
  const taken = turn.then(() => takeNow(context, file, on));
  turn = taken.catch(() => undefined);
  return taken;
}

async function takeNow(context: Context, file: File, on: (done: number) => void): Promise<Chosen> {
  const facts = await factsOf(file);
  const hash = await hashAway(file, on);
  const chosen: Chosen = { hash, size: file.size, facts };
  await keepChosen(context.store, chosen, file);
  void navigator.storage?.persist?.().catch(() => false); // what is not uploaded must not be swept away
  return chosen;
}

/** Asks for files with the system's own dialog. */
export function pick(then: (files: File[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.hidden = true;
  input.dataset["picker"] = "";
  input.addEventListener("change", () => {
    then(Array.from(input.files ?? []));
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  document.querySelector("input[data-picker]")?.remove();
  document.body.append(input);
  input.click();
}

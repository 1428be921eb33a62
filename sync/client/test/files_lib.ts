import { hashBlob, keepChosen, startFiles, transferId, type Chosen, type Files, type FileTransfer, type Store } from "../src/index.js";
import type { FileServer } from "./files_server.js";
import { until } from "./lib.js";

const pace = { first: 1, most: 20, progress: 1 };
const lease = { life: 400, renewal: 20 };
const running = new Set<{ files: Files; store: Store }>();

/** Moves a store's files to and from the server, in milliseconds instead of seconds. */
export function start(store: Store, server: FileServer, more: Partial<Parameters<typeof startFiles>[1]> = {}): Files {
  const { pace: own, ...rest } = more;
  const files = startFiles(store, { clientVersion: "1", base: "http://or3.test", fetch: server.fetch, send: server.send, pace: { ...pace, ...own }, lease, atOnce: () => 2, online: () => true, ...rest });
  running.add({ files, store });
  return files;
}

export async function stopFiles(): Promise<void> {
  for (const { files, store } of running) {
    await files.stop();
    store.close();
  }
  running.clear();
}

export async function choose(store: Store, text: string, name = "a.txt"): Promise<Chosen> {
  const blob = new Blob([text]);
  const file: Chosen = { hash: await hashBlob(blob), size: blob.size, facts: { name, mime_type: "text/plain", kind: "file" } };
  await keepChosen(store, file, blob);
  return file;
}

export const upOf = (store: Store, hash: string): Promise<FileTransfer | undefined> => store.db.file_transfers.get(transferId("upload", hash));
export const downOf = (store: Store, hash: string): Promise<FileTransfer | undefined> => store.db.file_transfers.get(transferId("download", hash));
export const done = (store: Store, hash: string, direction: "upload" | "download" = "upload"): Promise<void> =>
  until(async () => (await store.db.file_transfers.get(transferId(direction, hash)))?.state === "done", `${direction} of ${hash}`);
export const failed = async (store: Store, hash: string, direction: "upload" | "download" = "upload"): Promise<FileTransfer> => {
  const row = (): Promise<FileTransfer | undefined> => store.db.file_transfers.get(transferId(direction, hash));
  await until(async () => (await row())?.state === "failed", "a visible failure");
  return (await row()) as FileTransfer;
};

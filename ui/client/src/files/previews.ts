// Pictures that stand for images whose bytes are not on this device: the server's
// previews, a few at a time, each asked for once while the page is open.
import { fetchPreview, previewKept } from "../../../../sync/client/src/files/preview";
import type { Store } from "../../../../sync/client/src/store/store";
import { Api } from "../../../../sync/client/src/sync/api";
import type { Context } from "../app/page";
import type { FileState } from "./standing";

const atOnce = 4;
const urls = new Map<string, string>();
const known = new Map<string, Promise<boolean>>();
const ends = new AbortController();
const waiting: (() => void)[] = [];
let running = 0;

/** The name of a file's preview; "" where it has none. */
export function previewOf(f: FileState): string {
  const hash: unknown = f.meta === undefined ? "" : (f.meta as { preview_hash?: unknown }).preview_hash;
  return typeof hash === "string" && /^sha256:[0-9a-f]{64}$/.test(hash) ? hash : "";
}

/** The address of a file's preview, if it is open already. */
export const previewNow = (f: FileState): string => urls.get(previewOf(f)) ?? "";

/** Opens a file's preview, from this device or from the server; true where it is a new one. */
export function openPreview(context: Context, f: FileState): Promise<boolean> {
  const hash = previewOf(f);
  if (hash === "" || urls.has(hash)) return Promise.resolve(false);
  const before = known.get(hash);
  if (before !== undefined) return before;
  const found = find(context, f.hash, hash).then((blob) => {
    if (blob === undefined) return false;
    urls.set(hash, URL.createObjectURL(new Blob([blob], { type: blob.type || "image/*" })));
    return true;
  });
  known.set(hash, found);
  void found.catch(() => known.delete(hash)); // the network: another time
  return found;
}

async function find(context: Context, of: string, hash: string): Promise<Blob | undefined> {
  const { store } = context;
  const here = await previewKept(store, hash);
  // Without accounts there is no server, and nothing that asks one is in the bundle.
  return globalThis.OR3_LOCAL === true ? here : here ?? (store.local ? undefined : bring(store, of, hash));
}

async function bring(store: Store, of: string, hash: string): Promise<Blob | undefined> {
  if (!navigator.onLine) throw new Error("offline");
  if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    const api = new Api({ base: "", clientVersion: "", userId: store.userId, fetch: (input, init) => fetch(input, init), signal: ends.signal, patience: 30_000 });
    for (const wait of [1000, 5000, 20_000]) {
      try {
        return await fetchPreview(store, api, (input, init) => fetch(input, init), of, hash);
      } catch {
        await new Promise((go) => setTimeout(go, wait)); // busy, or the line broke
      }
    }
    return await fetchPreview(store, api, (input, init) => fetch(input, init), of, hash);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

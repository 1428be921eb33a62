// window.or3: the version for everybody; under ?debug=1 what tests and support
// need to see: the state, counts, digest and rows of this device.
import { localDigest, tables, type Store } from "../../../../sync/client/src/local";
import type { Frame } from "./frame";

interface Debug {
  status(): unknown;
  counts(): Promise<Record<string, number>>;
  digest(deep?: boolean): Promise<{ rows: number; digest: string }>;
  dump(): Promise<Record<string, unknown[]>>;
}

declare global {
  interface Window {
    or3?: { readonly version: string; debug?: Debug };
  }
}

const others = ["pending_ops", "tombstones", "sync_state", "sync_runs", "file_transfers"] as const;

export function announce(version: string): void {
  window.or3 = { version };
}

export function openDebug(frame: Frame, store: Store, status: () => unknown): void {
  const asked = new URLSearchParams(location.search).get("debug") === "1";
  // Within a tab it stays on: links of the app do not carry it.
  try {
    if (asked) sessionStorage.setItem("or3-debug", "1");
    if (!asked && sessionStorage.getItem("or3-debug") !== "1") return;
  } catch {
    if (!asked) return;
  }
  if (window.or3 === undefined) return;
  const names = [...tables, ...others];
  window.or3.debug = {
    status: () => ({ ...(status() as object), workspace: store.workspaceId, user: store.userId, device: store.deviceId, started: frame.context !== undefined }),
    counts: async () => Object.fromEntries(await Promise.all(names.map(async (t): Promise<[string, number]> => [t, await store.db.table(t).count()]))),
    digest: (deep) => localDigest(store, deep),
    dump: async () => Object.fromEntries(await Promise.all(names.map(async (t): Promise<[string, unknown[]]> => [t, await store.db.table(t).toArray()]))),
  };
}

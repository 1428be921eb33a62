import type { LeaseState } from "../store/state.js";
import type { Store } from "../store/store.js";
import { linked, sleep } from "./wait.js";

// One tab of a browser syncs; the others watch. Where the browser has Web Locks
// the lock goes with the tab. Over plain HTTP it has none: there the owner
// renews a lease in the database, and the next tab takes over when it ends.

/** Milliseconds: how long a lease holds, and how often it is renewed. */
export interface Lease {
  life: number;
  renewal: number;
}

export const lease: Lease = { life: 8000, renewal: 2000 };

/** Waits until this tab is the owner, then runs `work`; its signal ends when the tab is the owner no more. Resolves when `signal` ends. */
export async function asOwner(store: Store, lease: Lease, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks && globalThis.isSecureContext) {
    try {
      await locks.request(`or3-sync ${store.db.name}`, { signal }, () => work(signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return;
  }
  const holder = store.newId();
  while (!signal.aborted) {
    if (await renew(store, holder, lease)) await underLease(store, holder, lease, signal, work);
    else await sleep(lease.renewal, signal);
  }
}

async function underLease(store: Store, holder: string, lease: Lease, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const lost = linked(signal);
  const both = lost.signal;
  const keep = async () => {
    while (!both.aborted) {
      await sleep(lease.renewal, both);
      if (!both.aborted && !(await renew(store, holder, lease))) lost.abort();
    }
  };
  const keeping = keep().catch(() => lost.abort());
  try {
    await work(both);
  } finally {
    lost.abort();
    lost.release();
    await keeping;
    await giveUp(store, holder).catch(() => undefined); // it ends by itself
  }
}

async function renew(store: Store, holder: string, { life }: Lease): Promise<boolean> {
  const { db } = store;
  return db.transaction("rw", db.sync_state, async () => {
    const now = Date.now();
    const lease = (await db.sync_state.get("lease")) as LeaseState | undefined;
    if (lease && lease.holder !== holder && lease.until > now && lease.until <= now + life) return false;
    await db.sync_state.put({ id: "lease", holder, until: now + life });
    return true;
  });
}

async function giveUp(store: Store, holder: string): Promise<void> {
  const { db } = store;
  await db.transaction("rw", db.sync_state, async () => {
    const lease = (await db.sync_state.get("lease")) as LeaseState | undefined;
    if (lease?.holder === holder) await db.sync_state.delete("lease");
  });
}

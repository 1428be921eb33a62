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

/** Waits until this tab is the owner of `what`, then runs `work`; its signal ends when the tab is the owner no more. Resolves when `signal` ends. */
export async function asOwner(store: Store, lease: Lease, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>, what = "sync"): Promise<void> {
  const locks = locksOf();
  if (locks) {
    try {
      await locks.request(`or3-${what} ${store.db.name}`, { signal }, () => work(signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return;
  }
  const holder = store.newId();
  const id = what === "sync" ? "lease" : `lease:${what}` as const;
  while (!signal.aborted) {
    if (await renew(store, id, holder, lease)) await underLease(store, id, holder, lease, signal, work);
    else await sleep(lease.renewal, signal);
  }
}

/** Runs `work` if no other tab of the browser is at `what` now; undefined = one is, and nothing was done. */
export async function ifAlone<T>(store: Store, lease: Lease, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>, what: string): Promise<T | undefined> {
  const locks = locksOf();
  if (locks) return locks.request(`or3-${what} ${store.db.name}`, { ifAvailable: true }, async (lock) => (lock === null ? undefined : work(signal)));
  const holder = store.newId();
  return (await renew(store, `lease:${what}`, holder, lease)) ? underLease(store, `lease:${what}`, holder, lease, signal, work) : undefined;
}

/** Whether a tab of the browser is at `what` now. */
export async function isTaken(store: Store, { life }: Lease, what: string): Promise<boolean> {
  const locks = locksOf();
  if (locks) return (await locks.query()).held?.some((lock) => lock.name === `or3-${what} ${store.db.name}`) ?? false;
  const lease = (await store.db.sync_state.get(`lease:${what}`)) as LeaseState | undefined;
  const now = Date.now();
  return lease !== undefined && lease.until > now && lease.until <= now + life;
}

function locksOf(): LockManager | undefined {
  return globalThis.isSecureContext ? globalThis.navigator?.locks : undefined;
}

async function underLease<T>(store: Store, id: LeaseState["id"], holder: string, lease: Lease, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const lost = linked(signal);
  const both = lost.signal;
  const keep = async () => {
    while (!both.aborted) {
      await sleep(lease.renewal, both);
      if (!both.aborted && !(await renew(store, id, holder, lease))) lost.abort();
    }
  };
  const keeping = keep().catch(() => lost.abort());
  try {
    return await work(both);
  } finally {
    lost.abort();
    lost.release();
    await keeping;
    await giveUp(store, id, holder).catch(() => undefined); // it ends by itself
  }
}

async function renew(store: Store, id: LeaseState["id"], holder: string, { life }: Lease): Promise<boolean> {
  const { db } = store;
  return db.transaction("rw", db.sync_state, async () => {
    const now = Date.now();
    const lease = (await db.sync_state.get(id)) as LeaseState | undefined;
    if (lease && lease.holder !== holder && lease.until > now && lease.until <= now + life) return false;
    await db.sync_state.put({ id, holder, until: now + life });
    return true;
  });
}

async function giveUp(store: Store, id: LeaseState["id"], holder: string): Promise<void> {
  const { db } = store;
  await db.transaction("rw", db.sync_state, async () => {
    const lease = (await db.sync_state.get(id)) as LeaseState | undefined;
    if (lease?.holder === holder) await db.sync_state.delete(id);
  });
}

// Threads a person hears nothing about: a private row of theirs with a list of
// ids, the latest five hundred. The server reads the same row.
import type { Store } from "../../../../sync/client/src/local";

const most = 500;

const nameOf = (user: string): string => `user.${user}.notification_muted_threads`;

export function mutedIn(value: unknown): string[] {
  try {
    const v: unknown = JSON.parse(typeof value === "string" ? value : "[]");
    return Array.isArray(v) ? v.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** The muted threads. Nobody's where there is no account: there are no notices either. */
export async function mutedThreads(store: Store): Promise<string[]> {
  return store.userId === null ? [] : mutedIn((await store.db.kv.get(nameOf(store.userId)))?.value);
}

export async function muteThread(store: Store, thread: string, mute: boolean): Promise<void> {
  if (store.userId === null) return;
  const id = nameOf(store.userId);
  await store.transact(["kv"], async () => {
    const row = await store.db.kv.get(id);
    const muted = mutedIn(row?.value);
    if (muted.includes(thread) === mute) return;
    const ids = [...muted.filter((m) => m !== thread), ...(mute ? [thread] : [])].slice(-most);
    const now = store.seconds();
    await store.db.kv.put({ ...row, id, name: id, value: JSON.stringify(ids), created_at: row?.created_at ?? now, updated_at: now });
  });
}

// What this device has not sent, row by row, so that a message can say that it
// waits, or that it was refused.
import { liveQuery, type PendingOp, type Store } from "../../../../sync/client/src/local";

export type RowState = "" | "waiting" | "failed";

export interface Unsent {
  of(table: string, pk: string): RowState;
  /** The worst state of a thread: its own row and its messages. */
  ofThread(id: string): RowState;
  /** Tells the keys of rows and threads whose state has changed. */
  onChange(f: (keys: readonly string[]) => void): () => void;
  close(): void;
}

/** How many of the latest changes are marked as waiting; what failed always is. */
const most = 1000;

export function watchUnsent(store: Store): Unsent {
  const heard = new Set<(keys: readonly string[]) => void>();
  let rows = new Map<string, RowState>();
  let threads = new Map<string, RowState>();
  const worse = (map: Map<string, RowState>, key: string, state: RowState): void => {
    if (map.get(key) !== "failed") map.set(key, state);
  };
  const take = (ops: readonly PendingOp[]): void => {
    const before = [rows, threads] as const;
    rows = new Map();
    threads = new Map();
    for (const o of ops) {
      const state: RowState = o.status === "failed" ? "failed" : "waiting";
      worse(rows, `${o.table}:${o.pk}`, state);
      const thread = o.table === "threads" ? o.pk : o.payload?.["thread_id"];
      if (typeof thread === "string") worse(threads, thread, state);
    }
    // A row's key stands behind its table's name; a thread's is as it is, and any may hold a colon.
    const keys = new Set([...differing(before[0], rows).map((key) => key.slice(key.indexOf(":") + 1)), ...differing(before[1], threads)]);
    if (keys.size > 0) for (const f of heard) f([...keys]);
  };
  // After an import thousands wait, and this runs whenever one of them has gone.
  const read = async (): Promise<PendingOp[]> => [
    ...(await store.db.pending_ops.where("status").equals("failed").toArray()),
    ...(await store.db.pending_ops.toCollection().reverse().limit(most).toArray()),
  ];
  const subscription = store.local ? undefined : liveQuery(read).subscribe({ next: take, error: () => undefined });
  return {
    of: (table, pk) => rows.get(`${table}:${pk}`) ?? "",
    ofThread: (id) => threads.get(id) ?? "",
    onChange: (f) => {
      heard.add(f);
      return () => heard.delete(f);
    },
    close: () => subscription?.unsubscribe(),
  };
}

/** The keys that two maps do not agree about. */
function differing(a: Map<string, RowState>, b: Map<string, RowState>): string[] {
  return [...a.keys(), ...b.keys()].filter((key) => a.get(key) !== b.get(key));
}

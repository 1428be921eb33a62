// What this device has not sent, row by row, so that a message can say that it
// waits, or that it was refused. The outbox is read once; from then on a change
// costs what it is about, however much waits.
import { onChanges } from "../../../../sync/client/src/store/changed.js";
import type { PendingOp, Store } from "../../../../sync/client/src/local";
import { whenLetGo } from "./still";

export type RowState = "" | "waiting" | "failed";

export interface Unsent {
  of(table: string, pk: string): RowState;
  /** The worst state of a thread: its own row and its messages. */
  ofThread(id: string): RowState;
  /** Tells the keys of rows and threads whose state has changed. */
  onChange(f: (keys: readonly string[]) => void): () => void;
  close(): void;
}

/** How many ops are read at once. */
const slice = 1000;
/** What a refused op weighs in the sum of a row; one that waits weighs 1. */
const refused = 2 ** 32;

/** What an op marks: its row, and the thread that shows it. */
interface Mark {
  readonly keys: readonly string[];
  readonly weight: number;
}

// A row's key stands behind its table's name, a thread's behind none, and any may hold a colon.
function markOf(op: PendingOp): Mark {
  const thread = op.table === "threads" ? op.pk : op.payload?.["thread_id"];
  return { keys: [`${op.table}:${op.pk}`, ...(typeof thread === "string" ? [`:${thread}`] : [])], weight: op.status === "failed" ? refused : 1 };
}

export function watchUnsent(store: Store): Unsent {
  const heard = new Set<(keys: readonly string[]) => void>();
  const untold = new Set<string>();
  const marks = new Map<string, Mark>(); // by op
  const sums = new Map<string, number>(); // by row and thread
  const stateOf = (key: string): RowState => {
    const sum = sums.get(key) ?? 0;
    return sum >= refused ? "failed" : sum > 0 ? "waiting" : "";
  };
  /** Takes ops as they are now; undefined has gone. */
  const take = (ids: readonly string[], ops: readonly (PendingOp | undefined)[]): void => {
    const before = new Map<string, RowState>();
    const add = (mark: Mark | undefined, by: number): void => {
      for (const key of mark?.keys ?? []) {
        if (!before.has(key)) before.set(key, stateOf(key));
        const sum = (sums.get(key) ?? 0) + by * (mark?.weight ?? 0);
        if (sum > 0) sums.set(key, sum);
        else sums.delete(key);
      }
    };
    ids.forEach((id, i) => {
      add(marks.get(id), -1);
      marks.delete(id);
      const op = ops[i];
      if (op === undefined) return;
      const mark = markOf(op);
      marks.set(id, mark);
      add(mark, 1);
    });
    for (const [key, state] of before) if (stateOf(key) !== state) untold.add(key.slice(key.indexOf(":") + 1));
    if (untold.size > 0) whenLetGo(untold, () => {
      const keys = [...untold];
      untold.clear();
      for (const f of heard) f(keys); // a line more moves what stands below
    });
  };

  const changed = new Set<string>(); // ops to read
  let all = true; // and whether that is all of them
  let stop = (): void => undefined;
  let reading = Promise.resolve();
  const read = async (): Promise<void> => {
    if (all) {
      all = false;
      changed.clear();
      const gone = new Set(marks.keys());
      for (let last: string | undefined = ""; last !== undefined; ) {
        const ops: PendingOp[] = await store.db.pending_ops.where(":id").above(last).limit(slice).toArray();
        for (const op of ops) gone.delete(op.id);
        take(ops.map((op) => op.id), ops);
        last = ops[slice - 1]?.id;
      }
      take([...gone], []);
    }
    const ids = [...changed];
    changed.clear();
    if (ids.length > 0) take(ids, await store.db.pending_ops.bulkGet(ids));
  };
  // One after the other. What could not be read is read again; once the database is closed nothing changes any more.
  const soon = (ms = 0): unknown => setTimeout(() => (reading = reading.then(read).catch(() => {
    all = true;
    if (store.db.isOpen()) soon(500);
  })), ms);
  if (!store.local) {
    stop = onChanges(store.db.name, (changes) => {
      const ids = changes.keys("pending_ops");
      if (ids === undefined) all = true;
      else for (const id of ids) changed.add(String(id));
      if (all || changed.size > 0) soon();
    });
    soon();
  }
  return {
    of: (table, pk) => stateOf(`${table}:${pk}`),
    ofThread: (id) => stateOf(`:${id}`),
    onChange: (f) => {
      heard.add(f);
      return () => heard.delete(f);
    },
    close: () => stop(),
  };
}

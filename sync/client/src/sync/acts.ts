import type { PendingOp } from "../store/types.js";

// What a person did, among what waits: a message and what it did to its thread are
// one thing, and so are several saves of one document.

/** How far a person has read, and what they were told, are no doing of theirs. */
const kept = (op: Pick<PendingOp, "table" | "pk">): boolean => op.table === "notifications" || (op.table === "kv" && /^user\.[^.]+\.read(\.|_since$)/.test(op.pk));

/** What a group is about: its message or project rather than what goes with it, a file before the thread. */
const rank = (op: Pick<PendingOp, "table">): number => (op.table === "threads" ? 0 : op.table === "file_meta" ? 1 : 2);

/** One op for each thing a person did, in their order: of a group the one it is about, of a row the latest. */
export function actsOf<T extends Pick<PendingOp, "table" | "pk" | "atomic">>(ops: readonly T[]): T[] {
  const acts = new Map<string, T>();
  for (const op of ops) {
    if (kept(op)) continue;
    const id = op.atomic ?? `${op.table}\0${op.pk}`;
    const known = acts.get(id);
    if (known === undefined || op.atomic === undefined || rank(op) > rank(known)) acts.set(id, op);
  }
  return [...acts.values()];
}

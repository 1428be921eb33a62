import type { PendingOp } from "../store/types.js";

// What a person did, among what waits: a message and what it did to its thread are
// one thing, and so are several saves of one document.

/** How far a person has read, and what they were told, are no doing of theirs. */
const kept = (op: Pick<PendingOp, "table" | "pk">): boolean => op.table === "notifications" || (op.table === "kv" && /^user\.[^.]+\.read(\.|_since$)/.test(op.pk));

/** One op for each thing a person did, in their order: of a group the one that is not about its thread, of a row the latest. */
export function actsOf<T extends Pick<PendingOp, "table" | "pk" | "atomic">>(ops: readonly T[]): T[] {
  const acts = new Map<string, T>();
  for (const op of ops) {
    if (kept(op)) continue;
    const id = op.atomic ?? `${op.table}\0${op.pk}`;
    const known = acts.get(id);
    if (known === undefined || op.atomic === undefined || known.table === "threads") acts.set(id, op);
  }
  return [...acts.values()];
}

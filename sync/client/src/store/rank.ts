// The one rule that decides between two writes of a row; sync/wire/rank.go is
// the same rule, and sync/wire/testdata/resolve.json the table of cases of both.

export interface Rank {
  clock: number;
  is_delete: boolean;
  hlc: string;
  op_id: string;
}

/** Orders by (clock, is_delete, hlc, op_id). The texts are ASCII, so comparing them by code units is comparing bytes. */
export function compareRanks(a: Rank, b: Rank): number {
  if (a.clock !== b.clock) return a.clock < b.clock ? -1 : 1;
  if (a.is_delete !== b.is_delete) return a.is_delete ? 1 : -1;
  if (a.hlc !== b.hlc) return a.hlc < b.hlc ? -1 : 1;
  if (a.op_id !== b.op_id) return a.op_id < b.op_id ? -1 : 1;
  return 0;
}

export type Outcome = "apply" | "supersede";

/** Decides between the present write of a row and an op: merging is taking a maximum. */
export function resolve(current: Rank | null, op: Rank): Outcome {
  return current === null || compareRanks(op, current) > 0 ? "apply" : "supersede";
}

export function rankOf(stamp: { clock: number; hlc: string; op_id: string }, isDelete: boolean): Rank {
  return { clock: stamp.clock, is_delete: isDelete, hlc: stamp.hlc, op_id: stamp.op_id };
}

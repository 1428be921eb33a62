import type { Or3Database } from "../store/schema.js";

/** Unsent writes as JSON lines: a head, then one op per line, as it would have gone over the wire. */
export async function unsentLines(db: Or3Database, workspaceId: string, userId: string | null): Promise<string> {
  const ops = await db.pending_ops.orderBy("seq").toArray();
  const head = { type: "or3-unsent", version: 1, workspace_id: workspaceId, user_id: userId, exported_at: Math.floor(Date.now() / 1000), ops: ops.length };
  const lines = ops.map(({ table, op, pk, payload, stamp, atomic, created_at, status, error }) => ({ type: "op", table, op, pk, payload, stamp, atomic, created_at, status, error }));
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

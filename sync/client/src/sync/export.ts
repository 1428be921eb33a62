import type { Or3Database } from "../store/schema.js";
import type { PendingOp, Table } from "../store/types.js";

const nouns: Record<Table, string> = { threads: "Thread", messages: "Message", projects: "Project", posts: "Document", kv: "Setting", file_meta: "File", notifications: "Notice" };
const longest = 120;

/** What a write is, for a person who looks into the file: "Message: Both below 9 mm". */
function whatOf({ table, op, pk, payload }: Pick<PendingOp, "table" | "op" | "pk" | "payload">): string {
  const noun = payload?.["post_type"] === "prompt" ? "Prompt" : nouns[table];
  if (op === "delete") return `${noun} deleted`;
  const data: unknown = payload?.["data"];
  const content: unknown = typeof data === "object" && data !== null && "content" in data ? data.content : data;
  const named = [content, payload?.["title"], payload?.["name"]].find((v): v is string => typeof v === "string" && v.trim() !== "");
  const words = Array.from((named ?? pk).trim().replace(/\s+/g, " "));
  return `${noun}: ${words.length > longest ? `${words.slice(0, longest - 1).join("")}…` : words.join("")}`;
}

/** Unsent writes as JSON lines: a head, then one op per line, as it would have gone over the wire. Each begins with what it is and when it was written. */
export async function unsentLines(db: Or3Database, workspaceId: string, userId: string | null): Promise<string> {
  const ops = await db.pending_ops.orderBy("seq").toArray();
  const head = {
    type: "or3-unsent", about: "What one person wrote and no server has, one change on each line. It can be read in again under Backup.",
    version: 1, workspace_id: workspaceId, user_id: userId, exported_at: Math.floor(Date.now() / 1000), ops: ops.length,
  };
  const lines = ops.map((o) => {
    const { table, op, pk, payload, stamp, atomic, created_at, status, error } = o;
    return { type: "op", what: whatOf(o), written: new Date(created_at).toISOString(), table, op, pk, payload, stamp, atomic, created_at, status, error };
  });
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

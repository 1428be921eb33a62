import type { Json, Payload, Table } from "./types.js";

/** A row's new id, or undefined when it keeps its own. */
export type NewIds = (table: Table, pk: string) => string | undefined;

/** Fields that name rows, and of which table. */
const references: { readonly [name: string]: Table } = {
  thread_id: "threads", parent_thread_id: "threads", anchor_message_id: "messages", copied_from: "messages",
  project_id: "projects", system_prompt_id: "posts", document_id: "posts",
};

const kinds: { readonly [kind: string]: Table } = { thread: "threads", post: "posts" };

/** The row with new ids in place of the old, also in a project's tree. */
export function renamed(table: Table, row: Payload, ids: NewIds): Payload {
  const out: Payload = { ...row };
  const rename = (name: string, of: Table): void => {
    const value = out[name];
    const fresh = typeof value === "string" ? ids(of, value) : undefined;
    if (fresh !== undefined) out[name] = fresh;
  };
  rename("id", table);
  for (const [name, of] of Object.entries(references)) rename(name, of);
  if (table === "projects" && out["data"] !== undefined) out["data"] = renamedTree(out["data"], ids);
  return out;
}

/** A project's tree: a list of entries, or the same as JSON in a text; entries may have children. It keeps its shape. */
function renamedTree(data: Json, ids: NewIds): Json {
  if (typeof data !== "string") return renamedEntries(data, ids).tree;
  const { tree, fresh } = renamedEntries(parsed(data), ids);
  return fresh > 0 ? JSON.stringify(tree) : data;
}

/** A copy with new ids, and how many there are. */
function renamedEntries(data: Json, ids: NewIds): { tree: Json; fresh: number } {
  const tree = structuredClone(data);
  let fresh = 0;
  const left = [tree];
  while (left.length > 0) {
    const entries = left.pop();
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) {
      if (entry === null || typeof entry !== "object" || Array.isArray(entry)) continue;
      const of = kinds[String(entry["kind"])];
      const id = of && typeof entry["id"] === "string" ? ids(of, entry["id"]) : undefined;
      if (id !== undefined) {
        entry["id"] = id;
        fresh++;
      }
      if (entry["children"] !== undefined) left.push(entry["children"]);
    }
  }
  return { tree, fresh };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

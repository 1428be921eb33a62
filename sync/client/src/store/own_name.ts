import type { Payload, Table } from "./types.js";

/** Fields in which a row says who made it, where the server holds that against the person who writes. */
const authorFields: { readonly [T in Table]?: readonly string[] } = { messages: ["author_user_id"], threads: ["author_user_id", "author_id"] };

/** Who made a row, as it says itself; undefined when it does not. */
export function authorIn(table: Table, row: object | undefined): string | undefined {
  const values = (authorFields[table] ?? []).map((name) => (row as Payload | undefined)?.[name]);
  return values.find((value): value is string => typeof value === "string" && value !== "");
}

/** Whether the server refused a write because it names somebody else as the author. */
export function namesOther(table: Table, fields: { readonly [name: string]: string }): boolean {
  return (authorFields[table] ?? []).some((name) => name in fields);
}

/**
 * The row as a person may write it: nobody writes in another's name. It keeps
 * the author it has already (`known`); otherwise it becomes the person's own,
 * and who made it stands beside.
 */
export function inOwnName(table: Table, row: Payload, me: string, known?: string): Payload {
  const foreign = (authorFields[table] ?? []).filter((name) => {
    const value = row[name];
    return typeof value === "string" && value !== "" && value !== me && value !== known;
  });
  const [first] = foreign;
  if (first === undefined) return row;
  const author = known ?? me;
  return { ...row, ...Object.fromEntries(foreign.map((name) => [name, author])), copied_author_id: row["copied_author_id"] ?? row[first] ?? null };
}

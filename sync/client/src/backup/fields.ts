import type { Json, Payload, Table } from "../store/types.js";

// What the server asks of a row (docs/data-model.md), so that a file's row that
// it would refuse is found before it is written. A test compares the page.

export type FieldType = "text" | "ref" | "hash" | "hashes" | "bool" | "int" | "count" | "seconds" | "list" | "any";

export interface Field {
  name: string;
  type: FieldType;
  required: boolean;
}

const always = " created_at:seconds! updated_at:seconds!";
const written: { readonly [T in Table]: string } = {
  threads: "id:ref! status:text! pinned:bool! title:text last_message_at:seconds parent_thread_id:ref anchor_message_id:ref anchor_index:int branch_mode:text forked:bool project_id:ref system_prompt_id:ref" + always,
  messages: "id:ref! thread_id:ref! role:text! index:int! order_key:text! data:any author_user_id:ref file_hashes:hashes pending:bool error:any stream_id:text" + always,
  projects: "id:ref! name:text! description:text data:any" + always,
  posts: "id:ref! title:text! content:text! post_type:text! meta:any file_hashes:hashes" + always,
  kv: "id:ref! name:ref! value:text" + always,
  file_meta: "hash:hash! name:text mime_type:text kind:text size_bytes:count width:count height:count page_count:count storage_provider_id:text storage_id:text" + always,
  notifications: "id:ref! user_id:ref! type:text! title:text! body:text thread_id:ref document_id:ref actions:list read_at:seconds" + always,
};

const oneOf: { readonly [name: string]: readonly string[] } = { branch_mode: ["reference", "copy"], kind: ["image", "pdf", "file"] };

const read = new Map<Table, readonly Field[]>();

/** The fields of a table that the server knows. */
export function fieldsOf(table: Table): readonly Field[] {
  let fields = read.get(table);
  if (!fields) {
    fields = written[table].split(" ").map((text): Field => {
      const [name = "", type = ""] = text.split(":");
      return { name, type: type.replace("!", "") as FieldType, required: type.endsWith("!") };
    });
    read.set(table, fields);
  }
  return fields;
}

export const maxPayload = 256 << 10;
const maxDepth = 100;
const latestSecond = 99_999_999_999;

const ref = /^[A-Za-z0-9._:~-]{1,128}$/;
const hash = /^(sha256:[0-9a-f]{64}|(md5:)?[0-9a-f]{32})$/;

/** Why the server would refuse the row, in words; "" when it would not. */
export function faultOf(table: Table, row: Payload): string {
  if ("_id" in row) return "It has a field “_id”, which no row may have.";
  for (const { name, type, required } of fieldsOf(table)) {
    const value = row[name];
    if (value === undefined || value === null) {
      if (required) return `It has no “${name}”.`;
      continue;
    }
    const want = wanted(name, type, value);
    if (want !== "") return `Its “${name}” must be ${want}.`;
  }
  if (table === "kv" && row["name"] !== row["id"]) return "Its “name” must equal its “id”.";
  if (table === "kv" && /^user\.\./.test(String(row["id"]))) return "Its “id” must name the person.";
  if (!shallow(row, maxDepth)) return `It is nested deeper than ${maxDepth} levels.`;
  return tooLarge(row) ? `It is larger than ${maxPayload} bytes.` : "";
}

/** What the value must be, when it is not. */
function wanted(name: string, type: FieldType, value: Json): string {
  const int = typeof value === "number" && Number.isSafeInteger(value);
  switch (type) {
    case "text":
      if (typeof value !== "string") return "a text";
      return oneOf[name]?.includes(value) === false ? `one of ${oneOf[name]?.join(", ")}` : "";
    case "ref":
      return typeof value === "string" && ref.test(value) ? "" : "1–128 of A–Z, a–z, 0–9 and . _ : ~ -";
    case "hash":
      return typeof value === "string" && hash.test(value) ? "" : "sha256: and 64 lower-case hexadecimal digits";
    case "hashes":
      return typeof value === "string" && areHashes(value) ? "" : "a text holding a JSON array of hashes";
    case "bool":
      return typeof value === "boolean" ? "" : "true or false";
    case "int":
      return int ? "" : "an integer";
    case "count":
      return int && value >= 0 ? "" : "an integer that is not negative";
    case "seconds":
      return int && value >= 0 && value <= latestSecond ? "" : "a time in epoch seconds";
    case "list":
      return Array.isArray(value) ? "" : "a list";
    case "any":
      return "";
  }
}

function areHashes(text: string): boolean {
  if (text === "") return true;
  try {
    const list: unknown = JSON.parse(text);
    return list === null || (Array.isArray(list) && list.every((h) => typeof h === "string" && hash.test(h)));
  } catch {
    return false;
  }
}

function shallow(value: Json, levels: number): boolean {
  if (value === null || typeof value !== "object") return true;
  if (levels === 0) return false;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) if (!shallow(inner, levels - 1)) return false;
  return true;
}

const encoder = new TextEncoder();

function tooLarge(row: Payload): boolean {
  const text = JSON.stringify(row);
  return text.length > maxPayload || (3 * text.length > maxPayload && encoder.encode(text).length > maxPayload);
}

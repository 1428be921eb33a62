import type { Json } from "./types.js";

/**
 * JSON as RFC 8785 writes it: names sorted by UTF-16 code units, no white
 * space, numbers and texts as ECMAScript writes them.
 */
export function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(",")}}`;
}

import type { Table } from "./types.js";

declare global {
  // Set when the app without accounts is built, which drops what can never run there.
  var OR3_LOCAL: boolean | undefined;
}

/** Whether only the server writes the row. Where there is no server, no row is its own. */
export function reserved(table: Table, pk: string): boolean {
  return globalThis.OR3_LOCAL !== true && table === "kv" && (pk === "plugins.enabled" || pk.startsWith("plugins.settings.") || pk.startsWith("admin."));
}

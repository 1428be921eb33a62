import { keyOf, type AnyRow, type Payload, type Stamped, type Table } from "./types.js";

// What stands beside the payload on a local row, or what the server takes out
// of it: none of it is the person's.
const local = new Set(["clock", "hlc", "op_id", "device_id", "server_version", "deleted", "deleted_at", "workspace_id"]);

/**
 * The row as it goes over the wire, and as it is stored: JSON and nothing else,
 * so that every device holds the very same. `undefined` goes, dates become
 * texts. What no server could keep (half of a surrogate pair, NUL) becomes U+FFFD.
 */
export function payloadOf(table: Table, row: object): Payload {
  const kept: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(row)) {
    if (local.has(name) || (table === "file_meta" && name === "ref_count")) continue;
    Object.defineProperty(kept, name, { value, enumerable: true, writable: true, configurable: true });
  }
  let text = JSON.stringify(kept);
  if (unkeepable.test(text)) text = JSON.stringify(kept, (_, value: unknown) => (typeof value === "string" ? wellFormed(value) : value));
  return JSON.parse(text) as Payload;
}

const unkeepable = /\\u(?:0000|d[89a-f])/;

function wellFormed(text: string): string {
  return text.replaceAll("\0", "\ufffd").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

/** A local row's payload. The row came out of the database, so it is JSON already. */
export function stripStamp(table: Table, row: AnyRow): Payload {
  const { clock: _c, hlc: _h, op_id: _o, device_id: _d, server_version: _v, deleted: _x, deleted_at: _y, workspace_id: _w, ...payload } = row;
  if (table === "file_meta") delete payload["ref_count"];
  return payload as Payload;
}

export function withStamp(payload: Payload, stamp: Stamped): AnyRow {
  return { ...payload, device_id: stamp.device_id, op_id: stamp.op_id, hlc: stamp.hlc, clock: stamp.clock, server_version: stamp.server_version };
}

/** A row's key, or null when it has none that IndexedDB or the server could take. */
export function pkOf(table: Table, row: object): string | null {
  const key: unknown = (row as { [name: string]: unknown })[keyOf(table)];
  return typeof key === "string" ? key : null;
}

import { isTable, type Kind, type OpError, type Payload, type Stamp, type Table } from "../store/types.js";
import { parseHLC } from "../store/hlc.js";

// What the server says is looked at before anything believes it.

export interface Change {
  server_version: number;
  table: Table;
  pk: string;
  op: Kind;
  payload?: Payload;
  stamp: Stamp;
}

/** A change this program cannot take, as it came. */
export interface Strange {
  strange: unknown;
  why: string;
}

export interface History {
  history_id: string;
  tombstone_floor: number;
  server_time: number;
}

export interface Page {
  changes: (Change | Strange)[];
  next_cursor: number;
}

export interface PullAnswer extends Page, History {
  has_more: boolean;
  reset_required: boolean;
}

export interface Result {
  op_id: string;
  status: "applied" | "superseded" | "replayed" | "rejected";
  server_version: number;
  error?: OpError;
  winner?: Change | Strange;
}

export interface PushAnswer extends History {
  results: Result[];
  server_version: number;
}

export interface SnapshotAnswer extends History {
  items: (Change | Strange)[];
  high_watermark: number;
  base_version: number;
  discard_newer: boolean;
  next_page_token: string | null;
}

/** The server said something that is not its language. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

type Members = { readonly [name: string]: unknown };

export function object(value: unknown, what: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unreadable(`${what} is not an object`);
  return value as Members;
}

export function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new Unreadable(`${what} is not a list`);
  return value;
}

export function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw new Unreadable(`${what} is not a text`);
  return value;
}

export function count(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Unreadable(`${what} is not a count`);
  return value;
}

export function parseChange(value: unknown): Change | Strange {
  try {
    const change = object(value, "change");
    const table = text(change["table"], "table");
    if (!isTable(table)) throw new Unreadable(`there is no table ${table} in this version`);
    const op = change["op"];
    if (op !== "put" && op !== "delete") throw new Unreadable("op is neither put nor delete");
    const pk = text(change["pk"], "pk");
    const stamp = parseStamp(change["stamp"]);
    const server_version = count(change["server_version"], "server_version");
    if (op === "delete") return { server_version, table, pk, op, stamp };
    const payload = object(change["payload"], "payload") as Payload;
    if (payload[table === "file_meta" ? "hash" : "id"] !== pk) throw new Unreadable("the payload names another row");
    return { server_version, table, pk, op, payload, stamp };
  } catch (error) {
    return { strange: value, why: error instanceof Error ? error.message : String(error) };
  }
}

export function isStrange(change: Change | Strange): change is Strange {
  return "strange" in change;
}

function parseStamp(value: unknown): Stamp {
  const stamp = object(value, "stamp");
  const hlc = text(stamp["hlc"], "hlc");
  if (!parseHLC(hlc)) throw new Unreadable("hlc is none");
  return { device_id: text(stamp["device_id"], "device_id"), op_id: text(stamp["op_id"], "op_id"), hlc, clock: count(stamp["clock"], "clock") };
}

function parseHistory(answer: Members): History {
  return { history_id: text(answer["history_id"], "history_id"), tombstone_floor: count(answer["tombstone_floor"], "tombstone_floor"), server_time: count(answer["server_time"], "server_time") };
}

export function parsePull(value: unknown): PullAnswer {
  const answer = object(value, "answer");
  return {
    ...parseHistory(answer),
    changes: list(answer["changes"], "changes").map(parseChange),
    next_cursor: count(answer["next_cursor"], "next_cursor"),
    has_more: answer["has_more"] === true,
    reset_required: answer["reset_required"] === true,
  };
}

export function parseEvent(value: unknown): Page & { history_id: string } {
  const event = object(value, "event");
  return { changes: list(event["changes"], "changes").map(parseChange), next_cursor: count(event["next_cursor"], "next_cursor"), history_id: text(event["history_id"], "history_id") };
}

export function parsePush(value: unknown): PushAnswer {
  const answer = object(value, "answer");
  return { ...parseHistory(answer), results: list(answer["results"], "results").map(parseResult), server_version: count(answer["server_version"], "server_version") };
}

function parseResult(value: unknown): Result {
  const result = object(value, "result");
  const status = result["status"];
  if (status !== "applied" && status !== "superseded" && status !== "replayed" && status !== "rejected") throw new Unreadable("status is none of ours");
  return {
    op_id: text(result["op_id"], "op_id"),
    status,
    server_version: result["server_version"] === undefined ? 0 : count(result["server_version"], "server_version"),
    ...(result["error"] === undefined ? {} : { error: parseError(result["error"]) }),
    ...(result["winner"] === undefined ? {} : { winner: parseChange(result["winner"]) }),
  };
}

export function parseError(value: unknown): OpError {
  const error = object(value, "error");
  const fields: Record<string, string> = {};
  if (typeof error["fields"] === "object" && error["fields"] !== null) {
    for (const [name, words] of Object.entries(error["fields"])) fields[name] = String(words);
  }
  return { code: text(error["code"], "code"), message: text(error["message"], "message"), ...(Object.keys(fields).length > 0 ? { fields } : {}) };
}

export function parseSnapshot(value: unknown): SnapshotAnswer {
  const answer = object(value, "answer");
  const token = answer["next_page_token"];
  return {
    ...parseHistory(answer),
    items: list(answer["items"], "items").map(parseChange),
    high_watermark: count(answer["high_watermark"], "high_watermark"),
    base_version: count(answer["base_version"], "base_version"),
    discard_newer: answer["discard_newer"] === true,
    next_page_token: typeof token === "string" && token !== "" ? token : null,
  };
}

import type { FileFacts } from "../store/types.js";
import type { Api } from "../sync/api.js";
import { Unreadable, count, list, object, text } from "../sync/parse.js";

// The three routes of storage, and their answers looked at.

export interface Part {
  offset: number;
  size: number;
  url: string;
}

/** Where to send a file. */
export interface Ticket {
  storage_id: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Epoch milliseconds by the server's clock. */
  expires: number;
  /** Bytes that are there already. */
  offset: number;
  /** What is missing of a large file that goes in parts. */
  parts: Part[] | null;
}

export interface Announced {
  workspace_id: string;
  hash: string;
  mime_type: string;
  size_bytes: number;
}

/** null: the workspace has the file. */
export async function presignUpload(api: Api, body: Announced & { name: string }): Promise<Ticket | null> {
  return (await api.post("/api/storage/presign-upload", body, parseTicket)).answer;
}

export async function commitUpload(api: Api, body: Announced & FileFacts & { storage_id: string }): Promise<void> {
  await api.post("/api/storage/commit", body, () => null);
}

/** Where to fetch a file, and how large it is. */
export interface Source {
  url: string;
  size: number;
}

export async function presignDownload(api: Api, body: { workspace_id: string; hash: string }): Promise<Source> {
  const parse = (value: unknown): Source => {
    const answer = object(value, "answer");
    return { url: text(answer["url"], "url"), size: count(answer["size_bytes"], "size_bytes") };
  };
  return (await api.post("/api/storage/presign-download", body, parse)).answer;
}

function parseTicket(value: unknown): Ticket | null {
  const answer = object(value, "answer");
  if (answer["already_stored"] === true) return null;
  const parts = answer["parts"];
  const ticket: Ticket = {
    storage_id: text(answer["storage_id"], "storage_id"),
    method: answer["method"] === undefined ? "PUT" : text(answer["method"], "method"),
    url: answer["url"] === undefined ? "" : text(answer["url"], "url"),
    headers: headers(answer["headers"]),
    expires: Date.parse(text(answer["expires_at"], "expires_at")),
    offset: answer["offset"] === undefined ? 0 : count(answer["offset"], "offset"),
    parts: parts === undefined || parts === null ? null : list(parts, "parts").map(parsePart),
  };
  if (ticket.url === "" && ticket.parts === null) throw new Unreadable("there is no url");
  return ticket;
}

function parsePart(value: unknown): Part {
  const part = object(value, "part");
  return { offset: count(part["offset"], "offset"), size: count(part["size_bytes"], "size_bytes"), url: text(part["url"], "url") };
}

function headers(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(Object.entries(object(value, "headers")).map(([name, v]) => [name, text(v, name)]));
}

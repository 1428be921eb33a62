import type { FileTransfer } from "../store/types.js";
import { Refused } from "../sync/api.js";
import { count, object, parseError } from "../sync/parse.js";
import { commitUpload, presignUpload, type Ticket } from "./ask.js";
import { Failed, type Work } from "./work.js";

// One upload: asked for, sent from where it stopped, committed. Whatever breaks,
// doing it again from the beginning goes on where the server stands.

/** Where this server takes bytes itself. Such an upload can be asked how far it came. */
const own = /\/api\/storage\/fs\/[^?]*\?/;

/** Of a smaller file nothing is worth going on with after a reload. */
const worthNoting = 64 << 10;

/** Brings a file to the server; its storage id. */
export async function upload(work: Work, row: FileTransfer): Promise<string> {
  const blob = await work.blob(row.hash);
  if (!blob) throw new Failed("lost", "This device does not have the file any more. Attach it again.");
  const facts = row.facts;
  if (!facts) throw new Failed("lost", "This device does not know what the file is any more. Attach it again.");
  const announced = { workspace_id: work.workspaceId, hash: row.hash, mime_type: facts.mime_type, size_bytes: blob.size };
  const ticket = (await goOn(work, row)) ?? (await work.asking("presign-upload", () => presignUpload(work.api, { ...announced, name: facts.name })));
  if (!ticket) return "stored";
  if (ticket.parts === null) {
    if (blob.size > worthNoting) await work.note({ ticket: { storage_id: ticket.storage_id, url: ticket.url, headers: ticket.headers, expires: ticket.expires } });
    await sendWhole(work, blob, ticket);
  } else await sendParts(work, blob, ticket);
  await work.committing(ticket.storage_id);
  try {
    await work.asking("commit", () => commitUpload(work.api, { ...announced, ...facts, storage_id: ticket.storage_id }));
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
    // It took longer than its room was reserved for. The bytes are kept: a new ticket goes on with them.
    if (work.noted()) await work.note({ ticket: undefined });
    throw new Refused(404, { code: "expired", message: "The upload took longer than the server keeps its place. It goes on with a new one." }, null);
  }
  return ticket.storage_id;
}

/** The ticket of an upload that was cut, if the server still takes it, and how far it came. */
async function goOn(work: Work, row: FileTransfer): Promise<Ticket | null> {
  const { ticket } = row;
  if (!ticket || !own.test(ticket.url) || ticket.expires - 60_000 < work.serverNow()) return null;
  const line = work.line();
  let state: Record<string, unknown>;
  try {
    const answer = await work.get(ticket.url, {}, line);
    if (!answer.ok) {
      await answer.body?.cancel();
      return null; // used, expired, or no right any more: the next question tells
    }
    state = object(await line.hears(answer.json().catch(() => null)), "answer");
  } finally {
    line.close();
  }
  return { ...ticket, method: "PUT", parts: null, offset: count(state["offset"], "offset") };
}

async function sendWhole(work: Work, blob: Blob, ticket: Ticket): Promise<void> {
  work.progress(ticket.offset);
  if (ticket.offset >= blob.size && blob.size > 0) return; // all of it is there
  const headers = ticket.offset > 0 ? { ...ticket.headers, "Upload-Offset": String(ticket.offset) } : ticket.headers;
  await put(work, { method: ticket.method, url: ticket.url, headers, body: blob.slice(ticket.offset), from: ticket.offset });
}

async function sendParts(work: Work, blob: Blob, ticket: Ticket): Promise<void> {
  const parts = ticket.parts ?? [];
  let there = blob.size - parts.reduce((sum, part) => sum + part.size, 0);
  work.progress(there);
  for (const part of parts) {
    await put(work, { method: ticket.method, url: part.url, headers: {}, body: blob.slice(part.offset, part.offset + part.size), from: there });
    there += part.size;
  }
}

async function put(work: Work, o: { method: string; url: string; headers: Record<string, string>; body: Blob; from: number }): Promise<void> {
  const answer = await work.send({ method: o.method, url: o.url, headers: o.headers, body: o.body, signal: work.signal, on: (sent) => work.progress(o.from + sent) });
  if (answer.status >= 200 && answer.status < 300) {
    work.progress(o.from + o.body.size);
    return;
  }
  if (work.noted()) await work.note({ ticket: undefined });
  throw refusal(answer.status, answer.text, answer.retryAfter);
}

function refusal(status: number, body: string, retryAfter: number | null): Error {
  let error = { code: "", message: `The store answered with status ${status}.` };
  try {
    error = parseError(object(JSON.parse(body), "answer")["error"]);
  } catch {
    // A bucket's words, or a proxy's: the status must do.
  }
  // The address has expired, or is no more: the next try asks for another one. 403 is a bucket's way to say so.
  if (status === 404 || status === 410 || (status === 403 && error.code === "")) error = { code: "expired", message: "The server did not take the file at the address it gave." };
  return new Refused(status, error, retryAfter === null ? null : retryAfter * 1000);
}

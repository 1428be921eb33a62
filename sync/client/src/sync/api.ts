import type { OpError, PendingOp, Stamp } from "../store/types.js";
import { linked } from "./wait.js";
import { Unreadable, list, object, parseError, parsePull, parsePush, parseSnapshot, text, type PullAnswer, type PushAnswer, type SnapshotAnswer } from "./parse.js";

/** The server answered and did not do it. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly status: number,
    readonly error: OpError,
    /** Milliseconds, when the server said so. */
    readonly retryAfter: number | null,
  ) {
    super(error.message);
  }

  get resetRequired(): boolean {
    return this.error.fields?.["reset_required"] === "true";
  }
}

/** No answer: it may have been done, or not. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

export interface ApiOptions {
  base: string;
  clientVersion: string;
  /** Whose data this is: the server refuses what goes out under another person's session. */
  userId: string | null;
  fetch: typeof fetch;
  /** Ends every request. */
  signal: AbortSignal;
  /** Milliseconds after which a request is given up. */
  patience: number;
}

export interface Timed<T> {
  answer: T;
  /** The device's clock when the request left and when the answer was there. */
  sentAt: number;
  gotAt: number;
}

export interface WireOp {
  table: string;
  op: string;
  pk: string;
  payload?: unknown;
  stamp: Stamp;
  atomic?: string;
}

export function wireOp(op: PendingOp): WireOp {
  const { device_id, op_id, hlc, clock } = op.stamp;
  return {
    table: op.table, op: op.op, pk: op.pk, ...(op.payload ? { payload: op.payload } : {}), stamp: { device_id, op_id, hlc, clock },
    ...(op.atomic ? { atomic: op.atomic } : {}),
  };
}

/** The routes of sync, and the two that tell whether the workspace is still ours. */
export class Api {
  constructor(private readonly options: ApiOptions) {}

  push(body: { workspace_id: string; cursor: number; history_id: string; ops: WireOp[] }): Promise<Timed<PushAnswer>> {
    return this.post("/api/sync/push", body, parsePush);
  }

  pull(body: { workspace_id: string; cursor: number; limit: number; history_id: string }): Promise<Timed<PullAnswer>> {
    return this.post("/api/sync/pull", body, parsePull);
  }

  snapshot(body: { workspace_id: string; page_size: number; page_token?: string; history_id?: string }): Promise<Timed<SnapshotAnswer>> {
    return this.post("/api/sync/snapshot", body, parseSnapshot);
  }

  async updateCursor(body: { workspace_id: string; device_id: string; version: number }): Promise<void> {
    await this.post("/api/sync/update-cursor", body, () => null);
  }

  /** Who is signed in; null when nobody is. */
  async signedIn(): Promise<string | null> {
    return (await this.request("GET", "/api/auth/session", undefined, (value) => {
      const session = object(value, "answer")["session"];
      return session === null ? null : text(object(object(session, "session")["user"], "user")["id"], "user.id");
    })).answer;
  }

  /** The person's workspaces and their role in each, and which of them are deleted but may be restored. */
  async workspaces(): Promise<{ live: { id: string; role: string }[]; deleted: string[] }> {
    return (await this.request("GET", "/api/workspaces", undefined, (value) => {
      const answer = object(value, "answer");
      return {
        live: list(answer["workspaces"], "workspaces").map((w) => ({ id: text(object(w, "workspace")["id"], "id"), role: text(object(w, "workspace")["role"], "role") })),
        deleted: answer["deleted"] === undefined ? [] : list(answer["deleted"], "deleted").map((id) => text(id, "id")),
      };
    })).answer;
  }

  /** The stream's answer with its body open. `signal` ends it. */
  async stream(query: { workspace_id: string; cursor: number; history_id: string }, signal: AbortSignal): Promise<Response> {
    const search = new URLSearchParams({ workspace_id: query.workspace_id, cursor: String(query.cursor), history_id: query.history_id });
    const response = await this.send(`/api/sync/stream?${search}`, { method: "GET", headers: { Accept: "text/event-stream" } }, signal);
    if (!response.ok) throw await refusal(response);
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || !response.body) {
      await response.body?.cancel();
      throw new Unreadable("the stream is none");
    }
    return response;
  }

  /** Asks a route that takes JSON. Throws Refused, Unreachable or Unreadable. */
  post<T>(path: string, body: unknown, parse: (value: unknown) => T): Promise<Timed<T>> {
    return this.request("POST", path, JSON.stringify(body), parse);
  }

  private async request<T>(method: string, path: string, body: string | undefined, parse: (value: unknown) => T): Promise<Timed<T>> {
    const sentAt = Date.now();
    const end = linked(this.options.signal);
    const timer = setTimeout(end.abort, this.options.patience);
    try {
      const response = await this.send(path, { method, cache: "no-store", ...(body === undefined ? {} : { body, headers: { "Content-Type": "application/json" } }) }, end.signal);
      if (!response.ok) throw await refusal(response);
      let value: unknown;
      try {
        value = await response.json();
      } catch (error) {
        throw new Unreachable(`the answer broke off: ${words(error)}`);
      }
      return { answer: parse(value), sentAt, gotAt: Date.now() };
    } finally {
      clearTimeout(timer);
      end.release();
    }
  }

  private async send(path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    try {
      const headers = { ...(init.headers as Record<string, string> | undefined), "X-Or3-Client": this.options.clientVersion, ...(this.options.userId === null ? {} : { "X-Or3-User": this.options.userId }) };
      return await this.options.fetch(this.options.base + path, { ...init, headers, signal, credentials: "same-origin", redirect: "error" });
    } catch (error) {
      throw new Unreachable(`the server cannot be reached: ${words(error)}`);
    }
  }
}

async function refusal(response: Response): Promise<Refused | Unreachable> {
  let value: unknown;
  try {
    value = await response.json();
  } catch {
    value = null; // a proxy's page, not the server's words
  }
  let error: OpError = { code: "", message: `The server answered with status ${response.status}.` };
  try {
    error = parseError(object(value, "answer")["error"]);
  } catch {
    // Nothing to read: the status must do.
  }
  const after = Number(response.headers.get("Retry-After"));
  return new Refused(response.status, error, Number.isFinite(after) && after > 0 ? after * 1000 : null);
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

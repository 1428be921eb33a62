import { rankOf, resolve } from "../src/store/rank.js";
import { canonical } from "../src/store/canonical.js";
import type { Payload, Stamp, Table } from "../src/index.js";
import type { WireOp } from "../src/sync/api.js";

// A server in a few lines, for what a real one does too seldom: it follows the
// contract of sync and does wrong whatever a test asks for. The suite against
// the real server is in real/seeds.test.ts.

export interface ServerRow {
  table: Table;
  pk: string;
  op: "put" | "delete";
  payload?: Payload;
  stamp: Stamp;
  server_version: number;
}

export interface Asked {
  path: string;
  body: Record<string, unknown>;
  headers: Headers;
}

type Trouble = (asked: Asked) => Response | Error | null | Promise<Response | Error | null>;

export class FakeServer {
  rows = new Map<string, ServerRow>();
  log: ServerRow[] = [];
  seen = new Map<string, { content: string; version: number; superseded: boolean }>();
  version = 0;
  floor = 0;
  historyId = "h1";
  base = new Map<string, number>(); // history → lowest base_version since
  discardNewer = false;
  now: () => number = Date.now;
  user: string | null = "u1";
  members = new Set(["u1", "u2"]);
  /** The workspace is deleted and may be restored. */
  deleted = false;
  role = "owner";
  cursors = new Map<string, number>();
  asked: Asked[] = [];
  /** What goes wrong before the server has done anything. */
  before: Trouble = () => null;
  /** What goes wrong after it has. */
  after: Trouble = () => null;
  /** A word about one op: its rejection. */
  judge: (op: WireOp) => { code: string; message: string; fields?: Record<string, string> } | null = () => null;
  streams = new Set<{ cursor: number; send(text: string): void; end(): void }>();
  streaming = true;

  readonly fetch: typeof fetch = (input, init) => {
    const { signal } = init ?? {};
    return Promise.race([
      this.serve(input, init),
      new Promise<never>((_, gone) => {
        if (signal?.aborted) gone(new Error("aborted"));
        signal?.addEventListener("abort", () => gone(new Error("aborted")));
      }),
    ]);
  };

  private async serve(input: RequestInfo | URL, init: RequestInit | undefined): Promise<Response> {
    const url = new URL(String(input), "http://or3.test");
    const headers = new Headers(init?.headers);
    const asked: Asked = { path: url.pathname, body: init?.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : Object.fromEntries(url.searchParams), headers };
    this.asked.push(asked);
    await Promise.resolve();
    const broken = await this.before(asked);
    if (broken instanceof Error) throw broken;
    if (broken) return broken;
    const answer = this.answer(asked, init?.signal ?? null);
    const cut = await this.after(asked);
    if (cut instanceof Error) throw cut;
    return cut ?? answer;
  }

  count(path: string): number {
    return this.asked.filter((a) => a.path === `/api/sync/${path}`).length;
  }

  private answer({ path, body, headers }: Asked, signal: AbortSignal | null): Response {
    const claimed = headers.get("X-Or3-User");
    const user = claimed !== null && claimed !== this.user ? null : this.user;
    if (path === "/api/auth/session") return json(200, { session: user === null ? null : { authenticated: true, user: { id: user } } });
    if (user === null) return refusal(401, "unauthenticated");
    if (path === "/api/workspaces") return json(200, { workspaces: this.members.has(user) && !this.deleted ? [{ id: "w1", name: "W", role: this.role }] : [], ...(this.members.has(user) && this.deleted ? { deleted: ["w1"] } : {}) });
    if (!this.members.has(user) || this.deleted || body["workspace_id"] !== "w1") return refusal(404, "not_found");
    switch (path) {
      case "/api/sync/push": return this.push(body as never);
      case "/api/sync/pull": return this.pull(body as never);
      case "/api/sync/snapshot": return this.snapshot(body as never);
      case "/api/sync/update-cursor":
        this.cursors.set(String(body["device_id"]), Number(body["version"]));
        return json(200, {});
      case "/api/sync/stream": return this.streaming ? this.stream(Number(body["cursor"]), signal) : refusal(404, "not_found");
      default: return refusal(404, "not_found");
    }
  }

  private get life() {
    return { history_id: this.historyId, tombstone_floor: this.floor, server_time: this.now() };
  }

  private odd(cursor: number | undefined, history: string | undefined): boolean {
    return (history !== undefined && history !== this.historyId) || (cursor !== undefined && (cursor > this.version || cursor < this.floor));
  }

  private push({ cursor, history_id, ops }: { cursor?: number; history_id?: string; ops: WireOp[] }): Response {
    if (this.odd(cursor, history_id)) return refusal(409, "conflict", { reset_required: "true" });
    if (ops.length > 100) return refusal(413, "oversized");
    const words = ops.map((op) => this.judge(op) ?? (Number(op.stamp.hlc.slice(0, 13)) > this.now() + 300_000 ? { code: "validation_error", message: "The clock is ahead.", fields: { hlc: "It is ahead." } } : null));
    const results = ops.map((op, i) => {
      const guilty = words[i] ?? (op.atomic !== undefined && ops.some((o, j) => o.atomic === op.atomic && words[j]) ? { code: "conflict", message: "Another member was rejected.", fields: { atomic: "x" } } : null);
      return guilty ? { op_id: op.stamp.op_id, status: "rejected", error: guilty } : this.take(op);
    });
    if (ops.length > 0 && results.every((r) => r.status === "rejected" && "error" in r && r.error.code === "forbidden")) return refusal(403, "forbidden");
    this.poke();
    return json(200, { results, server_version: this.version, ...this.life });
  }

  take(op: WireOp) {
    const { op_id } = op.stamp;
    const content = canonical([op.table, op.pk, op.op, op.stamp.clock, op.stamp.hlc, (op.payload ?? null) as Payload | null]);
    const id = `${op.table} ${op.pk}`;
    const current = this.rows.get(id);
    const winner = current && !(current.op === "delete" && current.server_version <= this.floor) ? current : undefined;
    const known = this.seen.get(op_id);
    if (known) {
      if (known.content !== content) return { op_id, status: "rejected", error: { code: "conflict", message: "Another op has this id.", fields: { op_id: "x" } } };
      return known.superseded ? { op_id, status: "superseded", winner: current } : { op_id, status: "replayed", server_version: known.version };
    }
    const isDelete = op.op === "delete";
    if (resolve(winner ? rankOf(winner.stamp, winner.op === "delete") : null, rankOf(op.stamp, isDelete)) === "supersede") {
      this.seen.set(op_id, { content, version: 0, superseded: true });
      return { op_id, status: "superseded", winner };
    }
    const row: ServerRow = { table: op.table as Table, pk: op.pk, op: op.op as "put" | "delete", ...(isDelete ? {} : { payload: op.payload as Payload }), stamp: op.stamp, server_version: ++this.version };
    this.rows.set(id, row);
    this.log.push(row);
    this.seen.set(op_id, { content, version: row.server_version, superseded: false });
    return { op_id, status: "applied", server_version: row.server_version };
  }

  /** Another device's write. */
  write(table: Table, payload: Payload | null, stamp: Partial<Stamp> & { pk?: string } = {}): ServerRow {
    const pk = stamp.pk ?? String(payload?.["id"] ?? payload?.["hash"]);
    const clock = stamp.clock ?? (this.rows.get(`${table} ${pk}`)?.stamp.clock ?? 0) + 1;
    const full: Stamp = { device_id: "other", op_id: crypto.randomUUID(), hlc: `${this.now()}:0000:other`, clock, ...stamp };
    this.take({ table, op: payload ? "put" : "delete", pk, ...(payload ? { payload } : {}), stamp: { device_id: full.device_id, op_id: full.op_id, hlc: full.hlc, clock: full.clock } });
    this.poke();
    return this.rows.get(`${table} ${pk}`)!;
  }

  private pull({ cursor, limit, history_id }: { cursor: number; limit: number; history_id?: string }): Response {
    if (this.odd(cursor, history_id)) return json(200, { changes: [], next_cursor: cursor, has_more: false, reset_required: true, ...this.life });
    const changes = this.log.filter((c) => c.server_version > cursor).slice(0, limit);
    const next = changes.at(-1)?.server_version ?? this.version;
    return json(200, { changes, next_cursor: next, has_more: next < this.version, ...this.life });
  }

  private snapshot({ page_token, page_size, history_id }: { page_token?: string; page_size: number; history_id?: string }): Response {
    const all = [...this.rows.values()].filter((r) => r.op === "put" || r.server_version > this.floor).sort((a, b) => (`${a.table} ${a.pk}` < `${b.table} ${b.pk}` ? -1 : 1));
    const from = page_token === undefined ? 0 : Number(page_token.split(" ")[0]);
    const watermark = page_token === undefined ? this.version : Number(page_token.split(" ")[1]);
    const items = all.slice(from, from + page_size);
    const base = history_id === undefined || history_id === this.historyId ? watermark : (this.base.get(history_id) ?? 0);
    return json(200, {
      items, high_watermark: watermark, base_version: base, discard_newer: this.discardNewer,
      ...(from + page_size < all.length ? { next_page_token: `${from + page_size} ${watermark}` } : {}), ...this.life,
    });
  }

  private stream(cursor: number, signal: AbortSignal | null): Response {
    const encoder = new TextEncoder();
    let own: { cursor: number; send(text: string): void; end(): void };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = { cursor, send: (text) => controller.enqueue(encoder.encode(text)), end: () => { this.streams.delete(own); try { controller.close(); } catch { /* gone */ } } };
        this.streams.add(own);
        signal?.addEventListener("abort", () => { this.streams.delete(own); try { controller.error(new Error("aborted")); } catch { /* gone */ } });
        own.send(": hello\n\n");
        this.poke();
      },
      cancel: () => { this.streams.delete(own); },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  private poke(): void {
    for (const stream of this.streams) {
      const changes = this.log.filter((c) => c.server_version > stream.cursor);
      if (changes.length === 0) continue;
      stream.cursor = this.version;
      stream.send(`event: changes\nid: ${this.version}\ndata: ${JSON.stringify({ changes, next_cursor: this.version, history_id: this.historyId })}\n\n`);
    }
  }

  /** An older state comes back under a new history. */
  restore(version: number, historyId: string, discardNewer = false): void {
    this.base.forEach((b, h) => this.base.set(h, Math.min(b, version)));
    this.base.set(this.historyId, version);
    this.historyId = historyId;
    this.discardNewer = discardNewer;
    this.log = this.log.filter((c) => c.server_version <= version);
    this.rows = new Map();
    for (const c of this.log) this.rows.set(`${c.table} ${c.pk}`, c);
    for (const [id, known] of this.seen) if (known.version > version) this.seen.delete(id);
    this.version = version;
    for (const s of this.streams) s.end();
  }

  /** Deletions up to here are forgotten, and the log with them. */
  collect(floor: number): void {
    this.floor = floor;
    for (const [id, row] of this.rows) if (row.op === "delete" && row.server_version <= floor) this.rows.delete(id);
    this.log = this.log.filter((c) => c.server_version > floor);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export function refusal(status: number, code: string, fields?: Record<string, string>, headers: Record<string, string> = {}): Response {
  return json(status, { error: { code, message: `It is ${code}.`, request_id: "r", ...(fields ? { fields } : {}) } }, headers);
}

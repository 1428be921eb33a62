import { hashBlob } from "../src/files/hash.js";
import type { Sender, Sending, Sent } from "../src/files/send.js";
import { Unreachable } from "../src/sync/api.js";

// The storage of a server in a few lines, and a line to it that breaks when a
// test says so.

export interface Blip {
  /** The route, or "PUT". */
  what: string;
  /** Bytes of a body that get through; undefined: all. */
  cut?: number;
  /** It was done, and nobody hears of it. */
  lost?: boolean;
  answer?: Response;
}

interface Upload {
  hash: string;
  size: number;
  name: string;
  bytes: Blob[];
  received: number;
  used: boolean;
}

export class FileServer {
  stored = new Map<string, Blob>();
  names = new Map<string, string>();
  uploads = new Map<string, Upload>();
  /** Every request, by what it is. */
  asked: string[] = [];
  /** Bytes of bodies that arrived. */
  arrived = 0;
  /** What goes wrong with a request. */
  trouble: (what: string, size: number) => Blip | null = () => null;
  /** What is served instead of a file. */
  wrong = new Map<string, Blob>();
  parts = 0;
  /** Files that are served without end, and how many bytes of them were taken. */
  endless = new Map<string, number>();
  /** Whether it takes small files together; and how many came in each request. */
  together = true;
  came: number[] = [];
  /** What is said of one of several files instead of taking it. */
  refuses: (hash: string) => { code: string; message: string } | null = () => null;
  #n = 0;

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input), "http://or3.test");
    const what = url.pathname.replace("/api/storage/", "") + (init?.method === "POST" || init?.method === undefined ? "" : init.method);
    this.asked.push(what);
    if (init?.signal?.aborted) throw new Error("aborted");
    const blip = this.trouble(what, 0);
    if (blip?.answer) return blip.answer;
    if (blip && !blip.lost) throw new Error("no line");
    const answer = await this.#answer(url, init);
    if (blip?.lost) throw new Error("the answer was lost");
    return answer;
  };

  readonly send: Sender = async (o) => {
    if (o.url.endsWith("/api/storage/upload-batch")) return this.#several(o);
    this.asked.push("PUT");
    const url = new URL(o.url, "http://or3.test");
    const upload = this.uploads.get(url.searchParams.get("token") ?? "");
    if (!upload) return { status: 404, text: "", retryAfter: null };
    const at = Number(o.headers["Upload-Offset"] ?? url.searchParams.get("at") ?? 0);
    const blip = this.trouble("PUT", o.body.size);
    if (blip?.answer) return { status: blip.answer.status, text: await blip.answer.text(), retryAfter: null };
    if (at !== upload.received) return { status: 409, text: JSON.stringify({ error: { code: "conflict", message: "It stopped elsewhere.", request_id: "r", fields: { offset: String(upload.received) } } }), retryAfter: null };
    const through = blip?.cut === undefined ? o.body : o.body.slice(0, blip.cut);
    upload.bytes.push(through);
    upload.received += through.size;
    this.arrived += through.size;
    o.on(through.size);
    if (o.signal.aborted || (blip && (blip.cut !== undefined || blip.lost))) throw new Unreachable("cut");
    return { status: 200, text: JSON.stringify({ ok: true, storage_id: "s", offset: upload.received }), retryAfter: null };
  };

  async #several(o: Sending): Promise<Sent> {
    this.asked.push("upload-batch");
    const blip = this.trouble("upload-batch", o.body.size);
    if (o.signal.aborted || (blip && !blip.answer && !blip.lost)) throw new Unreachable("cut");
    const answer = blip?.answer ?? (this.together ? json(await this.#taken(o)) : refuse(404, "not_found", "There is no such route."));
    o.on(o.body.size);
    if (o.signal.aborted || blip?.lost) throw new Unreachable("the answer was lost");
    return { status: answer.status, text: await answer.text(), retryAfter: Number(answer.headers.get("Retry-After") ?? 0) || null };
  }

  async #taken(o: Sending): Promise<object> {
    const bytes = new Uint8Array(await o.body.arrayBuffer());
    const end = bytes.indexOf(10);
    const said = JSON.parse(new TextDecoder().decode(bytes.slice(0, end))) as { files: { hash: string; size_bytes: number; name: string; storage_id: string }[] };
    let at = end + 1;
    const files = [];
    this.came.push(said.files.length);
    for (const file of said.files) {
      const blob = new Blob([bytes.slice(at, (at += file.size_bytes))]);
      this.arrived += blob.size;
      const error = this.refuses(file.hash);
      if (error) files.push({ hash: file.hash, error });
      else if (this.stored.has(file.hash)) files.push({ hash: file.hash, already_stored: true });
      else if ((await hashBlob(blob)) !== file.hash) files.push({ hash: file.hash, error: { code: "validation_error", message: "It is another file." } });
      else {
        this.stored.set(file.hash, blob);
        this.names.set(file.hash, file.name);
        files.push({ hash: file.hash, ok: true, storage_id: file.storage_id });
      }
    }
    if (at !== bytes.length) throw new Error("the bytes do not add up");
    return { files };
  }

  async #answer(url: URL, init: RequestInit | undefined): Promise<Response> {
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, string | number>) : {};
    const hash = String(body["hash"] ?? "");
    switch (url.pathname) {
      case "/api/storage/presign-upload": {
        if (this.stored.has(hash)) return json({ already_stored: true });
        const size = Number(body["size_bytes"]);
        const [id, known] = Array.from(this.uploads).find(([, u]) => u.hash === hash && !u.used) ?? [`u${++this.#n}`, undefined];
        const upload = known ?? { hash, size, name: String(body["name"]), bytes: [], received: 0, used: false };
        this.uploads.set(id, upload);
        const of = { method: "PUT", storage_id: id, expires_at: new Date(Date.now() + 900_000).toISOString(), headers: { "Content-Type": String(body["mime_type"]) } };
        if (this.parts > 0) {
          const parts = [];
          for (let at = upload.received; at < size; at += this.parts) parts.push({ part_number: at / this.parts + 1, offset: at, size_bytes: Math.min(this.parts, size - at), url: `http://bucket.test/x?token=${id}&at=${at}` });
          return json({ ...of, parts });
        }
        return json({ ...of, url: `http://or3.test/api/storage/fs/upload?token=${id}`, ...(upload.received > 0 ? { offset: upload.received } : {}) });
      }
      case "/api/storage/fs/upload": {
        const upload = this.uploads.get(url.searchParams.get("token") ?? "");
        if (!upload || upload.used) return refuse(404, "not_found", "There is nothing here.");
        return json({ offset: upload.received, size_bytes: upload.size, complete: upload.received === upload.size });
      }
      case "/api/storage/commit": {
        const upload = this.uploads.get(String(body["storage_id"]));
        if (!upload || upload.used) return refuse(409, "conflict", "This upload was committed already.");
        const blob = new Blob(upload.bytes);
        if (blob.size !== upload.size) return refuse(409, "conflict", "It stopped.");
        if ((await hashBlob(blob)) !== hash) return refuse(422, "validation_error", "It is another file.");
        upload.used = true;
        this.stored.set(hash, blob);
        this.names.set(hash, String(body["name"]));
        return json({ ok: true });
      }
      case "/api/storage/presign-download":
        return this.stored.has(hash) ? json({ url: `http://or3.test/api/storage/fs/download?hash=${encodeURIComponent(hash)}`, expires_at: new Date().toISOString(), size_bytes: this.stored.get(hash)?.size }) : refuse(404, "not_found", "There is no such file.");
      case "/api/storage/fs/download": {
        const key = url.searchParams.get("hash") ?? "";
        const blob = this.wrong.get(key) ?? this.stored.get(key) ?? new Blob();
        const from = Number(/bytes=(\d+)-/.exec(new Headers(init?.headers).get("Range") ?? "")?.[1] ?? 0);
        const blip = this.trouble("body", blob.size);
        const rest = blob.slice(from);
        if (this.endless.has(key)) {
          const pull = (c: ReadableStreamDefaultController<Uint8Array>): void => {
            this.endless.set(key, (this.endless.get(key) ?? 0) + 1000);
            c.enqueue(new Uint8Array(1000));
          };
          return new Response(new ReadableStream<Uint8Array>({ pull }), { status: from > 0 ? 206 : 200 });
        }
        const stream = new ReadableStream<Uint8Array>({
          start: async (c) => {
            c.enqueue(new Uint8Array(await rest.slice(0, blip?.cut ?? rest.size).arrayBuffer()));
            if (blip) c.error(new Error("cut"));
            else c.close();
          },
        });
        return new Response(stream, { status: from > 0 ? 206 : 200 });
      }
    }
    return refuse(404, "not_found", "There is no such route.");
  }
}

export const json = (value: unknown): Response => new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });
export const refuse = (status: number, code: string, message: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ error: { code, message, request_id: "r" } }), { status, headers });

/** Numbers that are the same for the same seed. */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

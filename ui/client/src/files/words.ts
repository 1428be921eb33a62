// What is said of a file: its size and type, and how far it has come. Pure, so
// that every state can be tested. The server's half is ui/view_files.go.

import { plural } from "../app/text.js";

/** A size in decimal units: 412 KB, 18.3 MB. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  let value = n / 1000;
  let unit = 0;
  for (; value >= 999.5 && unit < 4; unit++) value /= 1000;
  return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0).replace(/\.0$/, "")} ${["KB", "MB", "GB", "TB", "PB"][unit]}`;
}

/** A media type as people say it. */
export function typeOf(mediaType: string, name: string): string {
  const at = name.lastIndexOf(".");
  if (at > 0 && name.length - at <= 6 && !name.slice(at).includes(" ")) return name.slice(at + 1).toUpperCase();
  const [kind = "", sub = ""] = mediaType.split("/");
  if (sub !== "" && sub !== "plain" && sub.length <= 6) return sub.toUpperCase();
  return /^(text|image|audio|video)$/.test(kind) ? kind.charAt(0).toUpperCase() + kind.slice(1) : "File";
}

/** A name without its extension. */
export const stemOf = (name: string): string => /^(.+)\.[^. ]{1,5}$/.exec(name)?.[1] ?? name;

export function iconOf(mediaType: string): string {
  if (mediaType.startsWith("image/")) return "image";
  return mediaType === "text/csv" || mediaType.includes("spreadsheet") || mediaType.includes("excel") ? "table" : "file-text";
}

/** The place an image takes in a message, so that nothing moves when it comes. */
export function fit(width: number, height: number): { width: number; height: number } | undefined {
  if (!(width > 0) || !(height > 0)) return undefined;
  let [w, h] = [width, height];
  if (w > 420) [w, h] = [420, Math.max(1, Math.round((h * 420) / w))];
  if (h > 300) [w, h] = [Math.max(1, Math.round((w * 300) / h)), 300];
  return { width: w, height: h };
}

/** Whether a text is nothing but the names of files, or their paths, as a file manager copies them beside the files. */
export function areNames(text: string, names: readonly string[]): boolean {
  return text.split(/[\r\n]+/).every((line) => line.trim() === "" || names.some((name) => decoded(line.trim()).endsWith(name)));
}

function decoded(line: string): string {
  try {
    return line.startsWith("file:") ? decodeURIComponent(line) : line;
  } catch {
    return line;
  }
}

/** What a file is by its first bytes, of the types whose beginning is known; "" for any other. */
export function sniff(head: Uint8Array): string {
  const text = String.fromCharCode(...head.slice(0, 1024));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(text)) return "image/gif";
  if (text.startsWith("RIFF") && text.slice(8, 14) === "WEBPVP") return "image/webp";
  return text.includes("%PDF-") ? "application/pdf" : "";
}

/** The media type of a file: what its name says, unless its first bytes say something else. */
export function mediaTypeOf(said: string, head: Uint8Array): string {
  const named = said.split(";")[0]?.trim().toLowerCase() ?? "";
  const found = sniff(head);
  if (found !== "") return found;
  if (["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"].includes(named)) return "application/octet-stream";
  if (named.startsWith("text/") && head.includes(0)) return "application/octet-stream";
  return named === "" ? "application/octet-stream" : named;
}

/** What a browser may show by itself without running anything. */
export const isShown = (mediaType: string): boolean => /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/.test(mediaType);
export const opens = (mediaType: string): boolean => isShown(mediaType) || mediaType === "application/pdf";

export type Kind = "image" | "pdf" | "file";
export const kindOf = (mediaType: string): Kind => (mediaType.startsWith("image/") ? "image" : mediaType === "application/pdf" ? "pdf" : "file");

/** A duration that nobody needs to the second: "6 s", "4 min", "2 h". */
export function about(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** What the words depend on. */
export interface Standing {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  /** Pages of a document; 0 is not known. */
  readonly pages?: number;
  /** Nobody knows it any more. */
  readonly gone: boolean;
  /** It is gone, and the server never had it. */
  readonly never?: boolean;
  readonly trashed: boolean;
  /** Its bytes are on this device. */
  readonly here: boolean;
  /** The server has it. */
  readonly stored: boolean;
  /** There is a server at all. */
  readonly cloud: boolean;
  readonly move?: {
    readonly direction: "upload" | "download";
    readonly state: "queued" | "running" | "paused" | "failed" | "done";
    readonly done: number;
    readonly total: number;
    readonly code: string;
    readonly error: string;
    /** Bytes a second; 0 is not known. */
    readonly speed: number;
  };
  readonly online: boolean;
}

export interface Said {
  readonly note: string;
  readonly tone: "" | "danger";
  /** Of 1; undefined shows no bar. */
  readonly bar?: number;
  readonly paused: boolean;
  /** What one can do about it. */
  readonly acts: readonly ("pause" | "resume" | "retry" | "room")[];
}

/** Why a message does not go with a file, which the server refused; undefined = it goes. */
export function refusal({ name, move }: Pick<Standing, "name" | "move">): string | undefined {
  if (globalThis.OR3_LOCAL === true || move?.direction !== "upload" || move.state !== "failed") return undefined;
  if (move.code === "unsupported") return `${name} is not taken here: remove it or send another format.`;
  if (move.code === "oversized") return `${name} is larger than this server takes: remove it or send a smaller one.`;
  return `${name} could not be uploaded: remove it, or try it again first.`;
}

/** What a note says beside that a file is not here; a tile has no room for it. */
export const opensOnline = ": it opens when you are online";

export function said(s: Standing): Said {
  const plain = { tone: "" as const, paused: false, acts: [] };
  if (s.gone) return { ...plain, note: globalThis.OR3_LOCAL !== true && s.never === true ? "Never uploaded." : "It is gone for everyone." };
  const pages = s.pages === undefined || s.pages === 0 ? "" : `, ${plural(s.pages, "page", "pages")}`;
  const what = `${typeOf(s.mediaType, s.name)}, ${bytes(s.size)}${pages}`;
  if (globalThis.OR3_LOCAL === true || !s.cloud) return { ...plain, note: s.trashed ? `${what}. In the trash` : what };
  const { move } = s;
  const up = move?.direction === "upload";
  if (move !== undefined && move.state !== "done" && !(move.state === "failed" && move.code === "not_found" && !up && (s.here || !s.stored))) {
    const of = move.done > 0 ? `${bytes(move.done)} of ${bytes(move.total)}` : bytes(move.total);
    const bar = move.total > 0 ? Math.min(1, move.done / move.total) : 0;
    switch (move.state) {
      case "failed":
        return { note: `${up ? "Not uploaded" : move.code === "damaged" ? "Damaged" : "Did not come"}. ${move.error}`, tone: "danger", paused: false, acts: move.code === "unsupported" || move.code === "415" ? [] : move.code === "quota_exceeded" ? ["room", "retry"] : ["retry"] };
      case "paused":
        return { note: `Paused at ${of}.`, tone: "", bar, paused: true, acts: ["resume"] };
      case "queued":
        if (!s.online) return { note: `${up ? "Uploads" : "Comes"} when you are online: ${of}.`, tone: "", bar, paused: true, acts: [] };
        return { note: `Waiting to ${up ? "upload" : "download"}, ${of}.${move.error === "" ? "" : ` ${move.error}`}`, tone: "", bar, paused: true, acts: ["pause"] };
      case "running": {
        const left = move.speed > 0 ? `, ${bytes(Math.round(move.speed))}/s, ${about((move.total - move.done) / move.speed)} left` : "";
        return { note: `${up ? "Uploading" : "Downloading"} ${of}${left}`, tone: "", bar, paused: false, acts: ["pause"] };
      }
    }
  }
  if (!s.here && !s.stored) return { ...plain, note: `${what}. Waiting for the sender’s device` };
  const where = s.here ? "" : s.online ? ". On the server" : `. Not on this device${opensOnline}`;
  return { ...plain, note: what + where + (s.trashed ? ". In the trash" : "") };
}

import { SHA256 } from "../store/sha256.js";

/** How much of a file is in memory at once. */
const piece = 1 << 20;

/** Hashes a blob piece by piece: `sha256:` and 64 digits. `on` hears how many bytes are done. */
export async function hashBlob(blob: Blob, on: (done: number) => void = () => undefined): Promise<string> {
  const hash = new SHA256();
  for (let at = 0; at < blob.size; at += piece) {
    hash.update(new Uint8Array(await blob.slice(at, at + piece).arrayBuffer()));
    on(Math.min(blob.size, at + piece));
  }
  return `sha256:${hash.hex()}`;
}

/** Something that hashes blobs: this thread, or better another one. */
export type Hasher = typeof hashBlob;

/** The name of a file's content in one spelling; null for what is none. Bare 32 digits are MD5, as older programs wrote it. */
export function refOf(text: string): string | null {
  const ref = text.toLowerCase();
  if (/^sha256:[0-9a-f]{64}$/.test(ref) || /^md5:[0-9a-f]{32}$/.test(ref)) return ref;
  return /^[0-9a-f]{32}$/.test(ref) ? `md5:${ref}` : null;
}

/** How many files of one row anything is done for. */
const most = 60;

/** The names of files in a row's `file_hashes`, as they stand there, each once: at most 60, and only what is such a name. */
export function hashesIn(text: string | null | undefined): string[] {
  if (!text) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? [...new Set(list.filter((h): h is string => typeof h === "string" && refOf(h) !== null))].slice(0, most) : [];
  } catch {
    return [];
  }
}

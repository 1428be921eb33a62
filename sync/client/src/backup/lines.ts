// A file's lines, read piece by piece: the file is never in memory as a whole.

export interface Line {
  /** Counted from 1, as editors do. */
  number: number;
  /** null when it cannot be read; then `reason` says why. */
  text: string | null;
  reason: string;
  bytes: Uint8Array;
}

/** What a file is to this part of the program. A Blob and a File are one. */
export interface Source {
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

/** No row's line is longer. */
const maxLine = 2 << 20;
const newline = 10;

/** The lines that are not empty, in handfuls as they come from the disk. */
export async function* linesOf(source: Source): AsyncGenerator<Line[]> {
  const reader = source.stream().getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let held: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const take = (): Line | null => {
    number++;
    const bytes = trimmed(join(held, Math.min(length, maxLine + 1)));
    const long = length > maxLine;
    held = [];
    length = 0;
    if (long) return { number, text: null, reason: "It is longer than any row may be.", bytes };
    if (bytes.length === 0) return null;
    try {
      return { number, text: decoder.decode(bytes), reason: "", bytes };
    } catch {
      return { number, text: null, reason: "It is not UTF-8 text.", bytes };
    }
  };
  const hold = (piece: Uint8Array): void => {
    if (piece.length === 0) return;
    if (length <= maxLine) held.push(piece);
    length += piece.length;
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines: Line[] = [];
      if (value) {
        let from = 0;
        for (let at = value.indexOf(newline); at >= 0; at = value.indexOf(newline, from)) {
          hold(value.subarray(from, at));
          const line = take();
          if (line) lines.push(line);
          from = at + 1;
        }
        hold(value.slice(from)); // a copy: the reader may use its buffer again
      }
      if (done && length > 0) {
        const line = take();
        if (line) lines.push(line);
      }
      if (lines.length > 0) yield lines;
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const only = pieces[0];
  if (pieces.length === 1 && only && only.length <= length) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, length - at);
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Without the white space that editors leave at a line's end. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 13 || bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  return bytes.subarray(0, end);
}

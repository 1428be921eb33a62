import type { FileTransfer } from "../store/types.js";
import { Refused, Unreachable, words } from "../sync/api.js";
import { presignDownload, type Source } from "./ask.js";
import type { Line } from "./line.js";
import { Damaged, type Work } from "./work.js";

// One download: fetched from where it stopped, proven, and only then kept.

/** Bytes gathered before they become a blob, which a browser may put on the disk. */
const fold = 8 << 20;

interface Partial {
  parts: Blob[];
  size: number;
}

/** What arrived of downloads that were cut, by hash; for as long as the page is open. */
export type Partials = Map<string, Partial>;

/** Brings a file from the server. Throws Damaged when it is not what its name says. */
export async function download(work: Work, row: FileTransfer, partials: Partials): Promise<Blob> {
  const from = await work.asking("presign-download", () => presignDownload(work.api, { workspace_id: work.workspaceId, hash: row.hash }));
  const have = partials.get(row.hash) ?? { parts: [], size: 0 };
  partials.set(row.hash, have);
  const line = work.line();
  try {
    await fetchInto(have, work, line, from, () => partials.delete(row.hash));
  } finally {
    line.close();
  }
  const blob = new Blob(have.parts);
  if (blob.size < from.size) throw new Unreachable("the download broke off");
  partials.delete(row.hash);
  // An old MD5 cannot be proven here; the server has proven it on its way out.
  if (row.hash.startsWith("sha256:") && (await work.hash(blob)) !== row.hash) throw new Damaged("its content is another one");
  return blob;
}

async function fetchInto(have: Partial, work: Work, line: Line, { url, size }: Source, forget: () => void): Promise<void> {
  const answer = await work.get(url, have.size > 0 ? { Range: `bytes=${have.size}-` } : {}, line);
  if (have.size > 0 && answer.status === 416) {
    forget();
    await answer.body?.cancel();
    throw new Damaged("more came than there is");
  }
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Refused(answer.status, { code: "", message: `The file did not come: the server answered with status ${answer.status}.` }, null);
  }
  if (answer.status !== 206) {
    have.parts = []; // from the beginning
    have.size = 0;
  }
  try {
    await read(work, line, answer, have, size);
  } catch (error) {
    if (error instanceof Damaged) forget(); // nothing of it is to be gone on with
    throw error;
  }
}

/** Whatever stands between: a device asked for `size` bytes, and no answer may fill its memory with more. */
async function read(work: Work, line: Line, answer: Response, have: Partial, size: number): Promise<void> {
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  const keep = (): void => {
    if (held > 0) have.parts.push(new Blob(chunks));
    have.size += held;
    chunks = [];
    held = 0;
  };
  const reader = answer.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await line.hears(reader.read());
      if (done) break;
      chunks.push(value as Uint8Array<ArrayBuffer>);
      held += value.length;
      if (have.size + held > size) throw new Damaged(`more came than its ${size} bytes`);
      if (held >= fold) keep();
      work.progress(have.size + held);
    }
  } catch (error) {
    if (!(error instanceof Damaged)) throw new Unreachable(words(error));
    void reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    keep();
  }
}

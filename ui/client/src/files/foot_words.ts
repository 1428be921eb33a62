// What the sidebar's foot says while files are on their way: a line of its own,
// and a sign above it that does not say that all is done. Pure, so that every
// state can be tested.
import type { FileTransfer } from "../../../../sync/client/src/local";
import { plural } from "../app/text.js";
import { bytes } from "./words.js";

export interface FootWords {
  /** "" while nothing goes up. */
  readonly note: string;
  /** What stands instead of "Synced". */
  readonly icon: string;
  readonly word: string;
  readonly tone: "" | "warn";
}

export function footWords(ups: readonly Pick<FileTransfer, "state" | "bytes_done" | "bytes_total">[], online: boolean): FootWords {
  if (ups.length === 0) return { note: "", icon: "check", word: "Synced", tone: "" };
  const failed = ups.filter((r) => r.state === "failed").length;
  if (failed > 0) return { note: `${plural(failed, "file", "files")} not uploaded.`, icon: "triangle-alert", word: "Synced, but not all files", tone: "warn" };
  const all = plural(ups.length, "file", "files");
  if (ups.every((r) => r.state === "paused")) return { note: `${all} paused.`, icon: "clock", word: "Synced, files wait", tone: "" };
  const [done, total] = ups.reduce(([d, t], r) => [d + r.bytes_done, t + r.bytes_total], [0, 0]);
  return { note: `${online ? "Sending" : "To send:"} ${all}, ${bytes(done)} of ${bytes(total)}.`, icon: online ? "cloud-upload" : "clock", word: online ? "Sending files" : "Synced, files wait", tone: "" };
}

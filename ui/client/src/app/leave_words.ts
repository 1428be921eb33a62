// What signing out says of what only this device has. Pure, so that every case
// can be tested.
import { plural } from "./text.js";

export interface LeaveWords {
  /** What only this device has. */
  readonly text: string;
  /** What removing it means. */
  readonly remove: string;
  readonly [name: string]: string;
}

/** `drafts` are texts nobody has stored, `unsent` changes and `files` uploads that no server has. */
export function leaveWords(drafts: number, unsent: number, files = 0): LeaveWords {
  if (drafts + unsent + files === 0) return { text: "Everything you wrote is on the server.", remove: "The server has it all; it comes back when you sign in." };
  const parts = [...(drafts > 0 ? [plural(drafts, "draft", "drafts")] : []), ...(unsent > 0 ? [plural(unsent, "change", "changes")] : []), ...(files > 0 ? [plural(files, "file", "files")] : [])];
  const one = drafts + unsent + files === 1;
  const all = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}` : parts.join("");
  return {
    text: `${all} of yours ${one ? "is" : "are"} on this device alone: the server does not have ${one ? "it" : "them"}${unsent + files > 0 ? " yet" : ""}.`,
    remove: drafts + unsent === 0 ? `${all} ${one ? "is" : "are"} lost: wait until ${one ? "it is" : "they are"} uploaded, or keep ${one ? "it" : "them"} here.` : `${all} ${one ? "is" : "are"} lost unless you export ${one ? "it" : "them"} first.${files > 0 ? " Files are not in the export: open and save them, or wait until they are uploaded." : ""}`,
  };
}

/** The same where what is stored here cannot be read, but for drafts. */
export const unreadWords = (drafts: number): LeaveWords => ({
  text: `What this device keeps of yours could not be read just now, so there may be something the server does not have. Closing the other tabs of this app may help.${drafts > 0 ? " An export has your drafts alone now." : ""}`,
  remove: "Whatever the server does not have is lost.",
});

/** The line below the sidebar's state; "" for no drafts. */
export const footDrafts = (n: number): string => (n === 0 ? "" : `${plural(n, "draft is", "drafts are")} on this device only.`);

/** What removing a workspace from this device takes with it; `files` were not uploaded. */
export const removeWords = (files: number): string =>
  `What you have not sent goes too, and so do your drafts. Export them first if you may want them.${files === 0 ? "" : ` ${plural(files, "file was", "files were")} not uploaded and ${files === 1 ? "is" : "are"} not in the export: save ${files === 1 ? "it" : "them"} below first.`}`;

/** The facts above what waits. */
export function waitFacts(drafts: number, waiting: number, failed: number, files = 0): string {
  if (drafts + waiting + failed + files === 0) return "Everything of yours is on the server.";
  const parts = [];
  if (drafts > 0) parts.push(`${plural(drafts, "draft is", "drafts are")} on this device only`);
  if (failed > 0) parts.push(`${plural(failed, "change was", "changes were")} not sent`);
  if (waiting > 0) parts.push(`${plural(waiting, "change waits", "changes wait")}${waiting > 200 ? ", the first 200 are shown" : ""}`);
  if (files > 0) parts.push(plural(files, "file is not uploaded", "files are not uploaded"));
  return parts.join("; ") + ".";
}

/** What becomes of the changes that wait, by the state of sync. */
export function waitingNote(phase: string): string {
  if (phase === "removed") return "You are no longer a member here, so these do not go out any more. Export what you want to keep; discard the rest.";
  if (phase === "signed_out") return "They go out when you have signed in again, in the order they were written.";
  if (phase === "too_old") return "They go out when this page has been loaded again, in the order they were written.";
  return "They go out by themselves, in the order they were written.";
}

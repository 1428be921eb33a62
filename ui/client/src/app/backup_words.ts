// What an import would do, and has done, in words.
import type { Done, Plan, Tally } from "../../../../sync/client/src/backup";
import { plural } from "./text";

export interface Said {
  readonly tone: "" | "info" | "ok" | "warn" | "danger";
  readonly icon: string;
  readonly text: string;
}

const nouns = { threads: "Threads", messages: "Messages", projects: "Projects", posts: "Documents and prompts", kv: "Settings", file_meta: "Names of files", notifications: "Notices" } as const;

const figure = (n: number): string => n.toLocaleString("en-GB");
const rows = (n: number): string => plural(n, "row", "rows");

export const writes = (t: Tally): number => t.added + t.changed + t.deleted;

/** Which file it is: "yard.or3.jsonl: 1,204 rows of Yard office, exported 18 November 2026". */
export function factsOf(plan: Plan, when: (seconds: number) => string): string {
  const { head } = plan;
  const what = head.kind === "unsent" ? `${plural(plan.rows, "change", "changes")} that had not been sent` : rows(plan.rows);
  return `${plan.file}: ${what}${head.workspace === "" ? "" : ` of ${head.workspace}`}${head.exportedAt === 0 ? "" : `, exported ${when(head.exportedAt)}`}`;
}

export interface Count {
  readonly name: string;
  readonly added: string;
  readonly changed: string;
  readonly deleted: string;
  readonly kept: string;
}

/** The rows of the table: each kind that the file or the workspace has. */
export function countsOf(plan: Plan): Count[] {
  const count = (name: string, t: Tally): Count => ({ name, added: figure(t.added), changed: figure(t.changed), deleted: figure(t.deleted), kept: figure(t.same + t.newer) });
  const kinds = (Object.keys(nouns) as (keyof typeof nouns)[]).filter((k) => writes(plan.tallies[k]) + plan.tallies[k].same + plan.tallies[k].newer > 0);
  const all = kinds.map((k) => count(nouns[k], plan.tallies[k]));
  return kinds.length > 1 ? [...all, count("Together", plan.total)] : all;
}

/** What the button does, "" when there is nothing to do. */
export function doing(plan: Plan): string {
  const { added, changed, deleted } = plan.total;
  if (plan.refusal !== "" || writes(plan.total) === 0) return "";
  if (plan.mode === "append") return changed === 0 ? `Append ${rows(added)}` : added === 0 ? `Change ${rows(changed)}` : `Append ${rows(added)}, change ${figure(changed)}`;
  const parts = [added > 0 ? `add ${figure(added)}` : "", changed > 0 ? `change ${figure(changed)}` : "", deleted > 0 ? `delete ${figure(deleted)}` : ""].filter((p) => p !== "");
  return `Replace: ${parts.join(", ")}…`;
}

/** What somebody should know before they decide. */
export function noticesOf(plan: Plan, site: string, local: boolean): Said[] {
  const said: Said[] = [];
  const say = (tone: Said["tone"], icon: string, text: string): void => void said.push({ tone, icon, text });
  const everyone = local ? "" : `, for everyone in ${site}`;
  if (plan.refusal === "unsent") say("danger", "ban", "This file holds only changes that had not been sent, not a whole workspace. Replacing by it would delete everything else. Choose Append.");
  if (plan.refusal === "cut") say("danger", "ban", "The file is cut off: its end is missing, or lines of it are. Replacing by it would delete what the missing lines held. Choose Append for what is there, or find a whole copy.");
  if (plan.refusal === "broken") say("danger", "ban", "Lines of the file cannot be taken, and replacing would delete what they held. Choose Append for the others, or find a whole copy.");
  if (plan.refusal === "" && plan.total.deleted > 0) say("danger", "triangle-alert", `${rows(plan.total.deleted)} that ${plan.total.deleted === 1 ? "is" : "are"} not in the file ${plan.total.deleted === 1 ? "is" : "are"} deleted here${everyone}. Export what is here first if you may want it back.`);
  if (plan.foreign) say("warn", "triangle-alert", plan.head.workspace === "" || plan.head.workspace === site ? "The file comes from another workspace." : `The file comes from another workspace, ${plan.head.workspace}.`);
  if (plan.refusal === "" && plan.whole === "cut") say("warn", "triangle-alert", "The file is cut off: its end is missing, or lines of it are. What is there can be appended.");
  if (plan.whole === "edited") say("warn", "triangle-alert", "The file was changed after it was exported: its sum does not agree. That is fine if you changed it yourself.");
  if (plan.total.newer > 0) say("", "info", `${plural(plan.total.newer, "row differs from a newer one here, which stays", "rows differ from newer ones here, which stay")}.`);
  if (plan.back > 0) say("", "info", `${plural(plan.back, "row that was deleted here comes", "rows that were deleted here come")} back.`);
  if (plan.renamed > 0) say("", "info", `${plural(plan.renamed, "row gets", "rows get")} a new id, because ${plan.renamed === 1 ? "its id belongs" : "their ids belong"} to something else here. Nothing here is overwritten by them.`);
  if (plan.authors > 0) say("", "info", `${plural(plan.authors, "message or thread of somebody else comes", "messages and threads of others come")} in under your name, because nobody can write in another’s. Who made ${plan.authors === 1 ? "it" : "them"} is kept beside.`);
  const files = plan.refusal === "" ? plan.tallies.file_meta.added : 0;
  if (files > 0) say("", "info", `Of ${plural(files, "file", "files")} only the ${files === 1 ? "name comes" : "names come"} in: a backup has no attached files. What this device${local ? "" : " or the server"} still has opens; attach the others again.`);
  const left = leftOut(plan);
  if (left !== "") say("", "info", left);
  if (plan.refusal === "" && writes(plan.total) === 0) {
    if (plan.brokenCount > 0) say("warn", "triangle-alert", `${plural(plan.brokenCount, "line", "lines")} of the file cannot be taken. ${plan.rows === 0 ? "There is nothing else in it to import." : "Everything else in it is here already."}`);
    else say("ok", "check", plan.rows === 0 ? "There is nothing in the file to import." : "Everything in the file is here already. There is nothing to do.");
  }
  return said;
}

function leftOut({ left }: Plan): string {
  const parts = [
    left.others > 0 ? `${rows(left.others)} that ${left.others === 1 ? "belongs" : "belong"} to other people alone` : "",
    left.server > 0 ? `${rows(left.server)} that only the server writes` : "",
    left.device > 0 ? `${rows(left.device)} of one device` : "",
    left.elsewhere > 0 ? `${plural(left.elsewhere, "change", "changes")} of other workspaces` : "",
    left.deletions > 0 ? `${plural(left.deletions, "deletion", "deletions")}` : "",
  ].filter((p) => p !== "");
  return parts.length === 0 ? "" : `Left out: ${parts.join("; ")}.`;
}

/** What became of it. */
export function outcomeOf(plan: Plan, done: Done, local: boolean): Said[] {
  const { added, changed, deleted } = done.total;
  const parts = [added > 0 ? `${rows(added)} added` : "", changed > 0 ? `${rows(changed)} changed` : "", deleted > 0 ? `${rows(deleted)} deleted` : ""].filter((p) => p !== "").join(", ");
  const said: Said[] = [];
  if (done.stopped) said.push({ tone: "warn", icon: "triangle-alert", text: `Stopped after ${figure(writes(done.total))} of ${rows(writes(plan.total))}: ${parts === "" ? "nothing was written" : parts}. What is in stays in. Check the file again to go on; nothing comes in twice.` });
  else if (parts === "" && done.meanwhile === 0) said.push({ tone: "ok", icon: "check", text: "Nothing was written: all of it has come in since the file was checked, by another tab or another device." });
  else said.push({ tone: "ok", icon: "check", text: `Imported: ${parts === "" ? "nothing was written" : parts}.${local || parts === "" ? "" : " It goes out to the server by itself."}` });
  if (done.meanwhile > 0) said.push({ tone: "warn", icon: "triangle-alert", text: `${plural(done.meanwhile, "row was", "rows were")} written by somebody since the file was checked, and ${done.meanwhile === 1 ? "stays" : "stay"} as ${done.meanwhile === 1 ? "it is" : "they are"}. Check the file again if it should win.` });
  return said;
}

// What stands above the pages of a workspace that the person is no member of any
// more. Pure, so that every case can be tested.
import { plural } from "./text.js";
import type { Banner, State } from "./sync_words.js";

/** Who was removed loses what only this device has, sooner or later: an export has changes and drafts, a file is saved as it is. */
export function removedBanner(s: State, href: string, drafts = 0): Banner | undefined {
  if (s.phase !== "removed") return undefined;
  const [did, unsaved] = [(s.acts ?? s.pending) + s.failed, s.files ?? 0];
  const told = "You are no longer a member here.";
  const all = did + unsaved + drafts;
  if (all === 0) return { tone: "danger", icon: "user-minus", text: `${told} This device removes what it has of the workspace.` };
  const how = did + drafts === 0 ? "Save" : unsaved === 0 ? "Export" : "Export and save";
  const words = [
    told, ...(did > 0 ? [`${plural(did, "change waits", "changes wait")} here.`] : []), ...(drafts > 0 ? [`${plural(drafts, "draft is", "drafts are")} on this device only.`] : []), ...(unsaved > 0 ? [`${plural(unsaved, "file is", "files are")} not uploaded.`] : []),
    `${how} ${all === 1 ? "it" : "them"} before this device removes the workspace.`,
  ];
  return { tone: "danger", icon: "user-minus", text: words.join(" "), link: { label: `${did + drafts === 0 ? "See" : "See and export"} what waits`, href } };
}

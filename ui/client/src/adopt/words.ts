// What is said of what somebody wrote in this browser without an account. Pure,
// so that every case can be tested.
import { plural } from "../app/text";

export interface AdoptWords {
  readonly offer: string;
  /** Once it is done; `rows` and so many drafts came along, and some drafts found no room. */
  taken(rows: number, drafts: { readonly moved: number; readonly left: number }): string;
  /** It broke off, after the rows came along or before anything did. */
  broken(rowsTaken: boolean): string;
}

/** `rows` are things that are stored in this browser, `drafts` what was typed and not sent. */
export function adoptWords(rows: number, drafts: number, workspace: string): AdoptWords {
  const what = [...(rows > 0 ? [plural(rows, "thing", "things")] : []), ...(drafts > 0 ? [plural(drafts, "draft", "drafts")] : [])].join(" and ");
  const seen = rows === 0 ? `, where ${drafts === 1 ? "it stays" : "they stay"} yours alone` : `, where its members will see ${rows === 1 ? "it" : "them"}${drafts > 0 ? "; drafts stay yours alone" : ""}`;
  return {
    offer: `This browser has ${what} you wrote without an account. You can take ${rows + drafts === 1 ? "it" : "them"} into ${workspace}${seen}.`,
    taken: (n, { moved, left }) => {
      const parts = [...(n > 0 || moved + left === 0 ? [`${plural(n, "thing is", "things are")} in ${workspace} now`] : []), ...(moved > 0 ? [`${plural(moved, "draft waits", "drafts wait")} for you to go on`] : [])];
      const full = left === 0 ? "" : `${plural(left, "draft", "drafts")} found no room in this browser. ${left === 1 ? "It stays where it was" : "They stay where they were"}; make room, then load the page again.`;
      return [...(parts.length > 0 ? [`Taken along: ${parts.join(", and ")}.`] : []), ...(full === "" ? [] : [full])].join(" ");
    },
    broken: (rowsTaken) => rowsTaken
      ? `What you wrote is in ${workspace} now, but not all of its files: they are still in this browser. Make room on this device, then load the page again.`
      : "It could not be taken along just now. It is still in this browser; load the page again to try once more.",
  };
}

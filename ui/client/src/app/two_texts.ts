// Documents of which two texts wait for a choice, in a line above the pages: the
// other text may have come while their page was not open.
import { draftAddress, type KeptDraft } from "./draft_list";
import { postTitle } from "./document_write";
import { preview } from "./text";

export interface Asking {
  readonly text: string;
  readonly link: { readonly label: string; readonly href: string };
}

/** `here` is the path of the page: its own question stands on it. `waits` leads to what waits. Undefined = nothing to choose. */
export function askingOf(drafts: readonly KeptDraft[], here: string, waits: string): Asking | undefined {
  const asked = drafts.filter((d) => d.kind === "document" && d.asked && draftAddress(d, true) !== here);
  const [first] = asked;
  if (first === undefined) return undefined;
  if (asked.length > 1) return { text: `${asked.length} documents have two texts each: yours, and one that another device saved meanwhile. Both are kept until you choose.`, link: { label: "See what waits", href: waits } };
  const name = preview(first.title.trim() || postTitle({ title: "", post_type: first.prompt ? "prompt" : "markdown" }), 60);
  return { text: `“${name}” has two texts: yours, and one that another device saved meanwhile. Both are kept until you choose.`, link: { label: "Choose", href: draftAddress(first, true) } };
}

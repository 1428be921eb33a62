// Where the browser keeps what was typed and is not stored yet: each person's
// drafts apart, so that nobody who signs in later sees them.

/** How the keys of all drafts of a person begin, "" being the one without an account. */
export const draftsOf = (person: string): string => `or3-draft:${person}:`;

/** The same for the person this page is for. */
export const myDrafts = (): string => draftsOf(document.body.dataset["user"] ?? "");

/** The keys of a person's drafts with words in them, of one workspace. Closed storage has none. */
export function draftKeysOf(workspace: string, begin = myDrafts()): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(begin) && key.includes(workspace) && /"(title|text|content)":"\s*[^"\s]/.test(localStorage.getItem(key) ?? ""));
  } catch {
    return [];
  }
}

/** The key of a document's draft. */
export const draftKey = (workspace: string, id: string): string => `${myDrafts()}document:${workspace}:${id}`;

/** Whether a document has text here that the server does not have. */
export function hasDraft(workspace: string, id: string): boolean {
  try {
    return localStorage.getItem(draftKey(workspace, id)) !== null;
  } catch {
    return false;
  }
}

/** Drafts that an earlier version of the app kept without saying whose they are belong to the person who used it last. */
export function claimDrafts(person: string): void {
  try {
    for (const key of Object.keys(localStorage)) {
      const [, what] = /^or3-draft:(\/.*|document:.*)/s.exec(key) ?? [];
      if (what === undefined) continue;
      localStorage.setItem(draftsOf(person) + what, localStorage.getItem(key) ?? "");
      localStorage.removeItem(key);
    }
  } catch {
    // Closed or full: they stay as they are.
  }
}

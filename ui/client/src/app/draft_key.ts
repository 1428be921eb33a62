// Where the browser keeps what was typed into a document.

/** The key of a document's draft. The beginning is that of all drafts, so that leaving the device drops these, too. */
export const draftKey = (workspace: string, id: string): string => `or3-draft:document:${workspace}:${id}`;

/** Whether a document has text here that the server does not have. */
export function hasDraft(workspace: string, id: string): boolean {
  try {
    return localStorage.getItem(draftKey(workspace, id)) !== null;
  } catch {
    return false;
  }
}

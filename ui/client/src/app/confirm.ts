// Asks before what cannot be undone, with the server's own dialog.
import { clone } from "./blueprint";

/** What a deletion leaves, where there is a server. */
export const backFor30Days = globalThis.OR3_LOCAL === true ? "" : "For 30 days, owners and editors can bring it back under Admin, Sync.";

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly keep: string;
  readonly do: string;
}

export function confirmFirst(q: Question, then: () => void): void {
  document.getElementById("app-confirm")?.remove();
  const dialog = clone("confirm", { title: q.title, text: q.text, keep: q.keep, do: q.do, href: "/" });
  if (!(dialog instanceof HTMLDialogElement)) return;
  const back = document.activeElement;
  document.body.append(dialog);
  dialog.querySelector("form")?.addEventListener("submit", (e) => {
    e.preventDefault();
    dialog.close();
    then();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  });
  dialog.showModal();
}

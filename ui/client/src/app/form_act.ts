// What pages that load later do with forms.
import type { Context } from "./page";
import { showRefusal } from "./refusal";
import { Refused } from "./thread_write";

/** Runs what a form asks for. A refusal stands beside its field; false = it was not done. */
export async function tryForm(context: Context, form: HTMLFormElement, work: () => Promise<void>): Promise<boolean> {
  showRefusal(form, undefined);
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Refused) showRefusal(form, error);
    else context.fail(error);
    return false;
  }
}

/** What stands in a field of a form. */
export function textIn(form: HTMLFormElement, name: string): string {
  const v = new FormData(form).get(name);
  return typeof v === "string" ? v : "";
}

/** The path a form is sent to, whatever the app's files are called. */
export const pathOf = (form: HTMLFormElement): string => new URL(form.getAttribute("action") ?? "", location.origin).pathname;

/** A page of one pane keeps the bar with the menu above it on a phone. */
export function showBar(): void {
  document.body.classList.remove("pane-read-shown");
  document.body.classList.add("pane-list-shown");
}

// What stands where nothing is: the six kinds of the design.
import { icon } from "../dom";
import { clone } from "./blueprint";

export interface EmptyWords {
  readonly kind: "nothing-yet" | "no-match" | "not-allowed" | "failed" | "not-on-device" | "all-done";
  readonly icon: string;
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; readonly href: string; readonly icon?: string; readonly primary?: boolean };
}

export function empty(words: EmptyWords): HTMLElement {
  const { action } = words;
  const e = clone("empty", { title: words.title, text: words.text, label: action?.label ?? "", href: action?.href ?? "/" });
  e.dataset["kind"] = words.kind;
  e.querySelector(":scope > .icon")?.replaceWith(icon(words.icon, "l"));
  const link = e.querySelector(".actions a");
  if (action === undefined) e.querySelector(".actions")?.remove();
  else if (link !== null) {
    link.classList.toggle("btn-primary", action.primary === true);
    const drawn = link.querySelector(".icon");
    if (action.icon === undefined) drawn?.remove();
    else drawn?.replaceWith(icon(action.icon));
  }
  return e;
}

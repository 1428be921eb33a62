// Puts a page's panes into #main, next to the notices that are the frame's.
import { morphChildren } from "./morph";

export function showPanes(main: HTMLElement, panes: DocumentFragment): void {
  const notices = document.createElement("div");
  notices.id = "notices";
  notices.className = "notices";
  notices.setAttribute("aria-live", "polite");
  notices.dataset["owned"] = "";
  main.querySelector(":scope > #notices")?.setAttribute("data-owned", "");
  panes.prepend(notices);
  morphChildren(main, panes);
}

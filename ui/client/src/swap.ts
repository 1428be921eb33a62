// What pages need around htmx swaps: busy regions, focus, and words for the
// case that no answer came.
import { watchPresses, whenLetGo, whenStill } from "./app/still";
import { icon, make } from "./dom";

/** The element a htmx event is about to change, read from its detail. */
function targetOf(e: Event): Element | null {
  const detail: unknown = e instanceof CustomEvent ? e.detail : undefined;
  if (typeof detail !== "object" || detail === null || !("ctx" in detail)) return null;
  const ctx: unknown = detail.ctx;
  if (typeof ctx !== "object" || ctx === null || !("target" in ctx)) return null;
  const target: unknown = ctx.target;
  if (typeof target === "string") return document.querySelector(target);
  return target instanceof Element ? target : null;
}

/** A region that keeps itself up to date: nobody asked, so nothing moves but its words. */
const polls = (e: Event): boolean => targetOf(e)?.matches("[data-poll]") === true;

export function startSwaps(): void {
  watchPresses();
  document.addEventListener("or3:notice", (e) => {
    const box: unknown = e instanceof CustomEvent ? e.detail : undefined;
    if (!(box instanceof HTMLElement)) return;
    e.preventDefault();
    whenStill(box, () => document.getElementById("notices")?.append(box));
  });
  const bar = document.getElementById("progress-top");
  document.addEventListener("htmx:before:request", (e) => {
    if (polls(e)) {
      if (document.hidden) e.preventDefault();
      return;
    }
    targetOf(e)?.setAttribute("aria-busy", "true");
    bar?.removeAttribute("hidden");
  });
  document.addEventListener("htmx:finally:request", () => {
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    bar?.setAttribute("hidden", "");
  });
  document.addEventListener("htmx:after:swap", (e) => {
    const region = targetOf(e);
    if (region === null || polls(e)) return;
    const wanted = region.querySelector<HTMLElement>("[data-focus], [autofocus]");
    if (wanted !== null) wanted.focus();
    else if (document.activeElement === document.body) (region.querySelector<HTMLElement>("h1[tabindex]") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:error", (e) => {
    if (polls(e)) return; // it says as of when it is
    // Nothing came back: the server is away or took too long.
    const notices = document.getElementById("notices");
    const again = make("a", "", "Load again");
    again.href = location.href;
    const box = make("div", "notice notice-danger", icon("unplug"), make("p", "notice-text", "The server did not answer. What you wrote is still on this page."), again);
    whenLetGo("no answer", () => notices?.replaceChildren(box));
  });
  // A page that came back with errors: the summary says so first.
  document.querySelector<HTMLElement>("[data-focus]:not([data-sample] *)")?.focus();
}

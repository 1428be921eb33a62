// Widgets keep themselves fresh, except while somebody is at work in them, and say
// so when the server gave no answer.
import { icon, make } from "../dom";

/** The widget's part that a request of htmx is about to change. */
function bodyOf(e: Event): HTMLElement | undefined {
  const detail: unknown = e instanceof CustomEvent ? e.detail : undefined;
  if (typeof detail !== "object" || detail === null || !("ctx" in detail)) return undefined;
  const ctx: unknown = detail.ctx;
  if (typeof ctx !== "object" || ctx === null || !("target" in ctx)) return undefined;
  return ctx.target instanceof HTMLElement && ctx.target.matches(".widget-body") ? ctx.target : undefined;
}

export function startWidgets(): void {
  document.addEventListener("htmx:before:request", (e) => {
    const body = bodyOf(e);
    if (body?.querySelector("dialog[open], :is(input, select, textarea):focus") != null) e.preventDefault();
  });
  document.addEventListener("htmx:error", (e) => {
    const body = bodyOf(e);
    if (body === undefined || body.querySelector(".widget-view .blocks") !== null) return; // it says as of when it is
    const again = make("button", "btn btn-small", icon("rotate-cw", "s"), "Try again");
    again.type = "button";
    again.addEventListener("click", () => {
      body.setAttribute("aria-busy", "true");
      body.closest(".widget")?.dispatchEvent(new Event("load"));
    });
    const text = make("div", "plugin-failed-text", make("p", "strong", "The server did not answer."), make("p", "actions", again));
    const box = make("div", "plugin-failed", icon("unplug"), text);
    box.setAttribute("role", "status");
    body.replaceChildren(box);
  });
}

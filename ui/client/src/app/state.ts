// The mark of what is not on the server yet: a glyph and words.
import { icon, make } from "../dom";

export function stateIcon(state: "waiting" | "failed"): HTMLElement {
  const e = make("span", `thread-mark unsent-${state}`, icon(state === "failed" ? "circle-alert" : "clock", "s"), make("span", "sr", state === "failed" ? "Not sent" : "Waiting to send"));
  return e;
}

/** The state beside a message; a refused one leads to what can be done about it. */
export function messageState(state: "waiting" | "failed", waits: string): HTMLElement {
  if (state === "waiting") return make("span", "state message-state unsent-waiting", icon("clock", "s"), "Waiting to send");
  const again = make("a", "", "Not sent. See why");
  again.href = waits;
  return make("span", "state message-state tone-danger unsent-failed", icon("circle-alert", "s"), again);
}

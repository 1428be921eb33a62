// Toasts say what worked and could be missed. Errors never come here.
import { icon, make } from "./dom";

const lives = 7000;

export function toast(text: string): void {
  const region = document.getElementById("toasts");
  if (region === null) return;
  const close = make("button", "btn btn-quiet btn-icon btn-small", icon("x", "s"));
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  const box = make("div", "toast", icon("check"), make("span", "", text), close);
  let timer = 0;
  const leave = (): void => box.remove();
  const wait = (): void => { timer = window.setTimeout(leave, lives); };
  const hold = (): void => window.clearTimeout(timer);
  close.addEventListener("click", leave);
  box.addEventListener("pointerenter", hold);
  box.addEventListener("pointerleave", wait);
  box.addEventListener("focusin", hold);
  box.addEventListener("focusout", wait);
  region.append(box);
  wait();
}

export function startToasts(): void {
  // The server sends HX-Trigger: {"or3:toast":"Saved 14:31"}.
  document.addEventListener("or3:toast", (e) => {
    const detail: unknown = e instanceof CustomEvent ? e.detail : undefined;
    if (typeof detail === "object" && detail !== null && "value" in detail && typeof detail.value === "string") toast(detail.value);
  });
  document.addEventListener("click", (e) => {
    const button = e.target instanceof Element ? e.target.closest("[data-toast]") : null;
    if (button instanceof HTMLElement) toast(button.dataset["toast"] ?? "");
  });
}

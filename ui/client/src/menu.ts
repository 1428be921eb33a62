// Menus are <details>: they open and close by themselves. This adds arrow keys,
// type-ahead, Esc that returns focus, and closing when focus leaves.
import { around, shown } from "./dom";

const close = (menu: HTMLDetailsElement, focus: boolean): void => {
  menu.open = false;
  if (focus) menu.querySelector("summary")?.focus();
};

export function startMenus(): void {
  document.addEventListener("keydown", (e) => {
    const menu = around(e.target, "details[data-menu]", HTMLDetailsElement);
    if (menu === null || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape" && menu.open) {
      e.preventDefault();
      close(menu, true);
      return;
    }
    const onSummary = e.target instanceof Element && e.target.closest("summary") !== null;
    if (onSummary && (e.key === "ArrowDown" || e.key === "ArrowUp")) menu.open = true;
    if (!menu.open) return;
    const items = shown(menu, ".menu-item");
    const at = items.findIndex((i) => i === document.activeElement);
    const go = nextItem(e.key, at, items);
    if (go === undefined) return;
    e.preventDefault();
    items[go]?.focus();
  });

  document.addEventListener("focusout", (e) => {
    const menu = around(e.target, "details[data-menu][open]", HTMLDetailsElement);
    // A press on nothing gives no related target; the summary's cover handles it.
    if (menu !== null && e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) close(menu, false);
  });

  // What a menu starts (a dialog, an htmx swap) should not stay covered by it.
  document.addEventListener("click", (e) => {
    const item = around(e.target, ".menu-item", HTMLElement);
    const menu = around(item, "details[data-menu][open]", HTMLDetailsElement);
    if (menu !== null && item !== null && item.getAttribute("aria-disabled") !== "true") {
      queueMicrotask(() => close(menu, item.hasAttribute("commandfor") || item.closest("form") !== null));
    }
  });
}

function nextItem(key: string, at: number, items: readonly HTMLElement[]): number | undefined {
  const last = items.length - 1;
  switch (key) {
    case "ArrowDown":
      return at < 0 || at === last ? 0 : at + 1;
    case "ArrowUp":
      return at <= 0 ? last : at - 1;
    case "Home":
      return at < 0 ? undefined : 0;
    case "End":
      return at < 0 ? undefined : last;
  }
  if (at < 0 || key.length !== 1 || key === " ") return undefined;
  for (let step = 1; step <= items.length; step++) {
    const i = (at + step) % items.length;
    const label = items[i]?.querySelector(".menu-label")?.textContent ?? "";
    if (label.trim().toLowerCase().startsWith(key.toLowerCase())) return i;
  }
  return undefined;
}

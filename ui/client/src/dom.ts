// Small helpers around the document.

/** Makes an element with a class and children. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (className !== "") e.className = className;
  e.append(...children);
  return e;
}

/** Draws an icon of the sprite, whose address stands on the facts. */
export function icon(name: string, size = ""): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", size === "" ? "icon" : "icon icon-" + size);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", (document.getElementById("or3-facts")?.dataset["icons"] ?? "") + "#" + name);
  svg.append(use);
  return svg;
}

/** The nearest element around an event's target that fits, typed. */
export function around<T extends Element>(target: EventTarget | null, selector: string, kind: new () => T): T | null {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof kind ? found : null;
}

/** Whether an element takes text, so that single keys belong to it. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "reset"].includes(target.type);
}

/** Visible elements that fit, in page order. */
export const shown = (root: ParentNode, selector: string): HTMLElement[] =>
  Array.from(root.querySelectorAll<HTMLElement>(selector)).filter((e) => e.getClientRects().length > 0);

export const onMac = (): boolean => /mac|iphone|ipad/i.test(navigator.platform);

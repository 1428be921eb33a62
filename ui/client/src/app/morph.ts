// Brings what is on the page to what it should be with as few changes as
// possible: focus, scrolling, open menus and typed text stay.

/** Elements a script of ours looks after; morphing leaves their inside alone. */
const owned = "[data-owned]";

/** Makes the children of `from` those of `to`. `to` is used up. */
export function morphChildren(from: Element, to: Element | DocumentFragment): void {
  let at: ChildNode | null = from.firstChild;
  const byId = new Map<string, Element>();
  for (const c of Array.from(from.children)) if (c.id !== "") byId.set(c.id, c);
  for (const wanted of Array.from(to.childNodes)) {
    const known: Element | undefined = wanted instanceof Element && wanted.id !== "" ? byId.get(wanted.id) : undefined;
    if (known !== undefined && known.parentNode === from && same(known, wanted)) {
      if (known === at) at = at.nextSibling;
      else if (known.contains(document.activeElement)) at = stepOver(at, known);
      else from.insertBefore(known, at);
      morph(known, wanted);
      continue;
    }
    if (wanted instanceof Element) at = pastSpace(at, wanted);
    if (at !== null && same(at, wanted)) {
      const next: ChildNode | null = at.nextSibling;
      morph(at, wanted);
      at = next;
      continue;
    }
    from.insertBefore(wanted, at);
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Puts what stands before an element behind it: an element that is moved itself loses the focus. */
function stepOver(at: ChildNode | null, known: Element): ChildNode | null {
  const before: ChildNode[] = [];
  for (let n = at; n !== null && n !== known; n = n.nextSibling) before.push(n);
  known.after(...before);
  return known.nextSibling;
}

/** Leaves out white space that stands between here and the element that is meant. */
function pastSpace(at: ChildNode | null, wanted: Element): ChildNode | null {
  let to = at;
  while (to instanceof Text && to.data.trim() === "") to = to.nextSibling;
  if (to === null || to === at || !same(to, wanted)) return at;
  for (let n = at; n !== to && n !== null; ) {
    const next: ChildNode | null = n.nextSibling;
    n.remove();
    n = next;
  }
  return to;
}

/** Whether one node can become another. */
function same(a: Node, b: Node): boolean {
  if (a.nodeType !== b.nodeType || a.nodeName !== b.nodeName) return false;
  if (!(a instanceof Element) || !(b instanceof Element)) return true;
  return a.id === b.id && a.getAttribute("data-slot") === b.getAttribute("data-slot") && a.getAttribute("data-key") === b.getAttribute("data-key");
}

export function morph(from: Node, to: Node): void {
  if (from instanceof CharacterData && to instanceof CharacterData) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (!(from instanceof Element) || !(to instanceof Element)) return;
  morphAttributes(from, to);
  if (from instanceof HTMLTextAreaElement) return; // its text is the person's
  if (from.matches(owned) && to.matches(owned)) return;
  morphChildren(from, to);
}

function morphAttributes(from: Element, to: Element): void {
  for (const a of Array.from(from.attributes)) {
    if (to.hasAttribute(a.name) || stays(from, a.name)) continue;
    from.removeAttribute(a.name);
  }
  for (const a of Array.from(to.attributes)) {
    if (a.name === "value" && from instanceof HTMLInputElement && from.type !== "hidden") {
      if (document.activeElement !== from && from.value === from.defaultValue) from.value = a.value;
      continue;
    }
    if (from.getAttribute(a.name) !== a.value) from.setAttribute(a.name, a.value);
  }
}

/** What the person or another script has set on an element stays. */
function stays(e: Element, name: string): boolean {
  if (name === "tabindex") return e === document.activeElement; // without it the focus would fall to nobody
  if (name === "open") return e instanceof HTMLDetailsElement || e instanceof HTMLDialogElement;
  return name === "style" && e instanceof HTMLTextAreaElement;
}

/**
 * Keeps a container's children in step with a list. An element is made anew only
 * when its signature changed, and then it is morphed into the one that stands.
 */
export class Keyed<T> {
  readonly #elements = new Map<string, { element: HTMLElement; signature: string }>();

  constructor(
    readonly container: HTMLElement,
    private readonly of: { key(item: T): string; signature(item: T, index: number): string; make(item: T, index: number): HTMLElement },
  ) {}

  has(key: string): boolean {
    return this.#elements.has(key);
  }

  show(items: readonly T[]): void {
    const left = new Set(this.#elements.keys());
    let at: Element | null = this.container.firstElementChild;
    items.forEach((item, index) => {
      const key = this.of.key(item);
      const signature = this.of.signature(item, index);
      let known = this.#elements.get(key);
      if (known === undefined) {
        // What the server drew is taken over where it has the same id.
        const fresh = this.of.make(item, index);
        const drawn = fresh.id === "" ? null : this.container.querySelector<HTMLElement>(`:scope > #${CSS.escape(fresh.id)}`);
        if (drawn !== null) morph(drawn, fresh);
        known = { element: drawn ?? fresh, signature };
        this.#elements.set(key, known);
      } else if (known.signature !== signature) {
        morph(known.element, this.of.make(item, index));
        known.signature = signature;
      }
      left.delete(key);
      if (known.element === at) at = at.nextElementSibling;
      else this.container.insertBefore(known.element, at);
    });
    for (const key of left) {
      this.#elements.get(key)?.element.remove();
      this.#elements.delete(key);
    }
    // What stands after the last one is nobody's (the server's page had more).
    while (at !== null) {
      const next: Element | null = at.nextElementSibling;
      at.remove();
      at = next;
    }
  }
}

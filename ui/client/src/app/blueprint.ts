// Blueprints are the server's own template blocks, rendered once with tokens
// (__title__) where a person's data goes. They are cloned, their tokens filled,
// and their optional parts (data-slot) kept, replaced or removed.

import { hrefOf, segment } from "./router";

/** What stands for a token. Text is text: nothing here is ever read as markup. */
export type Values = Readonly<Record<string, string>>;
/** A part is removed (false), kept (true), given new content, or changed by a function. */
export type Part = boolean | string | Node | readonly Node[] | ((e: HTMLElement) => void);
export type Parts = Readonly<Record<string, Part>>;

interface Place {
  readonly element: number; // -1 = a text node
  readonly text: number;
  readonly name: string;
  readonly pattern: string;
}

interface Compiled {
  readonly content: DocumentFragment;
  readonly places: readonly Place[];
}

const compiled = new Map<string, Compiled>();
const token = /__([a-z_]+?)__/g;
const addresses = new Set(["href", "action", "hx-get", "hx-post"]);

/** Takes every template of a document over as a blueprint. */
export function adoptBlueprints(from: ParentNode): number {
  let n = 0;
  for (const t of from.querySelectorAll<HTMLTemplateElement>("template[id^=bp-]")) {
    compiled.set(t.id.slice(3), compile(document.importNode(t.content, true)));
    n++;
  }
  return n;
}

export const hasBlueprint = (name: string): boolean => compiled.has(name);

function compile(content: DocumentFragment): Compiled {
  const places: Place[] = [];
  const elements = Array.from(content.querySelectorAll("*"));
  elements.forEach((e, element) => {
    for (const a of Array.from(e.attributes)) if (a.value.includes("__")) places.push({ element, text: -1, name: a.name, pattern: a.value });
  });
  textsOf(content).forEach((t, text) => {
    if (t.data.includes("__")) places.push({ element: -1, text, name: "", pattern: t.data });
  });
  return { content, places };
}

function textsOf(root: Node): Text[] {
  const out: Text[] = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n !== null; n = walk.nextNode()) if (n instanceof Text) out.push(n);
  return out;
}

/** Clones a blueprint of several top elements. */
export function cloneAll(name: string, values: Values = {}, parts: Parts = {}): DocumentFragment {
  const of = compiled.get(name);
  if (of === undefined) throw new Error(`There is no blueprint ${name}.`);
  const copy = document.importNode(of.content, true);
  fillPlaces(copy, of.places, values);
  fillParts(copy, parts);
  return copy;
}

/** Clones a blueprint of one top element. */
export function clone(name: string, values: Values = {}, parts: Parts = {}): HTMLElement {
  const root = cloneAll(name, values, parts).firstElementChild;
  if (!(root instanceof HTMLElement)) throw new Error(`The blueprint ${name} is empty.`);
  return root;
}

function fillPlaces(copy: DocumentFragment, places: readonly Place[], values: Values): void {
  if (places.length === 0) return;
  const elements = copy.querySelectorAll("*");
  const texts = places.some((p) => p.text >= 0) ? textsOf(copy) : [];
  for (const p of places) {
    const address = addresses.has(p.name);
    const filled = p.pattern.replace(token, (whole, key: string, at: number) => {
      const value = values[key];
      if (value === undefined) return whole;
      return address && key !== "href" ? (p.pattern[at - 1] === "/" ? segment : encodeURIComponent)(value) : value;
    });
    if (p.element >= 0) elements[p.element]?.setAttribute(p.name, p.name === "href" ? hrefOf(local(filled)) : address ? local(filled) : filled);
    else {
      const t = texts[p.text];
      if (t !== undefined) t.data = filled;
    }
  }
}

/** A token that stands for a whole address is written "/__href__" in the blueprint. */
const local = (address: string): string => (address.startsWith("//") ? address.slice(1) : address);

/** Applies parts by their data-slot. The first match of a name is meant. */
export function fillParts(root: ParentNode, parts: Parts): void {
  for (const [name, part] of Object.entries(parts)) {
    const e = root.querySelector<HTMLElement>(`[data-slot="${name}"]`);
    if (e === null || part === true) continue;
    if (part === false) e.remove();
    else if (typeof part === "function") part(e);
    else if (typeof part === "string") e.textContent = part;
    else if (part instanceof Node) e.replaceChildren(part);
    else e.replaceChildren(...part);
  }
}

/** The part of a name inside an element. */
export const slot = (root: ParentNode, name: string): HTMLElement | null => root.querySelector<HTMLElement>(`[data-slot="${name}"]`);

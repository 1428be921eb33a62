// What stands in a project, and in which order: the tree in its data, and the
// rows that name it. Read as the server reads it (docs/data-model.md).

export type EntryKind = "thread" | "post";

/** A thread or a post of a project. */
export interface Entry {
  readonly kind: EntryKind;
  readonly id: string;
}

export const maxEntries = 1000;

/** An entry's name in forms: "thread:<id>". */
export const keyOf = (e: Entry): string => `${e.kind}:${e.id}`;

export function entryOf(key: string): Entry | undefined {
  const [kind, ...rest] = key.split(":");
  const id = rest.join(":");
  return (kind === "thread" || kind === "post") && id !== "" ? { kind, id } : undefined;
}

const same = (a: Entry) => (b: Entry): boolean => a.kind === b.kind && a.id === b.id;

/**
 * Reads a project's data: a list of entries, or the same as JSON in a text;
 * entries may have children. What it does not know it leaves out.
 */
export function treeOf(data: unknown): Entry[] {
  const entries: Entry[] = [];
  const left: unknown[] = [];
  const plant = (nodes: unknown): void => {
    if (Array.isArray(nodes)) for (let i = nodes.length - 1; i >= 0; i--) left.push(nodes[i]);
  };
  plant(typeof data === "string" ? parsed(data) : data);
  while (left.length > 0 && entries.length < maxEntries) {
    const node = left.pop();
    if (typeof node !== "object" || node === null) continue;
    if ("kind" in node && "id" in node && typeof node.id === "string" && node.id !== "" && (node.kind === "thread" || node.kind === "post")) entries.push({ kind: node.kind, id: node.id });
    if ("children" in node) plant(node.children);
  }
  return entries;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What stands in a project. `homes` says of every row that is there which
 * project it names, "" for none; the row is right: what names another project is
 * not here, and what names this one and is missing in the tree comes last.
 */
export function standing(project: string, tree: readonly Entry[], homes: ReadonlyMap<string, string>): Entry[] {
  const found = new Map<string, Entry>();
  for (const e of tree) {
    const home = homes.get(keyOf(e));
    if (home === "" || home === project) found.set(keyOf(e), e);
  }
  for (const [key, home] of homes) {
    const e = entryOf(key);
    if (home === project && e !== undefined && !found.has(key)) found.set(key, e);
  }
  return Array.from(found.values());
}

export const withEntry = (tree: readonly Entry[], e: Entry): Entry[] => (tree.some(same(e)) ? [...tree] : [...tree, e]);
export const withoutEntry = (tree: readonly Entry[], e: Entry): Entry[] => tree.filter((x) => !same(e)(x));

/** Moves an entry by so many places, up when negative. */
export function moved(order: readonly Entry[], e: Entry, by: number): Entry[] {
  const at = order.findIndex(same(e));
  if (at < 0) return [...order];
  const rest = order.filter((_, i) => i !== at);
  const to = Math.min(Math.max(at + by, 0), rest.length);
  return [...rest.slice(0, to), e, ...rest.slice(to)];
}

/** Which entries stand below the one they were forked from. `parent` gives the id of that one. */
export function nested(order: readonly Entry[], parent: (e: Entry) => string): Set<string> {
  const under = new Set<string>();
  let above = "";
  for (const e of order) {
    if (above !== "" && parent(e) === above) under.add(keyOf(e));
    else above = e.id;
  }
  return under;
}

export interface ProjectTexts {
  readonly name: string;
  readonly description: string;
}

/** Texts as they are stored, or what is wrong with them and in which field. */
export function cleanProject(t: ProjectTexts): ProjectTexts | { readonly field: "name" | "description"; readonly message: string } {
  const name = t.name.trim().replace(/\s+/g, " ");
  const description = t.description.replaceAll("\r\n", "\n").trim();
  if (name === "") return { field: "name", message: "Give the project a name." };
  if (Array.from(name).length > 100) return { field: "name", message: "A name has at most 100 characters." };
  if (Array.from(description).length > 1000) return { field: "description", message: "A description has at most 1,000 characters." };
  if ((name + description).includes("\0")) return { field: "name", message: "The name or description holds characters that cannot be stored." };
  return { name, description };
}

/** The order of projects by name. */
export function byName(a: { readonly name: string; readonly id: string }, b: { readonly name: string; readonly id: string }): number {
  const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : a.id < b.id ? -1 : 1;
}

// Shortcuts as data: "mod+k", "shift+n", "?", "g m" (one after another).

/** The parts of a keyboard event that shortcuts look at. */
export interface Stroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Names a stroke the way the registry does; "" for a modifier by itself. */
export function nameOf(stroke: Stroke): string {
  const { key } = stroke;
  if (["Control", "Meta", "Alt", "Shift", "AltGraph", "Dead", "Process"].includes(key)) return "";
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  let name = key.length === 1 ? key.toLowerCase() : key.toLowerCase();
  // Shift is part of a letter's name; on other keys it is how one types them (?).
  if (stroke.shiftKey && (letter || key.length > 1)) name = "shift+" + name;
  if (stroke.altKey) name = "alt+" + name;
  if (stroke.ctrlKey || stroke.metaKey) name = "mod+" + name;
  return name;
}

/** Whether a shortcut is one that can be switched off: no Ctrl or Command in it. */
export const isSingle = (keys: string): boolean => !keys.includes("mod+");

/** Follows strokes and says which shortcut they complete. */
export class Strokes {
  #pending = "";
  #since = 0;

  /**
   * Takes a stroke at a time in milliseconds. A sequence must be finished within
   * 1.5 s; a stroke that continues nothing starts anew.
   */
  take(name: string, at: number, shortcuts: readonly string[]): string | undefined {
    if (name === "") return undefined;
    const continued = this.#pending !== "" && at - this.#since < 1500 ? this.#pending + " " + name : "";
    this.#pending = "";
    for (const candidate of [continued, name]) {
      if (candidate === "") continue;
      if (shortcuts.includes(candidate)) return candidate;
      if (shortcuts.some((s) => s.startsWith(candidate + " "))) {
        this.#pending = candidate;
        this.#since = at;
        return undefined;
      }
    }
    return undefined;
  }
}

/** The keycaps of a shortcut; an inner list is pressed together. */
export function caps(keys: string, mac: boolean): string[][] {
  const words: Record<string, string> = { mod: mac ? "⌘" : "Ctrl", shift: "Shift", alt: mac ? "⌥" : "Alt", escape: "Esc", enter: "Enter" };
  return keys.split(" ").map((part) => part.split("+").map((k) => words[k] ?? k.toUpperCase()));
}

// Avatars as the server draws them: initials on one of six hues.
import { sha256 } from "../../../../sync/client/src/store/sha256";

const hues = new Map<string, number>();

/** The colour class 1…6 of an id. */
export function hue(id: string): number {
  let known = hues.get(id);
  if (known === undefined) {
    known = (Number.parseInt(sha256(id).slice(0, 8), 16) % 6) + 1;
    hues.set(id, known);
  }
  return known;
}

/** The first letters of the first and last word of a name. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}\p{M}'’]+/u).filter((w) => /[\p{L}\p{N}]/u.test(w));
  const first = words[0];
  const last = words[words.length - 1];
  if (first === undefined || last === undefined) return "?";
  return words.length === 1 ? initial(first) : initial(first) + initial(last);
}

const initial = (word: string): string => (/[\p{L}\p{N}]/u.exec(word)?.[0] ?? "").toUpperCase();

/** Turns an avatar of a blueprint into a person's. */
export function dress(avatar: Element | null, id: string, name: string): void {
  if (avatar === null) return;
  avatar.className = avatar.className.replace(/hue-\d/, `hue-${hue(id)}`);
  avatar.textContent = initials(name);
}

export function avatar(id: string, name: string, size: "s" | "m" | "l"): HTMLElement {
  const e = document.createElement("span");
  e.className = `avatar avatar-${size} hue-${hue(id)}`;
  e.setAttribute("aria-hidden", "true");
  e.textContent = initials(name);
  return e;
}

// Theme and single-key shortcuts: kept in cookies the server reads, so that the
// next page is right from its first paint. Without scripts the same forms post.
import { around } from "./dom";
import type { Facts } from "./facts";

export type Theme = "system" | "light" | "dark";
const themes: readonly Theme[] = ["system", "light", "dark"];
export const isTheme = (s: unknown): s is Theme => themes.some((t) => t === s);

export interface Preferences {
  singleKeys(): boolean;
  setTheme(theme: Theme): void;
}

function keep(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${value === "" ? 0 : 31536000}; samesite=lax${secure}`;
}

export function startPreferences(facts: Facts): Preferences {
  let single = !facts.keysOff;

  const setKeys = (on: boolean): void => {
    single = on;
    keep("or3_keys", on ? "" : "off");
  };

  const setTheme = (theme: Theme): void => {
    keep("or3_theme", theme === "system" ? "" : theme);
    document.documentElement.dataset["theme"] = theme;
    document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", theme === "system" ? "light dark" : theme);
    for (const word of document.querySelectorAll("[data-theme-word]")) word.textContent = theme.charAt(0).toUpperCase() + theme.slice(1);
    for (const button of document.querySelectorAll<HTMLButtonElement>("form[data-theme-form] button[name=theme]")) button.ariaCurrent = button.value === theme ? "true" : null;
  };

  document.addEventListener("submit", (e) => {
    const form = around(e.target, "form[data-theme-form]", HTMLFormElement);
    if (form === null) return;
    const said = new FormData(form, e.submitter);
    const theme = said.get("theme");
    const keys = said.get("keys");
    if (!isTheme(theme)) return;
    e.preventDefault(); // a load would lose what stands in other forms
    setTheme(theme);
    if (keys !== null) setKeys(keys === "on");
    const menu = around(form, "details", HTMLDetailsElement);
    if (menu !== null) menu.open = false;
  });

  document.addEventListener("change", (e) => {
    if (e.target instanceof HTMLInputElement && e.target.id === "shortcuts-switch") setKeys(e.target.checked);
  });

  // Times are words of the server: it has to know where the reader is.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (/^[\w+/-]+$/.test(zone)) keep("or3_zone", zone);

  return { singleKeys: () => single, setTheme };
}

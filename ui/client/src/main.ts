// Everything here is enhancement: each page reads and works without it.
import { startCopying } from "./copy";
import { startDialogs } from "./dialog";
import { startDrafts } from "./draft";
import { readFacts } from "./facts";
import { startForms } from "./form";
import { startMenus } from "./menu";
import { startPalette } from "./palette";
import { startPreferences } from "./preferences";
import { startShortcuts } from "./shortcuts";
import { startSwaps } from "./swap";
import { startToasts } from "./toast";

const facts = readFacts(document.getElementById("or3-facts")?.textContent ?? "");
const preferences = startPreferences(facts);
startMenus();
startDialogs();
startForms();
startDrafts();
startCopying();
startToasts();
startSwaps();
const palette = startPalette(facts, preferences);
startShortcuts(facts, preferences, palette);

// What this browser keeps that no server has; only where it keeps something.
const rest = document.currentScript instanceof HTMLScriptElement ? document.currentScript.dataset["unsent"] : undefined;
if (rest !== undefined) {
  void indexedDB.databases().then((all) => {
    if (all.length + localStorage.length === 0) return;
    const script = document.createElement("script");
    script.src = rest;
    document.head.append(script);
  }).catch(() => undefined); // closed to us
}

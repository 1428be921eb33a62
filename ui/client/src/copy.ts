// Copy buttons: <button data-copy="id of an input or an element">.
import { around } from "./dom";
import { toast } from "./toast";

export function startCopying(): void {
  document.addEventListener("click", (e) => {
    const button = around(e.target, "button[data-copy]", HTMLButtonElement);
    const source = button === null ? null : document.getElementById(button.dataset["copy"] ?? "");
    if (source === null) return;
    const text = source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement ? source.value : (source.textContent ?? "").trim();
    void copy(text, source).then((ok) => {
      if (ok) toast("Copied");
      else select(source);
    });
  });
}

/** Copies, also on plain http where the clipboard interface is closed. */
async function copy(text: string, source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    select(source);
    return document.execCommand("copy");
  }
}

function select(source: HTMLElement): void {
  if (source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement) {
    source.focus();
    source.select();
    return;
  }
  getSelection()?.selectAllChildren(source);
}

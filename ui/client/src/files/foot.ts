// The line below the sidebar's state that counts uploads, and the state's own
// sign while it would say that all is done.
import { icon, make } from "../dom";
import type { Context } from "../app/page";
import { footWords, type FootWords } from "./foot_words";
import { unfinished } from "./transfers";

export function watchFoot(context: Context): void {
  const foot = document.getElementById("sync-foot");
  if (foot === null) return;
  let now: FootWords = footWords([], true);
  const sign = (): void => {
    const line = foot.querySelector<HTMLElement>(".sync-word");
    const link = line?.querySelector("a");
    // The state of the rows is drawn elsewhere; only where it says that all is well, files have a word.
    if (!line || !link || (link.textContent !== "Synced" && foot.dataset["files"] !== link.textContent) || link.textContent === now.word) return;
    line.firstElementChild?.replaceWith(icon(now.icon, "s"));
    link.textContent = now.word;
    foot.classList.toggle("tone-ok", now.note === "");
    foot.classList.toggle("tone-warn", now.tone === "warn");
    foot.dataset["files"] = now.word;
  };
  new MutationObserver(sign).observe(foot, { childList: true });
  context.live(() => unfinished(context), (rows) => {
    now = footWords(rows.filter((r) => r.direction === "upload"), navigator.onLine);
    sign();
    const old = foot.querySelector("[data-foot=files]");
    if (now.note === (old?.textContent ?? "")) return;
    if (now.note === "") {
      old?.remove();
      return;
    }
    const link = make("a", "", now.note);
    link.href = `/w/${encodeURIComponent(context.workspace)}/files`;
    const note = make("p", "sync-note", link);
    note.dataset["foot"] = "files";
    if (old === null) foot.append(note);
    else old.replaceWith(note);
  });
}

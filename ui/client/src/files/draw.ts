// Draws files where they are attached: in messages and in the form of one.
import { pauseTransfers, resumeTransfers, retryTransfer } from "../../../../sync/client/src/files/steer";
import { icon, make } from "../dom";
import { clone, slot } from "../app/blueprint";
import { recall } from "../app/boot";
import type { Context } from "../app/page";
import { forgetUrl, show, urlNow, urlOf } from "./kept_urls";
import { previewNow } from "./previews";
import { wordsFor, type FileState } from "./standing";
import { fit, iconOf, isShown } from "./words";

/** Images up to this size come by themselves when they are looked at. */
export const comesItself = 20_000_000;

export const savesData = (): boolean => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;

const labels: Record<string, string> = { pause: "Pause", resume: "Resume", retry: "Try again" };

/** Whether a file is drawn as an image. */
export const isImage = (f: FileState): boolean => !f.gone && isShown(f.mediaType) && fit(f.width, f.height) !== undefined;

export const signatureOf = (f: FileState): string => [f.name, f.gone, JSON.stringify(wordsFor(f)), f.here, f.stored, f.width, f.height, urlNow(f.hash), f.gone ? "" : previewNow(f)].join("\u0001");

/** One file as it stands now. `src` is what an image showed before its bytes were here. */
export function drawFile(context: Context, f: FileState, src = ""): HTMLElement {
  const words = wordsFor(f);
  const image = isImage(f);
  const e = clone(image ? "file-image" : "file", { workspace: context.workspace, file: f.hash, name: f.name, note: words.note });
  slot(e, "icon")?.replaceChildren(icon(iconOf(f.mediaType)));
  if (image) {
    const img = slot(e, "image");
    const box = fit(f.width, f.height);
    const at = urlNow(f.hash) || src || previewNow(f);
    if (img instanceof HTMLImageElement && box !== undefined) {
      img.width = box.width;
      img.height = box.height;
      if (at !== "") img.src = at;
    }
  }
  const note = slot(e, "note");
  note?.classList.toggle("tone-danger", words.tone === "danger");
  drawBar(e, words.bar, words.paused);
  const can = f.here || (f.stored && !f.gone && f.online);
  if (!can) {
    for (const name of ["open", "shown"]) {
      const a = slot(e, name);
      a?.removeAttribute("href");
      a?.setAttribute("aria-disabled", "true");
    }
    slot(e, "download")?.remove();
  }
  // In a place of their own: when they come and go, the link beside them stays the very same, also for a finger that is on it.
  slot(e, "acts")?.prepend(make("span", "file-moves", ...actsOf(context, f)));
  return e;
}

export function drawBar(e: HTMLElement, value: number | undefined, paused: boolean): void {
  const bar = slot(e, "bar");
  if (!(bar instanceof HTMLProgressElement)) return;
  bar.hidden = value === undefined;
  bar.value = value ?? 0;
  bar.classList.toggle("file-bar-paused", paused);
}

/** The buttons for a file that is on its way. */
export function actsOf(context: Context, f: FileState): HTMLElement[] {
  if (globalThis.OR3_LOCAL === true) return []; // nothing is on its way anywhere
  return wordsFor(f).acts.flatMap((act) => {
    if (act === "room") return roomLink(context);
    const label = labels[act] ?? act;
    const b = make("button", "btn btn-quiet btn-small", label, make("span", "sr", ` ${f.name}`));
    b.type = "button";
    b.dataset["fileAct"] = act;
    return b;
  });
}

/** Where an owner makes room of what was deleted for ever; nothing for anybody else. */
function roomLink(context: Context): HTMLElement[] {
  if (globalThis.OR3_LOCAL === true) return [];
  const boot = recall();
  if (boot?.workspaces.find((w) => w.id === context.workspace)?.role !== "owner") return [];
  const a = make("a", "btn btn-quiet btn-small", "Make room…");
  a.href = `${boot.adminBase || "/admin"}/storage/collect`;
  return [a];
}

/** Does what a click inside a drawn file asks for; false where it asks for nothing of ours. */
export function clicked(context: Context, e: MouseEvent, find: (hash: string) => FileState | undefined): boolean {
  const target = e.target instanceof Element ? e.target : null;
  const f = find(target?.closest<HTMLElement>("[data-file]")?.dataset["file"] ?? "");
  if (target === null || f === undefined) return false;
  const act = target.closest<HTMLElement>("[data-file-act]")?.dataset["fileAct"];
  const run = (work: Promise<unknown>): void => void work.catch((error: unknown) => context.fail(error));
  const id = f.move === undefined ? "" : `${f.move.direction}:${f.hash}`;
  if (globalThis.OR3_LOCAL !== true && act === "pause") run(pauseTransfers(context.store, id));
  else if (globalThis.OR3_LOCAL !== true && act === "resume") run(resumeTransfers(context.store, id));
  else if (globalThis.OR3_LOCAL !== true && act === "retry") run(retryTransfer(context.store, id));
  else if (target.closest("[data-slot=open], [data-slot=shown], [data-slot=download], [href$='?download=1']") !== null) {
    const save = target.closest("[data-slot=open], [data-slot=shown]") === null;
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return false; // in a window of its own, from the server
    if (f.here || (f.stored && !context.store.local && navigator.onLine)) run(show(context, f, save));
  } else return false;
  e.preventDefault();
  e.stopPropagation();
  return true;
}

/** Makes the addresses of images that are here; true where there is a new one. */
export async function loadImages(context: Context, files: readonly FileState[]): Promise<boolean> {
  for (const f of files) if (f.gone && urlNow(f.hash) !== "") forgetUrl(f.hash);
  const fresh = files.filter((f) => f.here && isImage(f) && urlNow(f.hash) === "");
  await Promise.all(fresh.map((f) => urlOf(context, f.hash, f.mediaType)));
  return fresh.length > 0;
}

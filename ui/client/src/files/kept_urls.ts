// Addresses of blobs on this device, one for each file while the page is open.
import { openKept, transferId } from "../../../../sync/client/src/files/keep";
import { resumeTransfers, wantFile } from "../../../../sync/client/src/files/steer";
import type { Context } from "../app/page";
import { Refused } from "../app/thread_write";
import { opens } from "./words";

const urls = new Map<string, string>();
const opening = new Map<string, Promise<string>>();
/** So many are kept that no image on the page shows. */
const most = 1000;

/** The address of a file's bytes, if it is known already. */
export const urlNow = (hash: string): string => urls.get(hash) ?? "";

/** Lets go of a file's bytes: it was deleted. */
export function forgetUrl(hash: string): void {
  URL.revokeObjectURL(urls.get(hash) ?? "");
  urls.delete(hash);
}

/** Opens a file's bytes; "" where this device has none. Its type is one that runs nothing. */
export function urlOf(context: Context, hash: string, mediaType: string): Promise<string> {
  const known = opening.get(hash);
  if (known !== undefined) return known;
  const found = openKept(context.store, hash).then((blob) => {
    if (blob === undefined) return "";
    let url = urls.get(hash);
    if (url === undefined) {
      url = URL.createObjectURL(new Blob([blob], { type: opens(mediaType) ? mediaType : "application/octet-stream" }));
      urls.set(hash, url);
      if (urls.size > most) forgetOld(hash);
    }
    return url;
  }).finally(() => opening.delete(hash));
  opening.set(hash, found);
  return found;
}

/** Lets go of the oldest that nobody sees. */
function forgetOld(keep: string): void {
  const shown = new Set(Array.from(document.images, (img) => img.src));
  for (const [hash, url] of urls) {
    if (urls.size <= most || hash === keep) return;
    if (!shown.has(url)) forgetUrl(hash);
  }
}

/** Opens or saves a file; one that is not on this device is brought first. What failed is said in the window that was opened for it; the file's own line says it, too. */
export async function show(context: Context, of: { hash: string; name: string; mediaType: string; size: number; here: boolean }, save: boolean): Promise<void> {
  // Opened at once: a browser lets no window open after a wait.
  const tab = !save && opens(of.mediaType) ? window.open("", "_blank") : null;
  let url = "";
  let gone = false; // and nobody to bring them
  try {
    if (of.here) url = await urlOf(context, of.hash, of.mediaType);
    gone = url === "" && of.here && (context.store.local || !navigator.onLine);
    if (url === "" && !gone) {
      say(tab, of.name, `${of.name} is on its way.`);
      if (await bring(context, of.hash, of.size)) url = await urlOf(context, of.hash, of.mediaType);
    }
  } catch (error) {
    say(tab, of.name, `${of.name} could not be opened on this device.`);
    throw error;
  }
  if (url === "") {
    const failed = await context.store.db.file_transfers.get(transferId("download", of.hash));
    const why = gone ? `The bytes of ${of.name} are not on this device any more.${context.store.local ? "" : " Try again when you are online."}` : `${of.name} did not come. ${failed?.last_error ?? "It was cancelled."}`;
    if (tab === null) throw new Refused("", why); // no window says it: the page does
    say(tab, of.name, why);
    return;
  }
  if (tab !== null) {
    if (tab.closed) return;
    tab.opener = null;
    tab.location.replace(url);
    return;
  }
  const a = document.createElement("a");
  a.href = url;
  a.download = of.name;
  a.hidden = true;
  document.body.append(a);
  a.click();
  a.remove();
}

/** Writes into a window that shows nothing yet. */
function say(tab: Window | null, title: string, words: string): void {
  if (tab === null || tab.closed) return;
  tab.document.title = title;
  tab.document.body.textContent = words;
}

/** Asks for a file and waits for it; false when it fails or somebody takes it back. One that was paused goes on. */
async function bring(context: Context, hash: string, size: number): Promise<boolean> {
  const { db } = context.store;
  const id = transferId("download", hash);
  await wantFile(context.store, hash, size);
  await resumeTransfers(context.store, id);
  return new Promise((done) => {
    const stop = context.live(() => Promise.all([db.file_cache.get(hash), db.file_transfers.get(id)]), ([here, t]) => {
      if (here === undefined && t !== undefined && t.state !== "failed") return;
      queueMicrotask(() => stop());
      done(here !== undefined);
    });
  });
}

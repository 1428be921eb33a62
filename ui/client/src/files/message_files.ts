// The files of messages: draws each [data-hashes] below a pane, follows how they
// stand, and brings images that are looked at.
import { hashesIn } from "../../../../sync/client/src/files/hash";
import { wantFile } from "../../../../sync/client/src/files/steer";
import { Keyed } from "../app/morph";
import type { Context } from "../app/page";
import { Asked } from "./asked";
import { clicked, comesItself, drawFile, isImage, loadImages, savesData, signatureOf } from "./draw";
import { openPreview } from "./previews";
import { standingOf, type FileState } from "./standing";

interface Bound {
  readonly hashes: string;
  stop: () => void;
  files: readonly FileState[];
  seen: boolean;
  draw(): void;
}

const asked = new Asked();

export function showMessageFiles(context: Context, pane: HTMLElement): () => void {
  const bound = new Map<HTMLElement, Bound>();
  const bring = (b: Bound): void => {
    if (context.store.local || savesData()) return;
    for (const f of b.files) {
      // First the small picture, which also stands without a network when the file made room.
      if (b.seen && !f.here && f.stored && isImage(f)) void openPreview(context, f).then((fresh) => fresh && b.draw(), () => undefined);
      if (b.seen && !f.here && f.stored && !f.gone && isImage(f) && f.size <= comesItself && asked.comes(f.hash, f.meta?.storage_id ?? "", f.down)) void wantFile(context.store, f.hash, f.size).catch(() => undefined);
    }
  };
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const b = entry.target instanceof HTMLElement ? bound.get(entry.target) : undefined;
      if (b === undefined || !entry.isIntersecting || b.seen) continue;
      b.seen = true;
      bring(b);
    }
  }, { rootMargin: "300px" });
  const bind = (e: HTMLElement): void => {
    const hashes = e.dataset["hashes"] ?? "";
    if (bound.get(e)?.hashes === hashes) return;
    bound.get(e)?.stop();
    const list = hashesIn(hashes);
    const before = new Map(Array.from(e.querySelectorAll<HTMLImageElement>("[data-file] img[src]"), (img) => [img.closest<HTMLElement>("[data-file]")?.dataset["file"] ?? "", img.getAttribute("src") ?? ""]));
    const keyed = new Keyed<FileState>(e, { key: (f) => f.hash, signature: signatureOf, make: (f) => drawFile(context, f, f.stored && navigator.onLine ? (before.get(f.hash) ?? "") : "") });
    const b: Bound = { hashes, files: [], seen: false, draw: () => keyed.show(b.files), stop: () => undefined };
    const stop = context.live(() => standingOf(context, list), (files) => {
      b.files = files;
      b.draw();
      bring(b);
      void loadImages(context, files).then((fresh) => {
        if (fresh) b.draw();
      }, () => undefined);
    });
    bound.set(e, b);
    b.stop = () => {
      stop();
      sight.unobserve(e);
    };
    sight.observe(e);
  };
  const look = (): void => {
    for (const e of bound.keys()) {
      if (e.isConnected) continue;
      bound.get(e)?.stop();
      bound.delete(e);
    }
    for (const e of pane.querySelectorAll<HTMLElement>("[data-hashes]")) bind(e);
  };
  const watch = new MutationObserver(look);
  watch.observe(pane, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-hashes"] });
  look();
  const click = (e: MouseEvent): void => {
    const host = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-hashes]") : null;
    const files = host === null ? undefined : bound.get(host)?.files;
    if (files !== undefined) clicked(context, e, (hash) => files.find((f) => f.hash === hash));
  };
  const network = (): void => {
    for (const [e, b] of bound) {
      const list = hashesIn(b.hashes);
      void standingOf(context, list).then((files) => {
        if (bound.get(e) !== b) return;
        b.files = files;
        b.draw();
      }, () => undefined);
    }
  };
  pane.addEventListener("click", click, true);
  addEventListener("online", network);
  addEventListener("offline", network);
  return () => {
    watch.disconnect();
    sight.disconnect();
    pane.removeEventListener("click", click, true);
    removeEventListener("online", network);
    removeEventListener("offline", network);
    for (const b of bound.values()) b.stop();
  };
}

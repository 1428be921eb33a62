// Small pictures of files in a list: only those in sight are opened, and they are
// let go of when they go out of it. Being listed is no use of a file.
import { lookAtKept } from "../../../../sync/client/src/files/keep";
import type { Context } from "../app/page";
import { openPreview, previewNow, previewOf } from "./previews";
import { savesData } from "./draw";
import type { FileState } from "./standing";
import { isShown } from "./words";

/** How far beyond the window a file counts as in sight, so that it is drawn when it gets there. */
const near = "400px";

export class Thumbnails {
  readonly #urls = new Map<string, string>();
  readonly #opening = new Set<string>();
  readonly #inSight = new Set<string>();
  readonly #observer: IntersectionObserver;
  #files = new Map<string, FileState>();
  #closed = false;

  /** `changed`: other files are in sight, or another one can be drawn. */
  constructor(private readonly context: Context, private readonly changed: () => void) {
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: near });
  }

  /** The address of a file's picture; "" where there is none now. */
  urlOf(hash: string): string {
    const f = this.#files.get(hash);
    return this.#urls.get(hash) ?? (f !== undefined && this.#inSight.has(hash) ? previewNow(f) : "");
  }

  sees(hash: string): boolean {
    return this.#inSight.has(hash);
  }

  /** The list shows these files now, each in an element that names it. */
  follow(files: readonly FileState[], list: Element): void {
    this.#files = new Map(files.map((f) => [f.hash, f]));
    for (const item of list.querySelectorAll("[data-file]")) this.#observer.observe(item); // again is nothing
    for (const hash of this.#inSight) if (!this.#files.has(hash)) this.#drop(hash);
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#observer.disconnect();
    for (const hash of [...this.#urls.keys()]) this.#drop(hash);
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    let changed = false;
    for (const { target, isIntersecting } of entries) {
      const hash = (target as HTMLElement).dataset["file"] ?? "";
      if (!target.isConnected) this.#observer.unobserve(target);
      if (isIntersecting === this.#inSight.has(hash)) continue;
      changed = true;
      if (isIntersecting) this.#inSight.add(hash);
      else this.#drop(hash);
    }
    if (!changed) return;
    this.#open();
    this.changed();
  }

  #drop(hash: string): void {
    this.#inSight.delete(hash);
    const url = this.#urls.get(hash);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#urls.delete(hash);
  }

  #open(): void {
    for (const hash of this.#inSight) {
      const f = this.#files.get(hash);
      if (f === undefined || !isShown(f.mediaType) || this.#urls.has(hash) || this.#opening.has(hash)) continue;
      if (!f.here) {
        if (previewOf(f) !== "" && !savesData()) void openPreview(this.context, f).then((fresh) => fresh && !this.#closed && this.changed(), () => undefined);
        continue;
      }
      this.#opening.add(hash);
      void lookAtKept(this.context.store, hash).then((blob) => {
        this.#opening.delete(hash);
        if (blob === undefined || this.#closed || !this.#inSight.has(hash)) return;
        this.#urls.set(hash, URL.createObjectURL(new Blob([blob], { type: f.mediaType })));
        this.changed();
      }, () => this.#opening.delete(hash)); // its symbol stands for it
    }
  }
}

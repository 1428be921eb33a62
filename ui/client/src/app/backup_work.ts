// What the backup page is doing. It goes on while the person looks at other
// pages, so it does not belong to the page.
import { Import, exportBackup, type Done } from "../../../../sync/client/src/backup";
import type { Context } from "./page";

/** Where the work is; `checked` is a file that waits for the person's word. */
export type Stage =
  | { readonly at: "rest" }
  | { readonly at: "checking" | "importing"; readonly done: number; readonly total: number }
  | { readonly at: "checked"; readonly of: Import }
  | { readonly at: "imported"; readonly of: Import; readonly done: Done }
  | { readonly at: "failed"; readonly error: unknown; readonly of: Import | undefined };

const rest: Stage = { at: "rest" };

export class BackupWork {
  stage: Stage = rest;
  #stop: AbortController | undefined;
  readonly #heard = new Set<() => void>();

  onChange(f: () => void): () => void {
    this.#heard.add(f);
    return () => this.#heard.delete(f);
  }

  get busy(): boolean {
    return this.stage.at === "checking" || this.stage.at === "importing";
  }

  /** Reads a file and works out what it would do. */
  check(context: Context, file: File, mode: "append" | "replace"): void {
    void this.#run(undefined, "checking", async (steps) => ({ at: "checked", of: await Import.check(context.store, file, mode, steps) }));
  }

  /** Does what was worked out. */
  import(of: Import): void {
    void this.#run(of, "importing", async (steps) => ({ at: "imported", of, done: await of.run(steps) }));
  }

  stop(): void {
    this.#stop?.abort();
  }

  dismiss(): void {
    if (!this.busy) this.#set(rest);
  }

  async #run(of: Import | undefined, at: "checking" | "importing", work: (steps: { signal: AbortSignal; onProgress(done: number, total: number): void }) => Promise<Stage>): Promise<void> {
    if (this.busy) return;
    const stop = new AbortController();
    this.#stop = stop;
    const warn = (e: BeforeUnloadEvent): void => e.preventDefault();
    if (at === "importing") addEventListener("beforeunload", warn);
    this.#set({ at, done: 0, total: 0 });
    try {
      this.#set(await work({ signal: stop.signal, onProgress: (done, total) => this.#set({ at, done, total }) }));
    } catch (error) {
      this.#set(stop.signal.aborted ? rest : { at: "failed", error, of });
    } finally {
      removeEventListener("beforeunload", warn);
    }
  }

  #set(stage: Stage): void {
    this.stage = stage;
    for (const f of this.#heard) f();
  }
}

const works = new Map<string, BackupWork>();

/** The work of a workspace, the same as long as the app runs. */
export function workOf(workspace: string): BackupWork {
  let work = works.get(workspace);
  if (work === undefined) works.set(workspace, work = new BackupWork());
  return work;
}

/** The workspace as a file, and what it is called. */
export async function exportOf(context: Context, onProgress: (done: number, total: number) => void): Promise<{ name: string; file: Blob; rows: number }> {
  const made = await exportBackup(context.store, { workspace: context.site, onProgress });
  return { ...made, name: backupName(context.site, context.store.now()) };
}

export function backupName(site: string, now: number): string {
  const word = site.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  const at = new Date(now);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${word === "" ? "workspace" : word}-${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}.or3.jsonl`;
}

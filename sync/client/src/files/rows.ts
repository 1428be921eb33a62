import type { FileTransfer } from "../store/types.js";
import type { Store } from "../store/store.js";

/** The rows of transfers, as the tab that works on them changes them. */
export class Rows {
  /** Those that are being changed here: nobody else's word. */
  readonly writing = new Set<string>();

  /** `progress` is how often it is written down; milliseconds. */
  constructor(private readonly store: Store, private readonly progress: number) {}

  /** Changes a row that is still in one of the states: the person's word stands. */
  async change(id: string, from: readonly FileTransfer["state"][], fields: Partial<FileTransfer>, drop: readonly (keyof FileTransfer)[] = []): Promise<boolean> {
    return this.write(id, (row) => {
      if (!from.includes(row.state)) return undefined;
      const next = { ...row, ...fields, updated_at: this.store.now() };
      for (const name of drop) delete next[name];
      return next;
    });
  }

  async write(id: string, to: (row: FileTransfer) => FileTransfer | undefined): Promise<boolean> {
    const { db } = this.store;
    this.writing.add(id);
    try {
      return await db.transaction("rw", db.file_transfers, async () => {
        const row = await db.file_transfers.get(id);
        const next = row && to(row);
        if (!next) return false;
        await db.file_transfers.put(next);
        return true;
      });
    } finally {
      this.writing.delete(id);
    }
  }

  /** Changes several rows at once, as they are now. */
  async each(rows: readonly FileTransfer[], to: (row: FileTransfer) => FileTransfer | undefined): Promise<void> {
    const { db } = this.store;
    const ids = rows.map((row) => row.id);
    for (const id of ids) this.writing.add(id);
    try {
      await db.transaction("rw", db.file_transfers, async () => {
        const now = await db.file_transfers.bulkGet(ids);
        await db.file_transfers.bulkPut(now.flatMap((row) => (row && to(row)) ?? []));
      });
    } finally {
      for (const id of ids) this.writing.delete(id);
    }
  }

  /** Writes progress down now and then. */
  meter(row: FileTransfer): { to(done: number): void; best(): number; stop(): void } {
    let done = row.bytes_done;
    let best = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const write = (): void => {
      timer = undefined;
      void this.change(row.id, ["running"], { bytes_done: done }).catch(() => undefined);
    };
    return {
      to: (bytes) => {
        done = bytes;
        best = Math.max(best, bytes);
        timer ??= setTimeout(write, this.progress);
      },
      best: () => best,
      stop: () => clearTimeout(timer),
    };
  }
}

// What a person has done to threads and is not on the disk yet, drawn over the
// rows that are. Nobody guesses from a row whether it is written: whoever writes
// says so, and what is drawn stays until then, whatever is read meanwhile.
import type { ListRow, Thread } from "./thread_rows";

export interface ThreadAhead {
  readonly thread: string;
  /** null = it is being deleted. */
  readonly fields: Partial<Thread> | null;
  readonly line: { readonly preview?: string; readonly by?: string };
}

export class ThreadsAhead {
  /** The latest last. */
  readonly #of: ThreadAhead[] = [];

  add(ahead: ThreadAhead): void {
    this.#of.push(ahead);
  }

  remove(ahead: ThreadAhead): void {
    const at = this.#of.indexOf(ahead);
    if (at >= 0) this.#of.splice(at, 1);
  }

  get empty(): boolean {
    return this.#of.length === 0;
  }

  /** A thread as it will be once everything is written; undefined = it goes. */
  thread(t: Thread): Thread | undefined {
    return this.row({ thread: t, preview: "", by: "" })?.thread;
  }

  /** The same with the line below its title. */
  row(r: ListRow): ListRow | undefined {
    let now = r;
    for (const { thread, fields, line } of this.#of) {
      if (thread !== r.thread.id) continue;
      if (fields === null) return undefined;
      now = { ...now, ...line, thread: { ...now.thread, ...fields } };
    }
    return now;
  }
}

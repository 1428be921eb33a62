// Which files are asked for without anybody's word.
import type { FileTransfer } from "../../../../sync/client/src/local";

export class Asked {
  readonly #stored = new Map<string, string>();

  /**
   * Whether a file that is looked at is to be asked for now. One that the server
   * did not have is asked for again once it is stored anew, or the page is opened
   * anew; otherwise every answer would lead to the next question.
   */
  comes(hash: string, storageId: string, down: Pick<FileTransfer, "state" | "error_code"> | undefined): boolean {
    if (down !== undefined && !(down.state === "failed" && down.error_code === "not_found")) return false;
    if (down !== undefined && this.#stored.get(hash) === storageId) return false;
    this.#stored.set(hash, storageId);
    return true;
  }
}

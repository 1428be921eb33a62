// The bundle about files for those who have an account: the part, and the queue
// that brings files to the server and back.
import { startFiles } from "../../../../sync/client/src/files/start";
import type { MoreContext } from "../app/more_pages";
import { hashAway } from "./choose";
import { watchFoot } from "./foot";
import { filesPart } from "./part";

globalThis.or3Files = (of: MoreContext) => {
  void of.context().then((context) => {
    if (context === undefined) return;
    const files = startFiles(context.store, { clientVersion: (globalThis as { or3?: { version?: string } }).or3?.version ?? "", hash: hashAway });
    of.onClose(() => files.stop());
    watchFoot(context);
  }, () => undefined);
  return filesPart;
};

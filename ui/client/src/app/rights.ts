// What the person may do here can change while the page is open: an owner takes
// writing from a role, or gives it back. The server is asked when the page is
// looked at again, when it is reached again, when it has refused a write, and now
// and then as long as the page only reads.
import type { Sync } from "../../../../sync/client/src/index";
import { slot } from "./blueprint";
import type { Frame } from "./frame";

const every = 60_000;

export function watchRights(frame: Frame, sync: Pick<Sync, "onStatus">, workspace: string): void {
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking || !navigator.onLine || document.visibilityState !== "visible") return;
    asking = true;
    try {
      const why = await whyNotWrite(workspace);
      if (why !== undefined) frame.rights(why);
    } finally {
      asking = false;
    }
  };
  const now = (): void => void ask();
  frame.onWake(now);
  addEventListener("online", now);
  let failed = 0;
  sync.onStatus((s) => {
    if (s.failed > failed) now();
    failed = s.failed;
  });
  setInterval(() => {
    if (frame.context?.readOnly() !== "") now();
  }, every);
}

/** Why this person reads only, "" if they write; undefined when there is no answer. */
async function whyNotWrite(workspace: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`/w/${encodeURIComponent(workspace)}?rights=1`, { credentials: "same-origin", headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) });
    if (!answer.ok || answer.redirected) return undefined;
    return slot(new DOMParser().parseFromString(await answer.text(), "text/html").body, "rights")?.textContent ?? undefined;
  } catch {
    return undefined; // nobody knows until the server is reached again
  }
}

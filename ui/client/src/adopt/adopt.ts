// Offers to take what was written in this browser without an account into the
// workspace that is open.
import { openStore } from "../../../../sync/client/src/local";
import { adoptLocal, localRows } from "../../../../sync/client/src/sync/adopt";
import { readBoot, type Boot } from "../app/boot";
import { icon, make } from "../dom";
import { addNotice } from "../notice";
import { guestDrafts, takeDrafts, type Taken } from "./drafts";
import { adoptWords } from "./words";

/** Said once in this browser, "not now" holds until something is added. */
const memory = "or3-local-left";

function remembered(): number {
  try {
    return Number(localStorage.getItem(memory) ?? "0");
  } catch {
    return 0;
  }
}

function remember(rows: number): void {
  try {
    localStorage.setItem(memory, String(rows));
  } catch {
    // Then it is asked again next time.
  }
}

function button(words: string, act: () => void): HTMLButtonElement {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "link-button";
  b.textContent = words;
  b.addEventListener("click", act);
  return b;
}

async function offer(boot: Boot): Promise<void> {
  const { user } = boot;
  if (user === null || boot.workspace === "" || !boot.canWrite) return;
  const [rows, drafts] = [await localRows(), guestDrafts()];
  if (rows + drafts === 0 || rows + drafts === remembered()) return;
  const name = boot.workspaces.find((w) => w.id === boot.workspace)?.name ?? "this workspace";
  const words = adoptWords(rows, drafts, name);
  const text = make("p", "notice-text", words.offer);
  const box = make("div", "notice notice-info", icon("folder"), text);
  box.id = "notice-adopt";
  box.setAttribute("role", "status");
  const take = button(`Take into ${name}`, () => {
    box.querySelectorAll("button").forEach((b) => b.remove());
    text.textContent = "Taking it along…";
    let rowsTaken = false;
    bring(user.id, boot.workspace, () => (rowsTaken = true)).then(([taken, found]) => {
      dispatchEvent(new Event("or3:drafts")); // they are counted again, and stand where they belong
      // The page stays: its lists draw what came along by themselves, and it is
      // being sent. Whoever opened some of it already is not thrown out again.
      const whole = found.left === 0;
      box.className = `notice notice-${whole ? "ok" : "warn"}`;
      box.querySelector(":scope > .icon")?.replaceWith(icon(whole ? "check" : "triangle-alert"));
      text.textContent = words.taken(taken, found);
      box.append(button("Close", () => box.remove()));
    }, (error: unknown) => {
      console.warn(error);
      if (rowsTaken) dispatchEvent(new Event("or3:drafts"));
      text.textContent = words.broken(rowsTaken);
    });
  });
  const leave = button("Not now", () => {
    remember(rows + drafts);
    box.remove();
  });
  box.append(take, leave);
  addNotice(box);
}

async function bring(userId: string, workspaceId: string, onRows: () => void): Promise<[rows: number, drafts: Taken]> {
  const store = await openStore({ workspaceId, userId });
  try {
    let drafts: Taken = { moved: 0, left: 0 };
    const { rows } = await adoptLocal(store, {
      carry: (ids) => {
        onRows();
        drafts = takeDrafts(userId, workspaceId, ids);
        return drafts.left === 0;
      },
    });
    return [rows, drafts];
  } finally {
    store.close();
  }
}

const boot = readBoot(document.getElementById("or3-app")?.textContent ?? "");
if (boot !== undefined) offer(boot).catch((error: unknown) => console.warn(error));

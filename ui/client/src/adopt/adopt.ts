// Offers to take what was written in this browser without an account into the
// workspace that is open.
import { openStore } from "../../../../sync/client/src/local";
import { adoptLocal, localRows } from "../../../../sync/client/src/sync/adopt";
import { readBoot, type Boot } from "../app/boot";
import { plural } from "../app/text";
import { icon, make } from "../dom";

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
  const rows = await localRows();
  if (rows === 0 || rows === remembered()) return;
  const name = boot.workspaces.find((w) => w.id === boot.workspace)?.name ?? "this workspace";
  const text = make("p", "notice-text", `This browser has ${plural(rows, "thing", "things")} you wrote without an account. You can take ${rows === 1 ? "it" : "them"} into ${name}, where its members will see ${rows === 1 ? "it" : "them"}.`);
  const box = make("div", "notice notice-info", icon("folder"), text);
  box.id = "notice-adopt";
  box.setAttribute("role", "status");
  const take = button(`Take into ${name}`, () => {
    box.querySelectorAll("button").forEach((b) => b.remove());
    text.textContent = "Taking it along…";
    bring(user.id, boot.workspace).then((taken) => {
      // The page stays: its lists draw what came along by themselves, and it is
      // being sent. Whoever opened some of it already is not thrown out again.
      box.className = "notice notice-ok";
      box.querySelector(":scope > .icon")?.replaceWith(icon("check"));
      text.textContent = `Taken along: ${plural(taken, "thing is", "things are")} in ${name} now.`;
      box.append(button("Close", () => box.remove()));
    }, (error: unknown) => {
      console.warn(error);
      text.textContent = "It could not be taken along just now. It is still in this browser; load the page again to try once more.";
    });
  });
  const leave = button("Not now", () => {
    remember(rows);
    box.remove();
  });
  box.append(take, leave);
  document.getElementById("notices")?.append(box);
}

async function bring(userId: string, workspaceId: string): Promise<number> {
  const store = await openStore({ workspaceId, userId });
  try {
    return (await adoptLocal(store)).rows;
  } finally {
    store.close();
  }
}

const boot = readBoot(document.getElementById("or3-app")?.textContent ?? "");
if (boot !== undefined) offer(boot).catch((error: unknown) => console.warn(error));

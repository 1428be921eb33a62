// Draws the state of sync: the foot of the sidebar always, a banner when the
// person should know. Changes are announced once, politely.
import type { Sync } from "../../../../sync/client/src/index";
import { icon, make } from "../dom";
import type { Frame } from "./frame";
import { forgetPeople } from "./people";
import { whenLetGo } from "./still";
import { bannerOf, footOf } from "./sync_words";

export function showSyncState(frame: Frame, sync: Sync): void {
  const waits = `/w/${encodeURIComponent(frame.workspace)}/waits`;
  const foot = document.getElementById("sync-foot");
  let timer = 0;
  let drawn = "";
  const draw = (): void => {
    timer = 0;
    const s = sync.status();
    const last = s.lastSyncAt === undefined || s.lastSyncAt === 0 ? "" : (frame.context?.clock().words(Math.floor(s.lastSyncAt / 1000)) ?? "");
    const words = footOf(s, last);
    const key = JSON.stringify(words);
    if (foot !== null && key !== drawn) {
      drawn = key;
      foot.className = "sync" + (words.tone === "" ? "" : ` tone-${words.tone}`);
      const link = make("a", "", words.word);
      link.href = waits;
      const note = make("p", "sync-note", words.note);
      note.hidden = words.note === "";
      foot.replaceChildren(make("p", "sync-word", icon(words.icon, "s"), link), note, ...foot.querySelectorAll("[data-foot]"));
    }
    frame.notice("sync", bannerOf(s, waits));
    if (s.phase !== "removed") return;
    if (frame.store?.db.isOpen() !== false) frame.lost();
    else {
      forgetPeople(frame.workspace);
      frame.say({ kind: "not-allowed", icon: "user-minus", title: "You are no longer a member here", text: "This device has removed what it had of the workspace.", action: { label: "Your workspaces", href: "/workspaces" } });
    }
  };
  // The foot does not flicker with every op: it is drawn a few times a second at most.
  const soon = (): void => {
    if (timer === 0) timer = window.setTimeout(() => whenLetGo(soon, draw), 120);
  };
  sync.onStatus(soon);
  draw();
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element) || e.target.closest('a[href="#reload"]') === null) return;
    e.preventDefault();
    location.reload();
  });
}

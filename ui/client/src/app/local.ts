// The app without accounts: everything stays on this device.
import "../main";
import { readBoot } from "./boot";
import { announce, openDebug } from "./debug";
import { claimDrafts } from "./draft_key";
import { offerExtras } from "./extras";
import { answerPalette } from "./find";
import { filesPart } from "../files/part";
import { startFilesPart } from "./files_loader";
import { Frame } from "./frame";
import { commonPages } from "./more_pages";
import { pages } from "./pages";
import { hrefOf } from "./router";
import { startSidebar } from "./sidebar";
import { threadExtras } from "./thread_extras";

const boot = readBoot(document.getElementById("or3-app")?.textContent ?? "");
if (boot !== undefined) {
  // Exported, the frame's links lead to addresses that a file server does not know.
  for (const a of document.querySelectorAll("a[href^='/']")) a.setAttribute("href", hrefOf(a.getAttribute("href") ?? ""));
  announce(boot.version);
  claimDrafts("");
  startFilesPart(undefined, filesPart);
  offerExtras(threadExtras);
  const frame = new Frame(boot, [...pages, ...commonPages()], undefined);
  answerPalette(() => frame.context);
  frame.start().then(
    () => {
      if (frame.context !== undefined) startSidebar(frame.context);
      if (frame.store !== undefined) openDebug(frame, frame.store, () => ({ phase: "local" }));
    },
    (error: unknown) => console.warn(error),
  );
  // Beside the page where it is a file, and at the root of a server.
  if ("serviceWorker" in navigator && isSecureContext) void navigator.serviceWorker.register(hrefOf("/") === "/" ? "/sw.js" : "sw.js").catch(() => undefined);
}

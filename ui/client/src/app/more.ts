// The pages that load after the app runs; more_loader.ts asks for them.
import { offerExtras } from "./extras";
import { answerPalette } from "./find";
import { watchDrafts } from "./draft_foot";
import { startFilesPart } from "./files_loader";
import { startLeaving } from "./leave";
import { accountPages, commonPages } from "./more_pages";
import { watchRemoved } from "./removed";
import { startSidebar } from "./sidebar";
import { threadExtras } from "./thread_extras";

offerExtras(threadExtras);
globalThis.or3More = (of) => {
  startLeaving(of);
  startFilesPart(of);
  const context = of.context().catch(() => undefined);
  void context.then((c) => {
    if (c === undefined) return;
    startSidebar(c);
    threadExtras.unread(c); // the sum in the sidebar, on every page
    watchDrafts(c, of);
    watchRemoved(c, of);
    answerPalette(() => c);
  });
  return [...commonPages(), ...accountPages(of)];
};

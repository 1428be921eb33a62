// The pages that load after the app runs; more_loader.ts asks for them.
import { offerExtras } from "./extras";
import { answerPalette } from "./find";
import { accountPages, commonPages } from "./more_pages";
import { startSidebar } from "./sidebar";
import { threadExtras } from "./thread_extras";

offerExtras(threadExtras);
globalThis.or3More = (of) => {
  const context = of.context().catch(() => undefined);
  void context.then((c) => {
    if (c === undefined) return;
    startSidebar(c);
    answerPalette(() => c);
  });
  return [...commonPages(), ...accountPages(of)];
};

// /w/:workspace/t/:thread/prompt: which prompt tells an assistant how to behave
// in a thread.
import { cloneAll } from "./blueprint";
import { postTitle } from "./document_write";
import { showBar, textIn, tryForm } from "./form_act";
import type { Page } from "./page";
import { showPanes } from "./panes";
import { latestPrompts, setPrompt } from "./prompt_write";
import { segment } from "./router";
import { preview } from "./text";
import { titleOf } from "./thread_list";

export const promptPage: Page = {
  paths: ["/w/:workspace/t/:thread/prompt"],
  nav: "threads",
  open: async (context, _place, params, main) => {
    const { store, workspace } = context;
    const thread = await store.db.threads.get(params["thread"] ?? "");
    if (thread === undefined || context.readOnly() !== "") return undefined;
    const prompts = await latestPrompts(store);
    const title = titleOf(thread);
    const panes = cloneAll("choose-prompt", { workspace, thread: thread.id, title });
    panes.querySelector("select[name=prompt]")?.replaceChildren(new Option("None", ""), ...prompts.map((p) => new Option(preview(postTitle(p), 80), p.id)));
    showPanes(main, panes);
    const choice = main.querySelector<HTMLSelectElement>("select[name=prompt]");
    if (choice !== null) {
      const now = thread.system_prompt_id ?? "";
      choice.value = prompts.some((p) => p.id === now) ? now : "";
      choice.focus();
    }
    showBar();
    context.title(`System prompt of ${title}`);
    return {
      submit: (form) => {
        void tryForm(context, form, async () => {
          await setPrompt(store, thread.id, textIn(form, "prompt"));
          context.go(`/w/${encodeURIComponent(workspace)}/t/${segment(thread.id)}`, { replace: true });
        });
        return true;
      },
      close: () => undefined,
    };
  },
};

// /w/:workspace/t/:thread/fork: a thread goes on from one of its messages, the
// one ?at= names or its last.
import { cloneAll } from "./blueprint";
import { forkThread } from "./fork_write";
import type { Page } from "./page";
import { showPanes } from "./panes";
import { showRefusal } from "./refusal";
import { segment } from "./router";
import { excerpt } from "./plain";
import { authorOf, preview, wordsOf } from "./text";
import { titleOf } from "./thread_list";
import { messagesOf, Refused } from "./thread_write";

export const forkPage: Page = {
  paths: ["/w/:workspace/t/:thread/fork"],
  nav: "threads",
  open: async (context, place, params, main) => {
    const { store, workspace } = context;
    if (context.readOnly() !== "") return undefined;
    const at = place.query.get("at") ?? "";
    const thread = await store.db.threads.get(params["thread"] ?? "");
    const message = at === "" ? await messagesOf(store, thread?.id ?? "").last() : await store.db.messages.get(at);
    if (thread === undefined || message?.thread_id !== thread.id) return undefined;
    const back = `/w/${encodeURIComponent(workspace)}/t/${segment(thread.id)}#m-${encodeURIComponent(message.id)}`;
    const by = authorOf(message);
    const id = store.newId();
    const panes = cloneAll("fork", {
      workspace, thread: thread.id, title: titleOf(thread), message: message.id, fork: id, quote: excerpt(wordsOf(message.data), 300), href: back,
      by: context.me === null || by === context.me.id ? "you" : context.people.name(by),
    });
    const title = panes.querySelector<HTMLInputElement>("input[name=title]");
    const begun = preview(thread.title ?? "", 180);
    if (title !== null) title.value = title.defaultValue = begun === "" ? "" : `${begun} (continued)`;
    showPanes(main, panes);
    document.body.classList.add("pane-read-shown");
    document.body.classList.remove("pane-list-shown");
    context.title("Go on from here");
    main.querySelector<HTMLInputElement>("input[name=title]")?.focus();
    return {
      submit: (form) => {
        const data = new FormData(form);
        showRefusal(form, undefined);
        forkThread(store, { id, parent: thread.id, anchor: message.id, copy: data.get("mode") === "copy", title: String(data.get("title") ?? "") }).then(
          () => context.go(`/w/${encodeURIComponent(workspace)}/t/${segment(id)}`),
          (error: unknown) => {
            if (error instanceof Refused) showRefusal(form, error);
            else context.fail(error);
          },
        );
        return true;
      },
      close: () => undefined,
    };
  },
};

// /w/:workspace/t/:thread/project and the same of a document: which project it
// is in.
import { cloneAll } from "./blueprint";
import { nounOf, postTitle } from "./document_write";
import { showBar, textIn, tryForm } from "./form_act";
import type { Page } from "./page";
import { showPanes } from "./panes";
import { allProjects } from "./project_read";
import type { Entry } from "./project_tree";
import { moveToProject } from "./project_write";
import { segment } from "./router";
import { preview } from "./text";
import { titleOf } from "./thread_list";

export const movePage: Page = {
  paths: ["/w/:workspace/t/:thread/project", "/w/:workspace/documents/:document/project"],
  nav: "",
  open: async (context, _place, params, main) => {
    const { store, workspace } = context;
    const base = `/w/${encodeURIComponent(workspace)}`;
    const thread = await store.db.threads.get(params["thread"] ?? "");
    const post = await store.db.posts.get(params["document"] ?? "");
    const row = thread ?? post;
    if (row === undefined || context.readOnly() !== "") return undefined;
    const entry: Entry = { kind: thread === undefined ? "post" : "thread", id: row.id };
    const title = post === undefined ? titleOf(row) : postTitle(post);
    const href = `${base}/${thread === undefined ? "documents" : "t"}/${segment(row.id)}`;
    const projects = await allProjects(store);
    const panes = cloneAll("move", { workspace, title, noun: post === undefined ? "thread" : nounOf(post.post_type), href });
    const now = row.project_id ?? "";
    const select = panes.querySelector<HTMLSelectElement>("select[name=project]");
    select?.replaceChildren(new Option("In no project", ""), ...projects.map((p) => new Option(preview(p.name, 80), p.id)));
    showPanes(main, panes);
    const choice = main.querySelector<HTMLSelectElement>("select[name=project]");
    if (choice !== null) {
      choice.value = projects.some((p) => p.id === now) ? now : "";
      choice.focus();
    }
    showBar();
    context.title(`Project of ${title}`);
    return {
      submit: (form) => {
        void tryForm(context, form, async () => {
          await moveToProject(store, entry, textIn(form, "project"));
          context.go(href, { replace: true });
        });
        return true;
      },
      close: () => undefined,
    };
  },
};

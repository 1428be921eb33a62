// /w/:workspace/projects: the projects by name, and with ?new=1 the form that
// makes one.
import { clone, cloneAll, fillParts, slot } from "./blueprint";
import { empty } from "./empty";
import { showBar, textIn, tryOnce } from "./form_act";
import { Keyed } from "./morph";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import { allProjects, type Project } from "./project_read";
import { createProject } from "./project_write";
import { segment } from "./router";
import { stateIcon } from "./state";
import { plural, preview } from "./text";

export const projectsPage: Page = {
  paths: ["/w/:workspace/projects"],
  nav: "projects",
  open: async (context, place, _params, main) => (place.query.get("new") !== null && context.readOnly() === "" ? openNew(context, main) : openList(context, main)),
};

const listOf = (context: Context): string => `/w/${encodeURIComponent(context.workspace)}/projects`;

function openNew(context: Context, main: HTMLElement): View {
  showPanes(main, cloneAll("projects-new", { workspace: context.workspace }));
  showBar();
  context.title("New project");
  main.querySelector<HTMLElement>("input[name=name]")?.focus();
  return {
    submit: (form) => {
      void tryOnce(context, form, async () => {
        const id = await createProject(context.store, { name: textIn(form, "name"), description: textIn(form, "description") });
        context.go(`${listOf(context)}/${segment(id)}`, { replace: true });
      });
      return true;
    },
    close: () => undefined,
  };
}

async function openList(context: Context, main: HTMLElement): Promise<View> {
  const why = context.readOnly();
  let rows = await allProjects(context.store);
  const panes = cloneAll("projects", { workspace: context.workspace, site: context.site }, { actions: why === "", rows: [] });
  slot(panes, "rows")?.setAttribute("data-owned", "");
  showPanes(main, panes);
  showBar();
  context.title("Projects");
  const ul = slot(main, "rows");
  const keyed = ul === null ? undefined : new Keyed<Project>(ul, {
    key: (p) => p.id,
    signature: (p) => [p.name, p.description ?? "", p.updated_at, context.unsent.of("projects", p.id), context.clock().dayOf(p.updated_at)].join("\u0001"),
    make: (p) => {
      const description = preview(p.description ?? "");
      const state = context.unsent.of("projects", p.id);
      return clone("project-row", { workspace: context.workspace, project: p.id, name: p.name, description }, {
        description: description !== "", when: [...(state === "" ? [] : [stateIcon(state)]), context.clock().short(p.updated_at)],
      });
    },
  });
  const draw = (): void => {
    keyed?.show(rows);
    fillParts(main, { facts: plural(rows.length, "project", "projects") + (why === "" ? "" : `. ${why}`) });
    if (ul === null) return;
    ul.hidden = rows.length === 0;
    const list = ul.parentElement;
    list?.querySelector(":scope > .empty")?.remove();
    if (rows.length === 0) list?.append(empty({
      kind: "nothing-yet", icon: "circle-dot", title: "No projects yet",
      ...(why === "" ? { text: "A project gathers the threads and documents of one job.", action: { label: "New project", href: `${listOf(context)}?new=1`, icon: "plus", primary: true } } : { text: why }),
    }));
  };
  draw();
  const stops = [context.live(() => allProjects(context.store), (now) => {
    rows = now;
    draw();
  }), context.unsent.onChange(draw)];
  return { close: () => stops.forEach((stop) => stop()) };
}

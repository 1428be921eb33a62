// The sidebar's own part of the workspace: its latest projects, and how much
// was not read.
import { make } from "../dom";
import { clone, slot } from "./blueprint";
import { Keyed } from "./morph";
import { showNewProject } from "./new_project";
import { capped, unreadNotices } from "./notice_read";
import type { Context } from "./page";
import { latestProjects, type Project } from "./project_read";
import { here, segment } from "./router";

/** As many as the server shows. */
const most = 10;

export function startSidebar(context: Context): void {
  const sidebar = document.getElementById("sidebar");
  const list = sidebar === null ? null : slot(sidebar, "nav-projects");
  if (sidebar === null || list === null) return;
  showNewProject(context);
  const keyed = new Keyed<Project>(list, { key: (p) => p.id, signature: (p) => p.name, make: (p) => item(context, p) });
  context.live(() => latestProjects(context.store, most), ({ rows, more }) => {
    keyed.show(rows);
    const all = slot(sidebar, "nav-more");
    if (all !== null) all.hidden = !more;
  });
  const activity = sidebar.querySelector<HTMLElement>("a[data-nav=activity]");
  if (activity === null) return;
  context.live(() => unreadNotices(context.store), (n) => {
    activity.querySelector(".nav-count")?.remove();
    if (n > 0) activity.append(make("span", "nav-count", capped(n), make("span", "sr", " unread")));
  });
}

function item(context: Context, p: Project): HTMLElement {
  const href = `/w/${encodeURIComponent(context.workspace)}/projects/${segment(p.id)}`;
  const e = clone("nav", { id: `project-${p.id}`, label: p.name, href });
  e.querySelector(".nav-count")?.remove();
  if (here().path === href) e.querySelector("a")?.setAttribute("aria-current", "page");
  return e;
}

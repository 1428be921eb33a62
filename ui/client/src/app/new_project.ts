// The way to a new project beside the sidebar's list of them: for who writes.
import { icon, make } from "../dom";
import { slot } from "./blueprint";
import type { Context } from "./page";
import { hrefOf } from "./router";

export function showNewProject(context: Context): void {
  const sidebar = document.getElementById("sidebar");
  const there = sidebar === null ? null : slot(sidebar, "nav-new");
  if (context.readOnly() !== "") {
    there?.remove();
    return;
  }
  if (there !== null || sidebar === null) return;
  const a = make("a", "btn btn-quiet btn-icon btn-small", icon("plus", "s"));
  a.href = hrefOf(`/w/${encodeURIComponent(context.workspace)}/projects?new=1`);
  a.dataset["slot"] = "nav-new";
  a.dataset["tip"] = "New project";
  a.setAttribute("aria-label", "New project");
  slot(sidebar, "nav-projects")?.previousElementSibling?.append(a);
}

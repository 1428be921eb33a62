// Runs before the shell's first paint, where there are accounts: the theme of the
// workspace, which look.ts has kept.
try {
  const kept = (name: string): Record<string, unknown> => Object(JSON.parse(localStorage.getItem(name) ?? "{}")) as Record<string, unknown>;
  const workspace = /^\/w\/([^/]+)/.exec(location.pathname)?.[1] ?? String(kept("or3-device")["workspace"]);
  const address = (Object(kept("or3-look")[workspace]) as Record<string, unknown>)["theme"];
  if (typeof address === "string" && address.startsWith("/assets/plugins/")) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.setAttribute("blocking", "render");
    sheet.href = address;
    document.head.append(sheet);
  }
} catch {
  // Closed to us: the default colours.
}

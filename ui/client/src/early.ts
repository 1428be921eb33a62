// Runs before the shell's first paint: the shell is the same for everybody, the
// colours are not.
const theme = /(?:^|; )or3_theme=(light|dark)/.exec(document.cookie)?.[1];
if (theme !== undefined) {
  document.documentElement.dataset["theme"] = theme;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", theme);
}

// Frames of plugins have an origin of nobody's. They and the page speak in messages
// of these types and no others: {or3: 1, type: "ready"} is answered with the page's
// colours, {or3: 1, type: "resize", height} sets the frame's height.

const tallest = 2000;

const colours = (): Record<string, string> => {
  const style = getComputedStyle(document.documentElement);
  const body = getComputedStyle(document.body);
  const out: Record<string, string> = { ink: body.color, background: body.backgroundColor };
  for (const name of ["accent", "line", "ink-2", "danger", "warn"]) out[name] = style.getPropertyValue("--" + name).trim();
  return out;
};

export function startFrames(): void {
  addEventListener("message", (e) => {
    const frame = Array.from(document.querySelectorAll<HTMLIFrameElement>("iframe.block-frame")).find((f) => f.contentWindow === e.source);
    const said: unknown = e.data;
    if (frame === undefined || e.origin !== "null" || typeof said !== "object" || said === null || !("or3" in said) || said.or3 !== 1 || !("type" in said)) return;
    if (said.type === "ready") {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const theme = document.documentElement.dataset["theme"];
      frame.contentWindow?.postMessage({ or3: 1, type: "theme", dark: theme === "dark" || theme !== "light" && dark, colours: colours() }, "*");
    }
    if (said.type === "resize" && "height" in said && typeof said.height === "number" && said.height > 0) frame.style.height = `${Math.min(Math.ceil(said.height), tallest)}px`;
  });
}

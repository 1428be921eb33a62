// What a plugin is written with. blocks.ts, call.ts and host.ts are written by the
// server's own types; docs/plugin-language.md explains them.

export * from "./blocks";
export * from "./call";
export * from "./host";
export { Value } from "./json";
export { fail, go, refuse, say, show } from "./serve";
import * as serve from "./serve";
export { serve };

import { defineConfig } from "vitest/config";

import { mistaken } from "./mistakes.config.mjs";

export default defineConfig({
  resolve: { alias: { dexie: new URL("node_modules/dexie/dist/modern/dexie.mjs", import.meta.url).pathname } }, // as it is built (ui/bundle)
  plugins: mistaken(),
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["fake-indexeddb/auto"], // live queries look for it there
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // Two cores, and IndexedDB in memory: one file after another is the fastest.
    fileParallelism: false,
    isolate: true,
  },
});

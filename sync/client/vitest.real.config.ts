import { defineConfig } from "vitest/config";

// The suite against a real server. tests/client starts one and runs this.
export default defineConfig({
  resolve: { alias: { dexie: new URL("node_modules/dexie/dist/modern/dexie.mjs", import.meta.url).pathname } }, // as it is built (ui/bundle)
  test: {
    include: ["real/**/*.test.ts"],
    setupFiles: ["fake-indexeddb/auto"],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});

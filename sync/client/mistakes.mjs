// Builds known mistakes into the client, one by one, and shows that the tests
// catch each. A mistake is a change to the text of one file, made while vitest
// loads it, so that the program itself carries none of them.
import { spawnSync } from "node:child_process";

import { mistakes } from "./mistakes.config.mjs";

const only = process.argv.slice(2);
let missed = 0;
for (const { name } of mistakes.filter((m) => only.length === 0 || only.includes(m.name))) {
  const run = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", "--testTimeout", "12000"], {
    env: { ...process.env, OR3_TEST_MISTAKE: name, NO_COLOR: "1" }, encoding: "utf8", timeout: 180_000,
  });
  const by = /(?:FAIL|×)\s+(.*)/.exec(run.stdout + run.stderr)?.[1] ?? "";
  const caught = run.status !== 0 && by !== "" && !/Error: mistake/.test(run.stdout + run.stderr);
  if (!caught) missed++;
  console.log(`${caught ? "caught" : "MISSED"}  ${name}${caught ? `  (${by})` : `\n${run.stdout}\n${run.stderr}`}`);
}
process.exit(missed === 0 ? 0 : 1);

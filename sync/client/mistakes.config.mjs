/** Mistakes that others have made, and where one would make them here. */
export const mistakes = [
  { name: "what came from the server is captured again", file: "store/capture.ts", find: "if (markOf(this.trans)?.remote || ", replace: "if (" },
  { name: "the clock is not raised", file: "store/capture.ts", find: "Math.max(before?.clock ?? 0, tombstone?.clock ?? 0) + 1", replace: "(before?.clock ?? 1)" },
  { name: "a refused op is purged", file: "sync/outbox.ts", find: 'await store.db.pending_ops.put({ ...op, status: "failed", error, sent: false });', replace: "void error; await store.db.pending_ops.delete(op.id);" },
  { name: "others' clocks are not heard", file: "sync/clock.ts", find: "hlc = observeHLC(hlc, seen, now, store.node)", replace: "hlc = observeHLC(hlc, hlc || seen, now - 1e12, store.node)" },
  { name: "the cursor stays one behind", file: "sync/loop.ts", find: "cursor: Math.max(now.cursor, page.next_cursor)", replace: "cursor: Math.max(now.cursor, page.next_cursor - 1)" },
  { name: "writes are merged across atomic groups", file: "sync/outbox.ts", find: "return op.atomic === undefined && !op.sent", replace: "return !op.sent" },
  { name: "an op that may have arrived is merged away", file: "sync/outbox.ts", find: "op.atomic === undefined && !op.sent && !op.again", replace: "op.atomic === undefined && !op.again" },
  { name: "a deletion leaves no tombstone", file: "store/capture.ts", find: "if (stones.length > 0) jobs.push", replace: "if (stones.length < 0) jobs.push" },
  { name: "a pending answer is captured", file: "store/capture.ts", find: 'return payload["pending"] !== true;', replace: "return true;" },
  { name: "starting over drops the outbox", file: "sync/snapshot.ts", find: "const ops = await db.pending_ops", replace: "await db.pending_ops.clear(); const ops = await db.pending_ops" },
  { name: "what a restored server lost is forgotten", file: "sync/snapshot.ts", find: "const base = sameLife ? Infinity : meta.base_version;", replace: "const base = Infinity;" },
  { name: "any 404 removes the workspace", file: "sync/trouble.ts", find: "if (mine.live.some((w) => w.id === this.store.workspaceId)) {", replace: "if (mine.live.length > 99) {" },
  { name: "an op to a row that has gone is sent again by itself", file: "sync/snapshot.ts", find: "if (!server && (wasThere ||", replace: "if (!server && (false ||" },
  { name: "an event that a pull has overtaken is taken again", file: "sync/loop.ts", find: "isStrange(change) || change.server_version > position.cursor", replace: "isStrange(change) || position.cursor >= 0" },
  { name: "a refused push makes an op that may have arrived look unsent", file: "sync/outbox.ts", find: "sent: arrived || load.earlier.has(op!.id)", replace: "sent: arrived" },
  { name: "what was written beside an adoption is removed", file: "sync/adopt.ts", find: "if (await empty(local)) await removeDatabase", replace: "await removeDatabase" },
  { name: "another person's database is opened", file: "store/store.ts", find: "if (device.user_id !== userId) {", replace: "if (device.user_id === undefined) {" },
];

/** A vite plugin that makes the mistake named by OR3_TEST_MISTAKE. */
export function mistaken() {
  const name = process.env.OR3_TEST_MISTAKE;
  if (!name) return [];
  const mistake = mistakes.find((m) => m.name === name);
  if (!mistake) throw new Error(`mistake: there is no "${name}"`);
  return [{
    name: "or3-mistake",
    enforce: "pre",
    transform(code, id) {
      if (!id.split("?")[0].endsWith(`/src/${mistake.file}`)) return null;
      if (code.split(mistake.find).length !== 2) throw new Error(`mistake: "${name}" does not find its place in ${mistake.file}`);
      return { code: code.replace(mistake.find, () => mistake.replace), map: null };
    },
  }];
}

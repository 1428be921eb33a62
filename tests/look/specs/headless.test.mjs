// The operator's way: no browser, only commands and HTTP.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../../e2e/lib/app.mjs';

const uuid = () => crypto.randomUUID();

test('an operator does the same with commands and a token', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());

  const added = await app.or3(['user', 'add', '--email', owner.email, '--name', owner.name, '--password-stdin', '--workspace', 'Kestrel', '--role', 'owner'], owner.password + '\n');
  assert.equal(added.code, 0, added.stderr);
  const dev = await app.or3(['user', 'add', '--email', colleague.email, '--name', colleague.name, '--password-stdin', '--workspace', 'Kestrel', '--role', 'editor'], colleague.password + '\n');
  assert.equal(dev.code, 0, dev.stderr);
  const made = await app.or3(['token', 'create', '--email', colleague.email, '--name', 'script']);
  assert.equal(made.code, 0, made.stderr);
  const token = made.stdout.match(/or3_pat_\S+/)?.[0];
  assert.ok(token, made.stdout);
  const call = (path, init = {}) => fetch(app.base + path, { ...init, headers: { authorization: `Bearer ${token}`, ...(init.body ? { 'content-type': 'application/json' } : {}) } });

  const { workspaces } = await (await call('/api/workspaces')).json();
  assert.deepEqual(workspaces.map((w) => [w.name, w.role]), [['Kestrel', 'editor']]);
  const workspace = workspaces[0].id;
  const now = Math.floor(Date.now() / 1000);
  const op = (pk, title) => ({
    table: 'threads', op: 'put', pk, payload: { id: pk, title, status: 'ready', pinned: false, deleted: false, created_at: now, updated_at: now, clock: 1 },
    stamp: { device_id: 'script', op_id: uuid(), hlc: `${Date.now()}:0000:script`, clock: 1 },
  });
  const pushed = await (await call('/api/sync/push', { method: 'POST', body: JSON.stringify({ workspace_id: workspace, ops: [op(uuid(), 'From a script')] }) })).json();
  assert.deepEqual(pushed.results.map((r) => [r.status, r.server_version]), [['applied', 1]]);
  const pulled = await (await call('/api/sync/pull', { method: 'POST', body: JSON.stringify({ workspace_id: workspace, cursor: 0, limit: 100 }) })).json();
  assert.equal(pulled.changes[0].payload.title, 'From a script');

  const may = await app.or3(['can', '--email', colleague.email, '--workspace', workspace, 'workspace.write']);
  assert.equal(may.code, 0, may.stderr);
  assert.match(may.stdout, /editor/);

  // A command takes effect on the running server within a second.
  const disabled = await app.or3(['user', 'disable', '--email', colleague.email]);
  assert.equal(disabled.code, 0, disabled.stderr);
  const deadline = Date.now() + 60_000;
  let status;
  do status = (await call('/api/workspaces')).status; while (status === 200 && Date.now() < deadline);
  assert.equal(status, 401);

  const wrong = await app.or3(['user', 'add', '--email', 'nobody']);
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stderr.trim().split('\n').length, 1, wrong.stderr);
});

test('a stopped server leaves no request unanswered and a restarted one has everything', async (t) => {
  const app = await startApp();
  await app.or3(['user', 'add', '--email', owner.email, '--name', owner.name, '--password-stdin', '--workspace', 'Kestrel', '--role', 'owner'], owner.password + '\n');
  const how = await app.stop({ keep: true });
  assert.deepEqual(how, { code: 0, signal: null });
  const again = await startApp({ data: app.dir });
  t.after(() => again.stop());
  const answer = await fetch(`${again.base}/api/auth/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json', origin: again.base, 'sec-fetch-site': 'same-origin' }, body: JSON.stringify({ email: owner.email, password: owner.password }) });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).session.user.email, owner.email);
});

// A developer begins a plugin, and sees in the browser what they change while they
// look at it; the workspace beside it has nothing of the plugin.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { owner, startApp } from '../../e2e/lib/app.mjs';
import { checkPage, newPerson, openBrowser, patience } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { until } from '../../e2e/lib/sync.mjs';

test('a developer sees what they change', async (t) => {
  const app = await startApp();
  const browser = await openBrowser();
  const dir = await mkdtemp(join(tmpdir(), 'or3-develop-'));
  const folder = join(dir, 'kestrel.tides');
  t.after(async () => { await browser.close(); await app.stop(); await rm(dir, { recursive: true, force: true }); });
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const made = await page.request.post(`${app.base}/api/workspaces`, { data: { name: 'Yard office' }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(made.status(), 201, await made.text());
  const beside = (await made.json()).workspace?.id ?? (await made.json()).id;
  const token = (await app.or3(['token', 'create', '--email', owner.email])).stdout.trim();
  const begun = await app.or3(['plugin', 'new', folder]);
  assert.equal(begun.code, 0, begun.stderr);

  const dev = spawn(process.env.OR3_E2E_BIN, ['plugin', 'dev', folder, '--server', app.base, '--token', token], { env: process.env });
  let said = '';
  for (const out of [dev.stdout, dev.stderr]) out.on('data', (b) => (said += b));
  const ended = new Promise((done) => dev.once('exit', done));
  t.after(async () => { dev.kill('SIGINT'); await ended; });
  const says = (words) => until(`it says ${words}`, () => {
    if (said.includes(words)) return true;
    throw new Error(said);
  }, 4 * patience); // the first build of all compiles Go's own library
  const change = async (from, to) => {
    const text = await readFile(join(folder, 'main.go'), 'utf8');
    assert.ok(text.includes(from), `main.go has ${from}`);
    await writeFile(join(folder, 'main.go'), text.replace(from, to));
  };

  const at = `${app.base}/w/${workspace}/x/kestrel.tides/`;
  await t.test('the page that is open shows it', async () => {
    await says('in place after');
    await says('runs in Kestrel Boatworks');
    await page.goto(at);
    await page.getByText('Hello, Kestrel Boatworks.').waitFor();
    await checkPage(page, 'a new plugin');
    await change('{Key: "Your role"', '{Key: "Your part"');
    await page.getByText('Your part').waitFor();
    assert.equal(await page.getByText('Your role').count(), 0);
  });

  await t.test('what cannot be built is told, and the version of before goes on', async () => {
    await change('visits+1)', 'visits+)');
    await says('main.go:');
    await says('what ran before goes on');
    await page.goto(at);
    await page.getByText('Your part').waitFor();
    await change('visits+)', 'visits+1)');
    await change('{Key: "Your part"', '{Key: "Your place"');
    await page.getByText('Your place').waitFor();
  });

  await t.test('the dashboard has its widget', async () => {
    await page.goto(`${app.base}/w/${workspace}/dashboard`);
    await page.getByRole('link', { name: 'Tides' }).first().waitFor();
    assert.deepEqual(trouble, []);
  });

  await t.test('in another workspace there is nothing of it', async () => {
    const there = await page.goto(`${app.base}/w/${beside}/x/kestrel.tides/`);
    assert.equal(there.status(), 404);
    await page.goto(`${app.base}/w/${beside}/dashboard`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Tides' }).count(), 0);
  });
});

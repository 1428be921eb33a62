// A plugin's page, its form and a button, its widgets with one that fails, and the
// dashboard arranged by keyboard and by the mouse, a frame, a combobox, who sees what,
// and safe mode.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { colleague, owner, startApp } from '../../e2e/lib/app.mjs';
import { checkAccessibility, checkPage, newPerson, openBrowser, phone, picture } from '../../e2e/lib/browser.mjs';
import { invite, join as joinBy, setRole, setUp, signIn } from '../../e2e/lib/people.mjs';
import { appRuns, until } from '../../e2e/lib/sync.mjs';

const root = new URL('../../../', import.meta.url).pathname;

// The plugin of the server's tests, packed.
async function yard(app) {
  const dir = await mkdtemp(join(tmpdir(), 'or3-yard-'));
  for (const part of ['or3.manifest.json', 'assets']) await cp(join(root, 'server/testdata/yard', part), join(dir, part), { recursive: true });
  await promisify(execFile)('go', ['build', '-trimpath', '-buildmode=c-shared', '-ldflags=-s -w', '-o', join(dir, 'plugin.wasm'), './server/testdata/yard'], { cwd: root, env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' } });
  const done = await app.or3(['plugin', 'install', dir, '--grant', 'all', '--enable', 'Kestrel Boatworks']);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  await rm(dir, { recursive: true, force: true });
}

// A theme with a colour of its own and a logo.
async function plum(app) {
  const dir = await mkdtemp(join(tmpdir(), 'or3-plum-'));
  await mkdir(join(dir, 'assets'));
  await writeFile(join(dir, 'or3.manifest.json'), JSON.stringify({ schema: 1, kind: 'theme', id: 'yard.plum', name: 'Plum', version: '1.0.0', api: '1', theme: { light: { accent: '#7a2a6a' }, logo: 'assets/logo.svg' } }));
  await writeFile(join(dir, 'assets/logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10"/></svg>');
  const done = await app.or3(['plugin', 'install', dir, '--grant', 'all', '--enable', 'Kestrel Boatworks']);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  await rm(dir, { recursive: true, force: true });
}

// What a person sees around the page: colour, logo, and the navigation in its order.
const frameOf = (page) => page.evaluate(() => ({
  accent: getComputedStyle(document.documentElement).getPropertyValue('--accent'),
  logos: [...document.querySelectorAll('img.mark')].map((img) => img.naturalWidth > 0 && new URL(img.src).pathname),
  nav: [...document.querySelectorAll('#sidebar .nav > .nav-title, #sidebar .nav > ul:not([data-slot]) a')].map((e) => [e.textContent, e.getAttribute('href'), e.querySelector('use')?.getAttribute('href')]),
}));

test('people meet a plugin', async (t) => {
  let app = await startApp();
  const browser = await openBrowser();
  t.after(async () => { await browser.close(); await app.stop(); });
  const ines = await newPerson(browser);
  const { page } = ines;
  const workspace = await setUp(app, page);
  await yard(app);
  const at = `${app.base}/w/${workspace}`;
  // The running server sees within a second what the command has installed.
  await until('the plugin is there', async () => (await page.request.get(`${at}/x/yard.plan/hulls`)).status() === 200);

  await t.test('its form comes back with what is wrong, and is sent', async () => {
    await page.goto(`${at}/x/yard.plan/form`);
    await checkPage(page, 'form');
    await checkAccessibility(page, 'form');
    await page.getByLabel('Name', { exact: true }).fill('Hull 13');
    await page.getByRole('button', { name: 'Save hull' }).click();
    await page.getByText('There is no Hull 13 in any yard.').first().waitFor();
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Hull 13');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'name', 'the one field that is wrong has the focus');
    await picture(page, 'plugin-form-wrong');
    await page.getByLabel('Name', { exact: true }).fill('Hull 14');
    await page.getByRole('button', { name: 'Save hull' }).click();
    await page.getByText('Saved Hull 14').waitFor();
  });

  await t.test('a button swaps its part of the page, and one that asks is asked', async () => {
    await page.goto(`${at}/x/yard.plan/hulls`);
    await page.evaluate(() => { globalThis.stays = true; });
    await page.getByRole('button', { name: 'Lower' }).click();
    await page.getByText('Done by owner h14').waitFor();
    assert.equal(await page.evaluate(() => globalThis.stays), true, 'the page was loaded anew');
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByText('Remove it from the plan?').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Removed.').waitFor();
  });

  await t.test('without a network the app looks as it does with one', async () => {
    const dev = await newPerson(browser);
    await signIn(dev.page, app, owner);
    await plum(app);
    await until('the page has the theme', async () => (await (await dev.page.request.get(at)).text()).includes('yard.plum'));
    await dev.page.goto(at);
    await appRuns(dev.page);
    await until('the service worker has the page', () => dev.page.evaluate(() => navigator.serviceWorker.controller !== null));
    await until('the look is kept', () => dev.page.evaluate(async () => (await (await caches.open('or3-look')).keys()).length === 2));
    const before = await frameOf(dev.page);
    assert.match(before.accent, /7a2a6a/);
    assert.deepEqual(before.nav.map(([label]) => label).filter((label) => ['Dashboard', 'Hulls'].includes(label)), ['Dashboard', 'Hulls']);
    await dev.page.context().setOffline(true);
    await dev.page.reload();
    await appRuns(dev.page);
    assert.equal(await dev.page.evaluate(() => document.getElementById('or3-app').textContent.includes('"user":null')), true, 'the page is not the kept shell');
    assert.deepEqual(await frameOf(dev.page), before);
    await checkPage(dev.page, 'offline');
    await picture(dev.page, 'plugin-offline-wide-light');
    await dev.page.locator('#sidebar').getByRole('link', { name: 'Dashboard' }).click();
    await dev.page.getByRole('heading', { level: 1, name: 'This page needs the server' }).waitFor();
    assert.deepEqual(await frameOf(dev.page), before);
    // Whoever is gone leaves nothing of it.
    await dev.page.context().setOffline(false);
    await dev.page.goto(at);
    await appRuns(dev.page);
    await dev.page.locator('.switcher summary').click();
    await dev.page.getByRole('button', { name: 'Sign out' }).click();
    await dev.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await dev.page.waitForURL('**/sign-in');
    assert.deepEqual(await dev.page.evaluate(async () => [localStorage.getItem('or3-look'), await caches.has('or3-look')]), [null, false]);
    assert.equal((await app.or3(['plugin', 'remove', 'yard.plum'])).code, 0);
    await until('the theme is gone', async () => !(await (await page.request.get(at)).text()).includes('yard.plum'));
  });

  await t.test('a widget that fails is a card of its own', async () => {
    await page.goto(at);
    await page.locator('#sidebar').getByRole('link', { name: 'Dashboard' }).click();
    await page.getByText('Slips in Kestrel Boatworks').waitFor();
    await page.locator('.widget', { hasText: 'Tide gauge' }).getByText('Request').waitFor();
    await checkPage(page, 'dashboard');
    await checkAccessibility(page, 'dashboard');
    await picture(page, 'dashboard-wide-light');
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByText('Done by owner').waitFor();
    await page.goto(`${app.base}/admin`);
    await page.getByText('Slips in Kestrel Boatworks').waitFor();
    await checkAccessibility(page, 'overview');
  });

  await t.test('the dashboard is arranged by keyboard', async () => {
    await page.goto(`${at}/dashboard?arrange=on`);
    await checkPage(page, 'arrange');
    await checkAccessibility(page, 'arrange');
    await page.getByRole('button', { name: 'Move Slips down' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Slips is now 2 of 2.').waitFor({ state: 'attached' });
    assert.match(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? ''), /Move Slips/, 'the focus stays with the row');
    await page.getByRole('group', { name: 'Size of Slips' }).getByRole('button', { name: 'Large' }).press('Enter');
    await page.getByText('Slips is large now.').waitFor({ state: 'attached' });
    await picture(page, 'arrange-wide-light');
    await page.goto(`${at}/dashboard`);
    assert.deepEqual(await page.locator('.widget h2').allTextContents(), ['Tide gauge', 'Slips']);
    assert.equal(await page.locator('.widget-large', { hasText: 'Slips' }).count(), 1);
  });

  await t.test('and by the mouse', async () => {
    await page.goto(`${at}/dashboard?arrange=on`);
    const row = (title) => page.locator('[data-arrange] > li', { hasText: title });
    await row('Slips').dragTo(row('Tide gauge'), { sourcePosition: { x: 20, y: 10 }, targetPosition: { x: 20, y: 4 } });
    await page.getByText('Slips is now 1 of 2.').waitFor({ state: 'attached' });
    await page.goto(`${at}/dashboard`);
    assert.deepEqual(await page.locator('.widget h2').allTextContents(), ['Slips', 'Tide gauge']);
    await page.goto(`${at}/dashboard?arrange=on`);
    await page.getByRole('button', { name: 'Move Slips down' }).press('Enter');
    await page.getByText('Slips is now 2 of 2.').waitFor({ state: 'attached' });
  });

  await t.test('a frame speaks with its page, and reaches no further', async () => {
    const { page } = await newPerson(browser); // what the browser refuses the frame is told on its console
    await signIn(page, app, owner);
    await page.goto(`${at}/x/yard.plan/frame`);
    const frame = page.locator('iframe.block-frame');
    await frame.waitFor();
    await until('the frame has the height it asked for', async () => (await frame.evaluate((f) => f.style.height)) === '240px');
    const inside = await (await frame.elementHandle()).contentFrame();
    await until('the frame was told the colours', async () => (await inside.title()) === 'theme');
    assert.equal(await inside.evaluate(() => { try { return String(parent.document.title); } catch { return 'refused'; } }), 'refused');
    assert.equal(await inside.evaluate(() => { try { return document.cookie; } catch { return 'refused'; } }), 'refused');
    assert.equal(await inside.evaluate(() => fetch('/api/session').then(() => 'answered', () => 'refused')), 'refused');
  });

  await t.test('a combobox proposes what its plugin answers, as words', async () => {
    await page.goto(`${at}/x/yard.plan/form`);
    const yard = page.locator('input[name="yard"]');
    await yard.pressSequentially('Bay');
    await page.locator('datalist option[value="Bay north"]').waitFor({ state: 'attached' });
    assert.deepEqual(await page.locator('datalist[data-proposals] option').evaluateAll((all) => all.map((o) => o.value)), ['Bay north', 'South']);
    assert.equal(await page.locator('datalist[data-proposals] b').count(), 0);
  });

  await t.test('an editor and a viewer see what they may', async () => {
    const dev = await newPerson(browser);
    await joinBy(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
    const office = dev.page.locator('#sidebar').getByRole('link', { name: 'Yard office' });
    await dev.page.goto(`${at}/x/yard.plan/write`);
    await dev.page.getByText('From the plugin Slipway planner').waitFor();
    assert.equal(await office.count(), 0, 'a page for owners is in an editor\u2019s navigation');
    await dev.page.goto(`${at}/dashboard`);
    await dev.page.getByText('Slips in Kestrel Boatworks').waitFor();
    await setRole(page, app, colleague.email, 'Viewer');
    assert.equal((await dev.page.goto(`${at}/x/yard.plan/write`)).status(), 403);
    assert.equal((await dev.page.goto(`${at}/x/yard.plan/hulls`)).status(), 200);
    await dev.page.locator('#sidebar').getByRole('link', { name: 'Hulls' }).waitFor();
    await dev.page.goto(`${at}/dashboard`);
    await dev.page.getByText('No widgets yet').or(dev.page.getByText('Nothing is on the dashboard')).first().waitFor();
    assert.equal(await dev.page.getByText('Slips in Kestrel Boatworks').count(), 0);
  });

  await t.test('on a phone, in the dark, and without scripts', async () => {
    const dark = await newPerson(browser, { dark: true, viewport: phone });
    await signIn(dark.page, app, owner);
    for (const [name, path] of [['dashboard', 'dashboard'], ['arrange', 'dashboard?arrange=on'], ['page', 'x/yard.plan/hulls'], ['form', 'x/yard.plan/form']]) {
      await dark.page.goto(`${at}/${path}`);
      if (name === 'dashboard') await dark.page.getByText('Slips in Kestrel Boatworks').waitFor();
      await checkPage(dark.page, `${name} on a phone`);
      await checkAccessibility(dark.page, `${name} on a phone`);
      await picture(dark.page, `plugin-${name}-phone-dark`);
    }
    const plain = await newPerson(browser, { js: false });
    await signIn(plain.page, app, owner);
    await plain.page.goto(`${at}/dashboard?arrange=on`);
    await plain.page.getByRole('button', { name: 'Move Slips up' }).click();
    await plain.page.getByText('Slips is now 1 of 2.').first().waitFor();
    await plain.page.goto(`${at}/x/yard.plan/form`);
    await plain.page.getByLabel('Name', { exact: true }).fill('Hull 15');
    await plain.page.getByRole('button', { name: 'Save hull' }).click();
    await plain.page.getByText('Saved Hull 15').waitFor();
  });
  await t.test('in safe mode its page says so, calmly', async () => {
    const { page } = await newPerson(browser);
    await app.stop({ keep: true });
    app = await startApp({ data: app.dir, addr: new URL(app.base).host, env: { OR3_PLUGINS_SAFE_MODE: 'true' } });
    await signIn(page, app, owner);
    await page.goto(`${at}/x/yard.plan/hulls`);
    await page.getByText('This server runs in safe mode').first().waitFor();
    await checkPage(page, 'safe mode');
    await checkAccessibility(page, 'safe mode');
    await picture(page, 'plugin-safe-mode');
    await page.goto(`${at}/dashboard`);
    await page.getByText('No widgets just now').waitFor();
  });

  assert.deepEqual(ines.trouble, []);
});

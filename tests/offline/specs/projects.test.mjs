// Projects and activity without a network: made, filled, ordered, kept over a
// reload, sent afterwards, and seen by another device.
import test from 'node:test';
import assert from 'node:assert/strict';
import { checkAccessibility, checkPage, newPerson, openBrowser, patience, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { exported } from '../../e2e/lib/local.mjs';
import { appRuns, dump, equal, openApp, realTrouble, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const sidebar = (page, name) => page.locator('#sidebar [data-slot=nav-projects] a', { hasText: name });
const entries = (page) => page.locator('[data-slot=entries] .row-link');
const entry = (page, title) => page.locator('[data-slot=entries] > li', { hasText: title });
const titles = (page) => entries(page).allInnerTexts();
const facts = (page, words) => page.locator('#main [data-slot=facts]', { hasText: words }).waitFor();
const kept = (page) => until('the service worker keeps the app', () => page.evaluate(() => navigator.serviceWorker.ready.then(() => true)), 60_000);

// does picks an entry of a menu.
async function does(menu, name) {
  await menu.locator('summary').click();
  await menu.getByRole('button', { name }).click();
}

test('a project is made offline, filled, and met by another device', async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t);
  const { page } = ines;
  await kept(page);
  let project;

  await t.test('offline it is made, from the sidebar and by keys alone', async () => {
    await ines.context.setOffline(true);
    await page.locator('#sidebar').getByRole('link', { name: 'Projects', exact: true }).click();
    await page.getByText('No projects yet').waitFor();
    await checkPage(page, 'no projects');
    await page.locator('#main').getByRole('link', { name: 'New project' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New project', level: 1 }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'name');
    await page.keyboard.type('   ');
    await page.keyboard.press('Enter');
    await page.getByText('Give the project a name.').waitFor();
    await page.keyboard.type('Hull 14');
    await page.keyboard.press('Tab');
    await page.keyboard.type('What follows from the survey\n<b>& more</b>, see https://tides.example/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Hull 14', level: 1 }).waitFor();
    project = new URL(page.url()).pathname;
    assert.match(project, new RegExp(`^/w/${workspace}/projects/[0-9a-f-]{36}$`));
    assert.equal(await page.locator('[data-slot=description]').innerText(), 'What follows from the survey\n<b>& more</b>, see https://tides.example/');
    assert.equal(await page.locator('[data-slot=description] a').getAttribute('href'), 'https://tides.example/');
    await page.getByText('Nothing in it yet').waitFor();
    await sidebar(page, 'Hull 14').waitFor();
    assert.equal(await sidebar(page, 'Hull 14').getAttribute('aria-current'), 'page');
    assert.equal(await page.title(), 'Hull 14 · Kestrel Boatworks');
    await checkPage(page, 'an empty project');
    await checkAccessibility(page, 'an empty project');
  });

  await t.test('a thread goes into it from its own menu, another and a document from the project', async () => {
    await page.locator('#sidebar a[data-nav=threads]').click();
    const other = await startHere(page, 'Spring launch order', 'Slip 2 is free.');
    await page.locator('#sidebar a[data-nav=documents]').click();
    await page.getByRole('link', { name: 'New document' }).first().click();
    await page.locator('#document input[name=title]').fill('Launch day');
    await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
    await page.locator('#sidebar a[data-nav=threads]').click();
    await page.locator('.thread-row', { hasText: 'Hull 14: keel survey' }).click();
    await page.locator('#thread-menu summary').click();
    await page.getByRole('link', { name: 'Put into a project…' }).click();
    await page.getByRole('heading', { name: 'Project', level: 1 }).waitFor();
    await checkPage(page, 'the choice of a project');
    await checkAccessibility(page, 'the choice of a project');
    await page.locator('select[name=project]').selectOption({ label: 'Hull 14' });
    await page.getByRole('button', { name: 'Move' }).click();
    await until('the thread is shown again', () => new URL(page.url()).pathname === path);
    const home = page.locator('.thread-facts', { hasText: /Started by you, .*, in Hull 14\./ }).getByRole('link', { name: 'Hull 14' });
    await home.waitFor();
    assert.equal(await home.getAttribute('href'), project);
    await sidebar(page, 'Hull 14').click();
    await entry(page, 'Hull 14: keel survey').waitFor();
    for (const [key, label] of [[`thread:${other}`, 'Spring launch order'], ['', 'Launch day']]) {
      await page.locator('select[name=entry]').selectOption(key === '' ? { label: `Document: ${label}` } : key);
      await page.getByRole('button', { name: 'Add' }).click();
      await entry(page, label).waitFor();
    }
    await page.getByText('Everything is in a project already.').waitFor();
    assert.deepEqual(await titles(page), ['Hull 14: keel survey', 'Spring launch order', 'Launch day']);
    await facts(page, '3 threads and documents');
  });

  await t.test('a document says which project it is in, goes out of it and back', async () => {
    const home = page.locator('.doc [data-slot=home]');
    // choose moves the document that is open.
    const choose = async (name) => {
      await page.locator('#document-menu summary').click();
      await page.getByRole('link', { name: 'Put into a project…' }).click();
      await page.locator('select[name=project]').selectOption({ label: name });
      await page.getByRole('button', { name: 'Move' }).click();
      await page.locator('#document').waitFor();
    };
    await page.locator('[data-slot=entries]').getByRole('link', { name: 'Launch day' }).click();
    await page.locator('#document').waitFor();
    assert.equal(await home.innerText(), 'in Hull 14');
    assert.equal(await home.getByRole('link').getAttribute('href'), project);
    await checkPage(page, 'a document in a project');
    await checkAccessibility(page, 'a document in a project');
    await picture(page, 'document-in-project');
    await page.setViewportSize(phone);
    await checkPage(page, 'a document in a project on a phone');
    await checkAccessibility(page, 'a document in a project on a phone');
    await picture(page, 'document-in-project-phone');
    await page.setViewportSize(wide);
    await choose('In no project');
    assert.equal(await home.count(), 0);
    await choose('Hull 14');
    await home.getByRole('link', { name: 'Hull 14' }).click();
    await entry(page, 'Launch day').waitFor();
    assert.deepEqual(await titles(page), ['Hull 14: keel survey', 'Spring launch order', 'Launch day']);
  });

  await t.test('its order changes, the focus stays with what moved', async () => {
    await does(entry(page, 'Launch day'), 'Move up');
    await until('it moved up', async () => (await titles(page)).join() === 'Hull 14: keel survey,Launch day,Spring launch order');
    await page.waitForFunction(() => document.activeElement?.closest('li')?.textContent.includes('Launch day'));
    await page.keyboard.press('Escape');
    const last = entry(page, 'Spring launch order');
    await last.locator('summary').click();
    assert.equal(await last.getByRole('button', { name: /^Move down/ }).getAttribute('aria-disabled'), 'true');
    await last.getByText('It is the last.').waitFor();
    await checkAccessibility(page, 'the menu of an entry');
    await page.keyboard.press('Escape');
    await does(last, /^Take out of the project/);
    await last.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.closest('li')?.textContent.includes('Launch day'));
  });

  await t.test('a reload without a network shows it all', async () => {
    await page.reload();
    await appRuns(page);
    await entry(page, 'Launch day').waitFor();
    assert.deepEqual(await titles(page), ['Hull 14: keel survey', 'Launch day']);
    await sidebar(page, 'Hull 14').waitFor();
    await picture(page, 'project-offline');
    await page.locator('#sidebar').getByRole('link', { name: 'Projects', exact: true }).click();
    await page.locator('.rows a', { hasText: 'Hull 14' }).waitFor();
    await checkPage(page, 'projects');
    await checkAccessibility(page, 'projects');
    await picture(page, 'projects-offline');
  });

  await t.test('the palette makes one, too', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('new project');
    await page.keyboard.press('Enter');
    await page.locator('input[name=name]').waitFor();
    await page.locator('input[name=name]').fill('Spring launch');
    await page.getByRole('button', { name: 'Create project' }).click();
    await sidebar(page, 'Spring launch').waitFor();
    await page.getByRole('heading', { name: 'Spring launch', level: 1 }).waitFor();
    // A step back does not lead into the form again.
    await page.goBack();
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  });

  await t.test('back on the network the other device sees it, drawn by the server first and then by itself', async () => {
    await ines.context.setOffline(false);
    await synced(page);
    await openApp(dev.page, app, project);
    await entry(dev.page, 'Launch day').waitFor();
    assert.deepEqual(await titles(dev.page), ['Hull 14: keel survey', 'Launch day']);
    await checkPage(dev.page, 'a project on a phone');
    await checkAccessibility(dev.page, 'a project on a phone');
    await picture(dev.page, 'project-phone-dark');
    await dev.page.getByRole('button', { name: 'Menu' }).click();
    await sidebar(dev.page, 'Spring launch').waitFor();
    await checkAccessibility(dev.page, 'the sidebar on a phone');
    await picture(dev.page, 'sidebar-phone-dark');
    await dev.page.keyboard.press('Escape');
    await equal(app, workspace, page, dev.page);
  });

  await t.test('it is renamed on one device while the other looks', async () => {
    await sidebar(page, 'Hull 14').click();
    await page.locator('#project-menu summary').click();
    await page.getByRole('link', { name: 'Rename and describe' }).click();
    assert.match(await page.locator('textarea[name=description]').inputValue(), /^What follows/);
    await page.locator('input[name=name]').fill('Hull 14, port side');
    await page.locator('textarea[name=description]').fill('');
    await page.getByRole('button', { name: 'Save project' }).click();
    await page.getByRole('heading', { name: 'Hull 14, port side', level: 1 }).waitFor();
    await dev.page.getByRole('heading', { name: 'Hull 14, port side', level: 1 }).waitFor();
    await dev.page.locator('[data-slot=description]').waitFor({ state: 'detached' });
    await sidebar(page, 'Hull 14, port side').waitFor();
    // A document that is open hears of it, also where the server drew it.
    await dev.page.locator('[data-slot=entries]').getByRole('link', { name: 'Launch day' }).click();
    await dev.page.reload();
    await dev.page.locator('.doc [data-slot=home]', { hasText: 'in Hull 14, port side' }).waitFor();
    await appRuns(dev.page);
    assert.equal(await dev.page.locator('.doc [data-slot=home]').count(), 1);
    await picture(dev.page, 'document-in-project-phone-dark');
  });

  await t.test('both put something into it while they are apart: both things are in it', async () => {
    await ines.context.setOffline(true);
    await page.locator('select[name=entry]').selectOption({ label: 'Thread: Spring launch order' });
    await page.getByRole('button', { name: 'Add' }).click();
    await entry(page, 'Spring launch order').waitFor();
    await dev.page.goto(`${app.base}/w/${workspace}`);
    await appRuns(dev.page);
    const third = await startHere(dev.page, 'Marine ply, 3 quotes', 'Robbins came back at 84.20 a sheet.');
    await dev.page.goto(app.base + project);
    await appRuns(dev.page);
    await dev.page.locator('select[name=entry]').selectOption(`thread:${third}`);
    await dev.page.getByRole('button', { name: 'Add' }).click();
    await entry(dev.page, 'Marine ply').waitFor();
    await dev.page.goto(`${app.base}${project}?debug=1`);
    await appRuns(dev.page);
    await synced(dev.page);
    await ines.context.setOffline(false);
    for (const p of [page, dev.page]) {
      await until('everything is in it', async () => (await titles(p)).toSorted().join() === 'Hull 14: keel survey,Launch day,Marine ply\, 3 quotes,Spring launch order');
    }
    await equal(app, workspace, page, dev.page);
  });

  await t.test('it is deleted after a question; what was in it stays, and can go elsewhere', async () => {
    await page.locator('#project-menu summary').click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByText('The project goes for everyone in Kestrel Boatworks.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await page.locator('#project-menu summary').click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete project' }).click();
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    await sidebar(page, 'Hull 14').waitFor({ state: 'detached' });
    await dev.page.waitForURL(/\/projects$/);
    await sidebar(page, 'Spring launch').click();
    await page.locator('select[name=entry] option', { hasText: 'Hull 14: keel survey' }).waitFor({ state: 'attached' });
    await equal(app, workspace, page, dev.page);
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]), []);
  });
});

test('what one was told is read and cleared without a network', async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t);
  const { page } = ines;
  await kept(page);
  const bell = (p) => p.locator('#sidebar a[data-nav=activity]');
  const told = (p, words) => p.locator('.rows > li', { hasText: words });

  const me = await page.evaluate(() => JSON.parse(document.getElementById('or3-app').textContent).user.id);
  const now = Math.floor(Date.now() / 1000);
  const thread_id = path.split('/').at(-1);
  const idOf = (n) => `0197a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  // tell writes notices of this person from another device.
  const tell = async (...notices) => {
    const ops = notices.map(([n, fields]) => ({
      table: 'notifications', op: 'put', pk: idOf(n), payload: { id: idOf(n), user_id: me, type: 'mention', created_at: now - 10 + n, updated_at: now, ...fields },
      stamp: { device_id: 'elsewhere', op_id: `0197a000-0000-7000-8001-${String(n).padStart(12, '0')}`, hlc: `${Date.now()}:0000:elsewhere`, clock: 1 },
    }));
    const answer = await page.request.post(`${app.base}/api/sync/push`, { headers: { 'Sec-Fetch-Site': 'same-origin' }, data: { workspace_id: workspace, ops } });
    assert.deepEqual((await answer.json()).results.map((r) => r.status), ops.map(() => 'applied'));
  };

  await t.test('two notices come to this person alone, and the bell counts them', async () => {
    await page.locator('#sidebar a[data-nav=documents]').click(); // one who looks at the thread has read what is told about it
    await page.getByText('No documents yet').waitFor();
    await tell([1, { title: 'Dev Patel wrote to you', body: 'About the <b>seam</b>' }], [2, { title: 'Dev Patel answered in Hull 14', thread_id }]);
    await bell(page).getByText('2 unread').waitFor();
    await bell(page).click();
    await told(page, 'Dev Patel answered').waitFor();
    assert.deepEqual(await page.locator('.rows .row-title').allInnerTexts(), ['Dev Patel answered in Hull 14 New', 'Dev Patel wrote to you New']);
    await facts(page, '2 unread');
    await checkPage(page, 'activity');
    await checkAccessibility(page, 'activity');
    await picture(page, 'activity-wide');
    assert.equal(await bell(dev.page).locator('.nav-count').count(), 0);
  });

  await t.test('offline one is marked, a reload keeps it, and following the other reads it', async () => {
    await synced(page);
    await ines.context.setOffline(true);
    await page.getByText('You are offline.').waitFor(); // it moves what stands below it
    await told(page, 'wrote to you').getByRole('button', { name: /^Mark as read/ }).click();
    await facts(page, '1 unread');
    await page.reload();
    await appRuns(page);
    await facts(page, '1 unread');
    await bell(page).getByText('1 unread').waitFor();
    await page.getByRole('link', { name: 'Dev Patel answered in Hull 14' }).click();
    await page.locator('.message-text', { hasText: 'Inspector moved' }).waitFor();
    await bell(page).locator('.nav-count').waitFor({ state: 'detached' });
    await bell(page).click();
    await facts(page, 'You have read everything.');
    assert.equal(await page.getByRole('button', { name: 'Mark all as read' }).count(), 0);
  });

  await t.test('who looks at the thread has read what is told about it, but not what the device has to say', async () => {
    await ines.context.setOffline(false);
    await openApp(page, app, path);
    await synced(page);
    await tell([3, { title: 'Dev Patel answered again', thread_id }], [4, { title: 'Your change to a thread was replaced', type: 'sync.conflict', thread_id }]);
    await until('it is read', async () => (await dump(page)).notifications.find((n) => n.id === idOf(3))?.read_at > 0);
    await bell(page).getByText('1 unread').waitFor();
  });

  await t.test('earlier ones are a button away without a network, and a link away without scripts', async () => {
    await page.locator('#sidebar a[data-nav=documents]').click();
    const old = Array.from({ length: 98 }, (_, i) => [100 + i, { title: `Earlier ${String(98 - i).padStart(2, '0')}`, read_at: now, created_at: now - 1000 + i }]);
    await tell(...old);
    await synced(page);
    await until('they are here', async () => (await dump(page)).notifications.length === 102);
    await ines.context.setOffline(true);
    await bell(page).click();
    const rows = page.locator('.rows > li');
    await told(page, 'Earlier 46').waitFor();
    assert.equal(await rows.count(), 50);
    await page.getByRole('link', { name: 'Show earlier' }).focus();
    await page.keyboard.press('Enter');
    await told(page, 'Earlier 96').waitFor();
    assert.equal(await rows.count(), 100);
    await page.waitForFunction(() => document.activeElement?.textContent.includes('Earlier 47'));
    await checkPage(page, 'more of the activity');
    await checkAccessibility(page, 'more of the activity');
    await picture(page, 'activity-earlier');
    await page.getByRole('link', { name: 'Show earlier' }).click();
    await told(page, 'Earlier 98').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Show earlier' }).count(), 0);
    await ines.context.setOffline(false);
    const plain = await ines.context.browser().newContext({ javaScriptEnabled: false, storageState: await ines.context.storageState() });
    plain.setDefaultTimeout(patience);
    const other = await plain.newPage();
    await other.goto(`${app.base}/w/${workspace}/activity`);
    await other.getByRole('link', { name: 'Show earlier' }).click();
    await other.locator('.rows .row-title', { hasText: 'Earlier 96' }).waitFor(); // the last one: all of the page is here
    assert.deepEqual(await other.locator('.rows .row-title').allInnerTexts(), Array.from({ length: 50 }, (_, i) => `Earlier ${47 + i}`));
    // The app draws the same from what stands on the device.
    const place = new URL(other.url());
    await plain.close();
    await openApp(page, app, place.pathname + place.search);
    assert.deepEqual(await page.locator('.rows .row-title').allInnerTexts(), Array.from({ length: 50 }, (_, i) => `Earlier ${47 + i}`));
    await picture(page, 'activity-place');
    await page.getByRole('link', { name: 'Show the latest' }).click();
    await told(page, 'was replaced').waitFor();
  });

  await t.test('on the network the server knows it, and clearing asks first', async () => {
    await openApp(page, app, `/w/${workspace}/activity`);
    await synced(page);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear notices' }).click();
    await page.getByText('Nothing new').waitFor();
    await equal(app, workspace, page);
    assert.deepEqual(realTrouble(ines.trouble), []);
  });
});

test('the app without accounts has projects', async (t) => {
  const home = await exported();
  t.after(() => home.close());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { context, page, trouble } = await newPerson(browser, { dark: true });
  await page.goto(home.base);
  await page.getByText('No threads yet').filter({ visible: true }).first().waitFor();
  assert.equal(await page.locator('#sidebar a[data-nav=activity]').count(), 0);
  await page.getByRole('link', { name: 'New', exact: true }).click();
  await page.locator('input[name=title]').fill('Sails');
  await page.getByLabel('First message').fill('The jib needs a new clew.');
  await page.getByRole('button', { name: 'Start thread' }).click();
  await page.locator('.message-text', { hasText: 'new clew' }).waitFor();
  await page.locator('#sidebar').getByRole('link', { name: 'New project' }).click();
  await page.locator('input[name=name]').fill('Kittiwake refit');
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.locator('select[name=entry]').selectOption({ label: 'Thread: Sails' });
  await page.getByRole('button', { name: 'Add' }).click();
  await entry(page, 'Sails').waitFor();
  await sidebar(page, 'Kittiwake refit').waitFor();
  await checkPage(page, 'a project without accounts');
  await checkAccessibility(page, 'a project without accounts');
  await picture(page, 'project-local-dark');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller === null) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
  });
  await context.setOffline(true);
  await page.reload();
  await entry(page, 'Sails').waitFor();
  await entries(page).first().click();
  await page.locator('#thread-menu summary').click();
  await page.getByRole('link', { name: 'Put into a project…' }).click();
  await page.locator('select[name=project]').selectOption({ label: 'In no project' });
  await page.getByRole('button', { name: 'Move' }).click();
  await page.locator('.message-text', { hasText: 'new clew' }).waitFor();
  await sidebar(page, 'Kittiwake refit').click();
  await page.getByText('Nothing in it yet').waitFor();
  await page.locator('#project-menu summary').click();
  await page.getByRole('link', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete project' }).click();
  await page.getByText('No projects yet').waitFor();
  await context.setOffline(false);
  assert.deepEqual(home.missing, []);
  assert.deepEqual(realTrouble(trouble), []);
});

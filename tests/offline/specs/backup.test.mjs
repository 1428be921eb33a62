// The workspace as a file and back: exported, looked at before anything is
// written, appended, replaced; for people with and without an account.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startApp, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, picture, phone } from '../../e2e/lib/browser.mjs';
import { exported, served } from '../../e2e/lib/local.mjs';
import { setUp, invite, join } from '../../e2e/lib/people.mjs';
import { appRuns, dump, equal, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const report = (page) => page.locator('[data-slot=report]');
const said = (page, words) => report(page).locator('.notice', { hasText: words }).waitFor();
const count = (page, kind) => report(page).locator('tr', { hasText: kind }).locator('td').allInnerTexts();

// saved presses Export and gives the file's name and text.
async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export', exact: true }).click()]);
  await page.locator('[data-slot=exported]', { hasText: 'rows' }).waitFor();
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

// look chooses a file and waits for what it would do.
async function look(page, mode, text, name = 'kestrel.or3.jsonl') {
  await page.getByLabel('File', { exact: true }).setInputFiles({ name, mimeType: 'application/jsonl', buffer: Buffer.from(text) });
  await page.getByLabel(new RegExp(`^${mode}:`)).check();
  await page.getByRole('button', { name: 'Check the file' }).click();
  await report(page).locator(':scope > *').first().waitFor();
}

const lines = (text) => text.trimEnd().split('\n').map((l) => JSON.parse(l));
const contents = async (page) => {
  const all = await dump(page);
  return ['threads', 'messages', 'posts', 'projects', 'kv'].flatMap((t) => all[t].map((r) => `${t} ${r.id} ${r.title ?? r.name ?? JSON.stringify(r.data)}`)).sort();
};

test('a workspace is exported, changed, and brought back', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const dev = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  const { page } = ines;
  const workspace = await setUp(app, page);
  await join(dev.page, await invite(page, app, colleague.email, 'viewer'), colleague);
  const at = `/w/${workspace}/backup`;
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await say(page, 'Two readings under 9 mm <b>& falling</b>.');
  await startHere(page, 'Sails', 'The jib needs a new clew.');
  await synced(page);
  let backup;
  let before;

  await t.test('the menu and the palette lead to it', async () => {
    await page.locator('.switcher > summary').click();
    await page.getByRole('link', { name: 'Backup' }).click();
    await page.getByRole('heading', { name: 'Backup' }).waitFor();
    assert.equal(new URL(page.url()).pathname, at);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('backup');
    await page.locator('.palette').getByText('Backup: export and import').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await checkPage(page, 'backup');
    await checkAccessibility(page, 'backup');
    await picture(page, 'backup-wide');
  });

  await t.test('export gives a file of it, also without a network', async () => {
    before = await contents(page);
    await ines.context.setOffline(true);
    backup = await saved(page);
    await ines.context.setOffline(false);
    assert.match(backup.name, /^kestrel-boatworks-\d{4}-\d\d-\d\d\.or3\.jsonl$/);
    const all = lines(backup.text);
    assert.deepEqual([all[0].type, all[0].version, all[0].workspace_id, all[0].workspace], ['or3-backup', 1, workspace, 'Kestrel Boatworks']);
    assert.equal(all.at(-1).rows, all.length - 2);
    assert.ok(all.some((l) => l.table === 'messages' && l.row.data.content.includes('<b>& falling</b>')));
  });

  await t.test('the same file has nothing to do', async () => {
    await look(page, 'Append', backup.text);
    await said(page, 'here already');
    assert.equal(await report(page).getByRole('button', { name: /Append|Replace/ }).count(), 0);
  });

  await t.test('none of ours, a newer one, one cut off: each is told apart, and nothing is written', async () => {
    await look(page, 'Append', 'Dear diary\n', 'diary.jsonl');
    await said(page, 'This is not a backup of this app');
    await look(page, 'Append', backup.text.replace('"version":1', '"version":7'));
    await said(page, 'its format is 7');
    await look(page, 'Replace', backup.text.split('\n').slice(0, -2).join('\n'));
    await said(page, 'The file is cut off');
    assert.equal(await report(page).getByRole('button', { name: /Replace/ }).count(), 0);
    await picture(page, 'backup-cut');
    assert.deepEqual(await contents(page), before);
  });

  await t.test('append: broken lines are named, the others come in, what is newer here stays', async () => {
    const all = backup.text.trimEnd().split('\n');
    const thread = JSON.parse(all.find((l) => l.includes('"table":"threads"')));
    const fresh = { type: 'row', table: 'threads', row: { ...thread.row, id: 'from-the-file', title: 'Only in the file' } };
    const older = { ...thread, row: { ...thread.row, title: 'Older', updated_at: thread.row.updated_at - 1 } };
    const text = [all[0], '{ broken', JSON.stringify({ ...thread, row: { ...thread.row, pinned: 'yes' } }), JSON.stringify(fresh), JSON.stringify(older)].join('\n') + '\n';
    await look(page, 'Append', text);
    assert.deepEqual(await report(page).locator('[data-slot=broken] li').allInnerTexts().then((l) => l.map((s) => s.replace(/\s+/g, ' '))), ['Line 2 It is not a JSON object.', 'Line 3 Its “pinned” must be true or false.']);
    assert.deepEqual(await count(page, 'Threads'), ['1', '0', '0', '1']);
    await said(page, 'differs from a newer one here');
    await checkPage(page, 'a plan');
    await checkAccessibility(page, 'a plan');
    await picture(page, 'backup-append');
    assert.deepEqual(await contents(page), before, 'looking writes nothing');
    await report(page).getByRole('button', { name: 'Append 1 row' }).click();
    await said(page, 'Imported: 1 row added.');
    await synced(page);
    assert.deepEqual((await contents(page)).filter((l) => !before.includes(l)), ['threads from-the-file Only in the file']);
  });

  await t.test('replace asks first, then the workspace is as it was, on the server too', async () => {
    await page.goto(`${app.base}/w/${workspace}`);
    await appRuns(page);
    await page.locator('.thread-row', { hasText: 'Only in the file' }).waitFor();
    await openApp(page, app, at);
    await look(page, 'Replace', backup.text);
    assert.deepEqual(await count(page, 'Threads'), ['0', '0', '1', String(before.filter((l) => l.startsWith('threads')).length)]);
    await report(page).locator('dd', { hasText: 'Only in the file' }).waitFor();
    await said(page, 'deleted here, for everyone in Kestrel Boatworks');
    await picture(page, 'backup-replace');
    const replace = report(page).getByRole('button', { name: 'Replace: delete 1…' });
    await replace.click();
    const dialog = page.getByRole('dialog', { name: 'Replace what is in Kestrel Boatworks?' });
    await picture(page, 'backup-replace-asked');
    await dialog.getByRole('button', { name: 'Keep what is here' }).click();
    assert.notDeepEqual(await contents(page), before);
    await replace.click();
    await dialog.getByRole('button', { name: 'Replace', exact: true }).click();
    await said(page, 'Imported: 1 row deleted.');
    assert.deepEqual(await contents(page), before);
    await equal(app, workspace, page);
  });

  await t.test('of two tabs one imports, and what a closed tab has left goes on in the other', async () => {
    const rows = Array.from({ length: 900 }, (_, i) => JSON.stringify({ type: 'row', table: 'threads', row: { id: `berth-${i}`, title: `Berth ${i}`, status: 'ready', pinned: false, created_at: 1, updated_at: 1 } }));
    const file = [backup.text.split('\n')[0], ...rows].join('\n') + '\n';
    const berths = async () => (await dump(page)).threads.filter((r) => r.id.startsWith('berth-')).length;
    const other = await ines.context.newPage();
    await openApp(other, app, at);
    for (const tab of [page, other]) await look(tab, 'Append', file, 'berths.or3.jsonl');
    const append = (tab) => report(tab).getByRole('button', { name: 'Append 900 rows' });
    // The other tab's disk stops in the middle of the file.
    await other.evaluate(() => {
      Blob.prototype.stream = function () {
        const half = this.slice(0, this.size / 2);
        return new ReadableStream({
          async start(to) { to.enqueue(new Uint8Array(await half.arrayBuffer())); },
          pull: () => new Promise(() => {}),
        });
      };
    });
    await append(other).click();
    await until('the other tab is at work', async () => await berths() > 0);
    // A browser that is slow to say that a lock is taken: meanwhile this tab is busy, and says nothing of others.
    await page.evaluate(() => {
      const request = navigator.locks.request.bind(navigator.locks);
      navigator.locks.request = async (...of) => {
        navigator.locks.request = request;
        await new Promise((done) => setTimeout(done, 3500));
        return request(...of);
      };
    });
    await append(page).click();
    await said(page, 'Another tab is importing berths.or3.jsonl');
    await page.locator('[data-slot=unfinished]', { hasText: 'Another tab is importing berths.or3.jsonl (append)' }).waitFor();
    await checkPage(page, 'another tab imports');
    await picture(page, 'backup-taken');
    await other.close({ runBeforeUnload: false });
    await page.locator('[data-slot=unfinished]', { hasText: 'stopped on this device before it was done' }).waitFor();
    const left = 900 - (await berths());
    assert.ok(left > 0 && left < 900);
    await look(page, 'Append', file, 'berths.or3.jsonl');
    // A browser that answers late who holds a lock must not bring old news back.
    await page.evaluate(() => {
      const query = navigator.locks.query.bind(navigator.locks);
      navigator.locks.query = async () => {
        const answer = await query();
        await new Promise((done) => setTimeout(done, 700));
        return answer;
      };
    });
    await report(page).getByRole('button', { name: `Append ${left} rows` }).click();
    await said(page, `Imported: ${left} rows added.`);
    assert.equal(await berths(), 900);
    await page.locator('[data-slot=unfinished] .notice').waitFor({ state: 'detached' });
  });

  await t.test('replace takes them away again', async () => {
    await look(page, 'Replace', backup.text);
    await report(page).getByRole('button', { name: /^Replace: / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replace', exact: true }).click();
    await said(page, 'Imported: 900 rows deleted.');
    assert.deepEqual(await contents(page), before);
    await equal(app, workspace, page);
  });

  await t.test('a viewer exports and cannot import', async () => {
    await openApp(dev.page, app, at);
    await synced(dev.page);
    const theirs = await saved(dev.page);
    assert.ok(theirs.text.includes('Inspector moved'));
    assert.equal(await dev.page.getByLabel('File', { exact: true }).count(), 0);
    await dev.page.getByText('importing is for those who can write').waitFor();
    await checkPage(dev.page, 'a viewer’s backup');
    await checkAccessibility(dev.page, 'a viewer’s backup');
    await picture(dev.page, 'backup-viewer-phone-dark');
  });

  await t.test('the whole fits a phone', async () => {
    await page.setViewportSize(phone);
    await look(page, 'Replace', backup.text.replace(/"title":"Hull 14/g, '"title":"Hull 15'));
    await said(page, 'its sum does not agree');
    await checkPage(page, 'a plan on a phone');
    await checkAccessibility(page, 'a plan on a phone');
    await picture(page, 'backup-phone');
    await page.emulateMedia({ colorScheme: 'dark' });
    await checkAccessibility(page, 'a plan on a phone in the dark', ['color-contrast']);
    await report(page).scrollIntoViewIfNeeded();
    await picture(page, 'backup-phone-dark');
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]), []);
  });
});

for (const { where, open } of [{ where: 'as plain files', open: exported }, { where: 'on a server without accounts', open: served }]) {
  test(`the app without accounts ${where} is exported and brought into another browser`, async (t) => {
    const home = await open();
    t.after(() => home.close());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const first = await newPerson(browser);
    const second = await newPerson(browser, { viewport: phone, touch: true });
    const message = (page, text) => page.locator('.message-text', { hasText: text });
    await first.page.goto(home.at('/w/local?new=1'));
    await first.page.locator('#main input[name=title]').fill('Hull 14: keel survey');
    await first.page.getByLabel('First message').fill('Inspector moved to 2 December.');
    await first.page.getByRole('button', { name: 'Start thread' }).click();
    await message(first.page, 'Inspector moved').waitFor();
    await first.page.getByRole('link', { name: 'Backup' }).click();
    await first.page.getByRole('heading', { name: 'Backup' }).waitFor();
    await picture(first.page, `backup-local-${where.replaceAll(' ', '-')}`);
    const backup = await saved(first.page);
    assert.equal(lines(backup.text)[0].user_id, null);

    const { page } = second;
    await page.goto(home.at('/w/local/backup'));
    await page.getByRole('heading', { name: 'Backup' }).waitFor();
    await look(page, 'Append', backup.text);
    assert.deepEqual(await count(page, 'Messages'), ['1', '0', '0', '0']);
    await checkPage(page, 'local backup');
    await checkAccessibility(page, 'local backup');
    await report(page).getByRole('button', { name: 'Append 2 rows' }).click();
    await said(page, 'Imported: 2 rows added.');
    await page.goto(home.at('/w/local'));
    await page.locator('.thread-row', { hasText: 'Hull 14' }).click();
    await message(page, 'Inspector moved').waitFor();
    assert.deepEqual([...first.trouble, ...second.trouble, ...home.missing], []);
  });
}

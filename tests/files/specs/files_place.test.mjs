// Where one stands in the list of files: what one looked for, the tab and the
// view stay through what is done to a file, and what is not listed yet can be
// had, with and without scripts.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { partRuns } from '../../e2e/lib/files.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

// known tells the server of files, as a device does before it sends them.
async function known(page, app, workspace, from, to, name) {
  for (let at = from; at < to; at += 100) {
    const ops = Array.from({ length: Math.min(100, to - at) }, (_, n) => {
      const i = at + n;
      const hash = `sha256:${String(i).padStart(64, '0')}`;
      return { table: 'file_meta', op: 'put', pk: hash, stamp: { device_id: 'shed', op_id: randomUUID(), hlc: `${String(1_795_426_200_000 + i).padStart(13, '0')}:0000:shed`, clock: 1 },
        payload: { hash, name: name(i), mime_type: 'text/plain', kind: 'file', size_bytes: 10, deleted: false, clock: 1, created_at: 1_795_426_200 + i, updated_at: 1_795_426_200 + i } };
    });
    const answer = await page.request.post(`${app.base}/api/sync/push`, { data: { workspace_id: workspace, ops }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(answer.status(), 200, await answer.text());
    assert.deepEqual((await answer.json()).results.filter((r) => r.status !== 'applied'), []);
  }
}

const scan = (i) => `scan ${String(i).padStart(4, '0')}.txt`;
const where = (page) => Object.fromEntries([...new URL(page.url()).searchParams].filter(([name]) => name !== 'debug').sort());

// change renames, trashes, restores and keeps a file; the list stays as it was.
async function change(page, ways) {
  const item = (name) => page.locator('.file-item', { hasText: name });
  const stays = (want, what) => until(what, () => JSON.stringify(where(page)) === JSON.stringify(want));
  const looked = { kind: 'other', q: 'scan 00', view: 'list' };
  await page.goto(`${ways.list}?q=scan+00&kind=other&view=list${ways.debug}`);
  await ways.ready();
  await item(`${ways.renamed}.txt`).locator('summary').click();
  await item(`${ways.renamed}.txt`).getByRole('link', { name: 'Rename' }).click();
  await page.getByLabel('Name of the file').fill(`${ways.renamed}\tof the keel.txt`);
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await item(`${ways.renamed} of the keel.txt`).waitFor();
  await stays(looked, 'after renaming');
  await item(ways.trashed).locator('summary').click();
  await item(ways.trashed).getByRole('button', { name: /Move to the trash/ }).click();
  await item(ways.trashed).waitFor({ state: 'detached' });
  await stays(looked, 'after it went to the trash');
  await page.getByRole('link', { name: /^Trash/ }).click();
  await item(ways.trashed).locator('summary').click();
  const trash = { ...looked, kind: 'trash' };
  await stays(trash, 'in the trash');
  await item(ways.trashed).getByRole('link', { name: /Delete for ever/ }).click();
  await page.getByRole('button', { name: 'Keep it' }).or(page.getByRole('link', { name: 'Keep it' })).click();
  await stays(trash, 'after it was kept');
  if (!(await item(ways.trashed).getByRole('button', { name: 'Restore' }).isVisible())) await item(ways.trashed).locator('summary').click();
  await item(ways.trashed).getByRole('button', { name: 'Restore' }).click();
  await item(ways.trashed).waitFor({ state: 'detached' });
  await stays(trash, 'after it was restored');
  await page.getByRole('link', { name: /^Other/ }).click();
  await item(ways.trashed).waitFor();
  await page.locator('.filters input[name=q]').fill('nowhere');
  await page.getByRole('button', { name: 'Find' }).or(page.locator('.filters input[name=q]')).last().press('Enter');
  await page.getByRole('link', { name: 'Clear the filter' }).click();
  await stays({ kind: 'other', view: 'list' }, 'after what was looked for is cleared');
}

test('the list stays as it was looked at, and goes on behind its end', async (t) => {
  const app = await startApp({ env: { OR3_LIMITS_ENABLED: 'false' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { js: false });
  const workspace = await setUp(app, page);
  const list = `${app.base}/w/${workspace}/files`;
  await known(page, app, workspace, 0, 2003, scan);
  const names = (p) => p.locator('.file-item .file-name').allInnerTexts();

  await t.test('without scripts', async () => {
    await change(page, { list, renamed: 'scan 0007', trashed: scan(8), debug: '', ready: () => undefined });
    await page.goto(`${list}?view=list`);
    assert.equal((await names(page)).length, 2000);
    await page.getByRole('link', { name: 'Show older' }).click();
    await page.getByText('Older ones: 3 files').waitFor();
    assert.deepEqual(await names(page), [scan(2), scan(1), scan(0)]);
    assert.equal(where(page).view, 'list');
    for (const [name, size] of [['wide', wide], ['phone', phone]]) for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await checkPage(page, `older files, ${name} ${colorScheme}`);
      await picture(page, `files-older-${name}-${colorScheme}`);
    }
    await page.setViewportSize(wide);
    await page.locator('.file-item', { hasText: scan(1) }).locator('summary').click();
    await page.locator('.file-item', { hasText: scan(1) }).getByRole('button', { name: /Move to the trash/ }).click();
    await page.getByText('Older ones: 2 files').waitFor();
    await page.getByRole('link', { name: 'Show the newest' }).click();
    await page.getByRole('link', { name: 'Show older' }).waitFor();
  });

  await t.test('in the app', async () => {
    const { page: here, trouble: said } = await newPerson(browser);
    await here.context().addCookies(await page.context().cookies());
    await openApp(here, app, `/w/${workspace}/files`);
    await partRuns(here);
    await synced(here);
    await change(here, { list, renamed: 'scan 0017', trashed: scan(18), debug: '&debug=1', ready: async () => { await partRuns(here); await here.locator('html[data-app=ready]').waitFor({ state: 'attached' }); } });
    await openApp(here, app, `/w/${workspace}/files?view=list`);
    await partRuns(here);
    await here.getByText('The newest 500 are shown').waitFor();
    assert.equal((await names(here)).length, 500);
    await here.getByRole('button', { name: 'Show older' }).focus();
    await here.keyboard.press('Enter');
    await until('1,000 are listed', async () => (await names(here)).length === 1000);
    assert.equal(await here.evaluate(() => document.activeElement?.closest('.file-item') === document.querySelectorAll('.file-item')[500]), true, 'the focus goes on with the first that came');
    await here.getByRole('button', { name: 'Show older' }).scrollIntoViewIfNeeded();
    for (const [name, size] of [['wide', wide], ['phone', phone]]) for (const colorScheme of ['light', 'dark']) {
      await here.setViewportSize(size);
      await here.emulateMedia({ colorScheme });
      await picture(here, `files-further-${name}-${colorScheme}`);
    }
    await here.setViewportSize(wide);
    for (const most of [1500, 2000]) {
      await here.getByRole('button', { name: 'Show older' }).click();
      await until(`${most} are listed`, async () => (await names(here)).length === most);
    }
    await here.getByRole('button', { name: 'Show older' }).click();
    await here.locator('.file-item', { hasText: scan(0) }).waitFor();
    assert.equal(await here.getByRole('button', { name: 'Show older' }).count(), 0);
    assert.deepEqual(realTrouble(said), []);
  });
  assert.deepEqual(realTrouble(trouble), []);
});

// The page Storage of the administration: a quota, what a collection would
// delete, a check that tells how far it is, and a file that a disk cut off.
import test from 'node:test';
import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { file, hashOf, partRuns, uploaded } from '../../e2e/lib/files.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

test('an owner looks after the files of a server', async (t) => {
  // So slow that a check of three files is seen while it runs.
  const app = await startApp({ env: { OR3_STORAGE_CHECK_BYTES_PER_SECOND: '20KB', OR3_STORAGE_GC_RETENTION: '1h' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const [keel, sails, old] = ['keel', 'sails', 'old'].map((name) => Buffer.alloc(40_000, `${name} `));
  const files = async (...list) => {
    await openApp(page, app, `/w/${workspace}/files`);
    await partRuns(page);
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload' }).click()]);
    await chooser.setFiles(list);
  };
  await files(file('keel.txt', 'text/plain', keel), file('sails.txt', 'text/plain', sails), file('old.txt', 'text/plain', old));
  for (const bytes of [keel, sails, old]) await uploaded(page, hashOf(bytes));
  await synced(page);
  const blob = (bytes) => join(app.dir, 'files', 'blobs', `w_${workspace}`, 'sha256', hashOf(bytes).slice(7, 9), hashOf(bytes).slice(7));
  const storage = `${app.base}/admin/storage`;
  const inEveryLook = async (name) => {
    for (const [size, viewport] of [['wide', wide], ['phone', phone]]) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await checkPage(page, `${name}, ${size}, ${colorScheme}`);
        await checkAccessibility(page, `${name}, ${size}, ${colorScheme}`);
        await picture(page, `${name}-${size}-${colorScheme}`);
      }
    }
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: 'light' });
  };

  await t.test('a quota that is none is said beside its field; a right one holds', async () => {
    await page.goto(storage);
    await page.getByText('There is no bound on what this workspace may keep.').waitFor();
    await page.getByRole('link', { name: /change the quota of Kestrel Boatworks/ }).click();
    const field = page.locator('#quota input[name=quota]');
    await field.fill('ten');
    await page.getByRole('button', { name: 'Save quota' }).click();
    await page.locator('#quota .field-error', { hasText: 'Write a size such as 500 MB or 10 GB' }).waitFor();
    assert.equal(await field.inputValue(), 'ten', 'what was typed stands there again');
    await inEveryLook('storage-quota-error');
    await field.fill('130 KB');
    await page.getByRole('button', { name: 'Save quota' }).click();
    await page.locator('.figures', { hasText: '120 KB of 130 KB' }).waitFor();
    await files(file('rig.txt', 'text/plain', Buffer.alloc(20_000, 'rig ')));
    await page.locator('.file-item', { hasText: 'rig.txt' }).locator('[data-slot=note]').getByText(/Not uploaded/).waitFor();
    await page.goto(`${storage}?quota=${workspace}#quota`);
    assert.equal(await field.inputValue(), '130KB');
    await field.fill('');
    await page.getByRole('button', { name: 'Save quota' }).click();
    await page.getByText('There is no bound on what this workspace may keep.').waitFor();
    await openApp(page, app, `/w/${workspace}/files`);
  });

  await t.test('a look at a collection deletes nothing, and a collection says what it did', async () => {
    const item = page.locator('.file-item', { hasText: 'old.txt' });
    await item.locator('summary').click();
    await item.getByRole('button', { name: 'Move to the trash' }).click();
    await page.getByRole('link', { name: /^Trash/ }).click();
    await item.locator('summary').click();
    await item.getByRole('link', { name: 'Delete for ever' }).click();
    await page.getByRole('button', { name: 'Delete for ever', exact: true }).click();
    await page.getByText('The trash is empty').waitFor();
    await until('the deletion is sent', async () => (await page.evaluate(() => globalThis.or3.debug.counts())).pending_ops === 0);
    await page.goto(storage);
    await page.getByRole('link', { name: 'See what would go' }).click();
    await page.locator('#collect').getByText('Nothing would go now.').waitFor();
    await page.getByText('Nothing has been collected or checked yet.').waitFor();
    await page.getByRole('link', { name: 'Collect now…' }).click();
    await page.getByText('Nothing is old enough to go just now').waitFor();
    await checkPage(page, 'the question before a collection');
    await page.getByRole('button', { name: 'Collect', exact: true }).click();
    await page.locator('#runs').getByText('Collection: 0 files deleted, 0 B freed, 1 marked, asked for by you').waitFor();
    await page.getByRole('link', { name: /See what would go|Look again/ }).first().click();
    await page.locator('#collect').getByText(/1 file waits for the end of the 1 hour, 40 KB/).waitFor();
  });

  await t.test('a check tells how far it is, and which file the disk cut off', async () => {
    await truncate(blob(sails), 100);
    await page.getByRole('button', { name: 'Check all files now' }).click();
    await page.locator('#runs progress').waitFor();
    await page.locator('#runs .figures', { hasText: /[12] of 3/ }).waitFor();
    await inEveryLook('storage-check-runs');
    await page.locator('#runs').getByText('Check of all files: 3 files read, 1 damaged, asked for by you').waitFor();
    await page.reload();
    const damaged = page.locator('#damaged');
    await damaged.getByRole('heading', { name: '1 damaged file' }).waitFor();
    await damaged.getByText('sails.txt').waitFor();
    await damaged.getByText('Cut off').waitFor();
    await damaged.getByText('Attach the same file once more, from any device that has it').waitFor();
    await inEveryLook('storage-damaged');
  });

  await t.test('whoever has the file puts it there again', async () => {
    const committed = page.waitForResponse((r) => r.url().endsWith('/api/storage/commit') && r.ok());
    await files(file('sails.txt', 'text/plain', sails));
    await committed;
    await page.goto(storage);
    await page.getByText('No file of Kestrel Boatworks is known to be damaged.').waitFor();
    assert.equal(await page.locator('#damaged').count(), 0);
  });
  assert.deepEqual(realTrouble(trouble).filter((line) => !line.includes('413')), []);
});

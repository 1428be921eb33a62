// Files that were not uploaded, on the page that says what waits.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { checkAccessibility, checkPage, picture } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { dump, realTrouble, until } from '../../e2e/lib/sync.mjs';

test('a file that cannot be uploaded is not lost: whoever has to leave saves it as it is', async (t) => {
  const { ines, workspace } = await twoDevices(t);
  const { page } = ines;
  await until('the part about files runs', () => page.evaluate(() => globalThis.or3Files !== undefined));
  await page.route('**/api/storage/presign-upload', (route) => route.fulfill({ status: 413, contentType: 'application/json', body: JSON.stringify({ error: { code: 'quota_exceeded', message: 'There is no room.', request_id: 'r' } }) }));
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Attach files' }).click()]);
  await chooser.setFiles([{ name: 'lines.txt', mimeType: 'text/plain', buffer: Buffer.from('the only copy of hull 14') }]);
  await until('it is refused', async () => (await dump(page)).file_transfers[0]?.state === 'failed');
  await page.goto(page.url().split('/t/')[0] + '/waits');
  const row = page.locator('li', { hasText: 'lines.txt' });
  await row.getByText(/Not uploaded\. There is no room\./).waitFor();
  await checkPage(page, 'files that wait');
  await checkAccessibility(page, 'files that wait');
  await picture(page, 'waits-files-wide-light');
  const [saved] = await Promise.all([page.waitForEvent('download'), row.getByRole('button', { name: 'Save a copy of lines.txt' }).click()]);
  assert.equal(saved.suggestedFilename(), 'lines.txt');
  assert.equal(await readFile(await saved.path(), 'utf8'), 'the only copy of hull 14');
  const bytes = (act) => page.evaluate(([name, what]) => new Promise((done) => {
    const open = indexedDB.open(name);
    open.onsuccess = () => {
      const blobs = open.result.transaction('file_blobs', 'readwrite').objectStore('file_blobs');
      const asked = what === 'take' ? blobs.getAll() : blobs.put(globalThis.taken[0]);
      asked.onsuccess = () => {
        if (what === 'take') globalThis.taken = asked.result;
        if (what === 'take') blobs.clear();
        blobs.transaction.oncomplete = () => { open.result.close(); done(); };
      };
    };
  }), [`or3-db-${workspace}`, act]);
  await bytes('take'); // the browser has swept them away
  await row.getByRole('button', { name: 'Save a copy of lines.txt' }).click();
  await page.locator('#notices').getByText('lines.txt: this device does not have the file any more.').waitFor();
  await bytes('put');
  await page.unroute('**/api/storage/presign-upload');
  await row.getByRole('button', { name: 'Try again' }).click();
  await until('it is uploaded', async () => (await dump(page)).file_transfers[0]?.state === 'done');
  await page.getByText('Nothing waits').waitFor();
  assert.deepEqual(realTrouble(ines.trouble).filter((line) => !line.includes('413')), []);
});

// A picture's preview comes first and stays: a tile needs no more, and a device
// without a network shows it where the picture itself is not kept.
import test from 'node:test';
import assert from 'node:assert/strict';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { attach, file, hashOf, keptHash, partRuns, png, uploaded } from '../../e2e/lib/files.mjs';
import { appRuns, dump, openApp, realTrouble, until } from '../../e2e/lib/sync.mjs';

// pdf makes a page with a word on it.
const pdf = (word) => {
  const text = `BT /F1 24 Tf 20 100 Td (${word}) Tj ET`;
  const parts = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${text.length}>>stream\n${text}\nendstream`, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'];
  return Buffer.from(`%PDF-1.4\n${parts.map((part, i) => `${i + 1} 0 obj${part}endobj\n`).join('')}trailer<</Root 1 0 R>>\n`);
};

test('a tile shows the preview of a picture that is not on the device, and a PDF that was seen opens, also without a network', async (t) => {
  const { app, ines, dev, workspace } = await twoDevices(t);
  const [image, plan] = [png(1000, 600), pdf('Hull 14')];
  for (const p of [ines, dev]) await partRuns(p.page);
  // Where no picture is seen: a row may come before the server has said what is in it, and then a tile asks for the whole.
  await openApp(dev.page, app, `/w/${workspace}/documents`);
  await attach(ines.page, file('slip.png', 'image/png', image), file('lines.pdf', 'application/pdf', plan));
  await ines.page.locator('#composer textarea').fill('The slip.');
  await ines.page.keyboard.press('Control+Enter');
  for (const bytes of [image, plan]) await uploaded(ines.page, hashOf(bytes));
  await until('what the server found out is here', async () => (await dump(dev.page)).file_meta.some((row) => row.name === 'slip.png' && row.preview_hash));
  await openApp(dev.page, app, `/w/${workspace}/files`);
  await partRuns(dev.page);

  const tile = dev.page.locator('.file-item').filter({ hasText: 'slip.png' });
  const shows = (side) => tile.locator('img[src^="blob:"]').evaluate((img, width) => img.complete && img.naturalWidth === width, side);
  await until('the tile shows the preview', () => shows(320));
  const kept = await dump(dev.page);
  assert.deepEqual(kept.file_transfers.filter((row) => row.direction === 'download'), [], 'the picture itself was not asked for');

  // A PDF is shown in a window of its own, from the bytes on the device.
  const lines = dev.page.locator('.file-item').filter({ hasText: 'lines.pdf' });
  const opens = async () => {
    const [shown] = await Promise.all([dev.context.waitForEvent('page'), lines.locator('[data-slot=open]').click()]);
    await until('the PDF is shown', async () => shown.url().startsWith('blob:') && (await shown.evaluate(() => document.contentType)) === 'application/pdf');
    await shown.close();
  };
  await opens();
  await until('it is kept', async () => (await keptHash(dev.page, workspace, hashOf(plan))) === hashOf(plan));

  await until('the service worker has the page', () => dev.page.evaluate(() => navigator.serviceWorker.controller !== null));
  await dev.context.setOffline(true);
  await dev.page.reload();
  await appRuns(dev.page);
  await until('it is there without a network', () => shows(320));
  await opens();
  const room = dev.page.locator('[data-slot=room] .file-room');
  assert.equal(await room.count(), 0, 'without a network nobody knows how much room there is');
  await dev.context.setOffline(false);
  await room.waitFor({ state: 'attached' });

  const [opened] = await Promise.all([dev.context.waitForEvent('page'), tile.locator('[data-slot=shown], [data-slot=open]').first().click()]);
  await until('opened, the whole picture comes', async () => (await keptHash(dev.page, workspace, hashOf(image))) === hashOf(image));
  await opened.close();
  assert.deepEqual(realTrouble(ines.trouble), []);
});

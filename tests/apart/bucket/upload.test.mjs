// Files that browsers send to a bucket and fetch from there: a small one with
// one request, a large one in parts, between which the page is left.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { attach, file, hashOf, keptHash, partRuns, png, uploaded } from '../../e2e/lib/files.mjs';
import { dump, openApp, realTrouble, until } from '../../e2e/lib/sync.mjs';

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('OR3_STORAGE_')));
const bucket = `${env.OR3_STORAGE_S3_ENDPOINT}/${env.OR3_STORAGE_S3_BUCKET}/`;

test('files go to the bucket and come from there, and leaving the page costs one part at most', { timeout: 240_000 }, async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t, { env, addr: process.env.OR3_E2E_ADDR });
  for (const p of [ines, dev]) await partRuns(p.page);
  const sent = []; // [number of the part, status] of what the bucket took
  ines.page.on('response', (r) => {
    if (r.request().method() === 'PUT' && r.url().startsWith(bucket)) sent.push([new URL(r.url()).searchParams.get('partNumber'), r.status()]);
  });
  const passed = []; // what went through the server instead
  for (const p of [ines, dev]) p.page.on('request', (r) => { if (r.url().includes('/api/storage/fs/')) passed.push(r.url()); });

  await t.test('an image, with one request', async () => {
    const image = png(640, 400);
    await attach(ines.page, file('port-bow.png', 'image/png', image));
    await ines.page.locator('#composer textarea').fill('Port bow.');
    await ines.page.keyboard.press('Control+Enter');
    await uploaded(ines.page, hashOf(image));
    assert.deepEqual(sent.splice(0), [[null, 200]]);
    const there = dev.page.locator('.message', { hasText: 'Port bow.' });
    await until('the image is on the other device', async () => (await keptHash(dev.page, workspace, hashOf(image))) === hashOf(image));
    await until('it is shown there', () => there.locator('img[src^="blob:"]').evaluate((img) => img.complete && img.naturalWidth === 640));
  });

  await t.test('a scan of 48 MiB, in parts', async () => {
    const scan = Buffer.from(randomBytes(24 << 20).toString('hex'));
    // The second part does not leave before the page is opened again: of one that is
    // cut in its middle this bucket keeps what came as if it were whole, and the
    // commit finds that out and begins again.
    const second = (url) => url.href.startsWith(bucket) && url.searchParams.get('partNumber') === '2';
    await ines.page.route(second, () => undefined);
    await writeFile(join(app.dir, 'scan.txt'), scan);
    await attach(ines.page, join(app.dir, 'scan.txt'));
    await ines.page.locator('#composer textarea').fill('The full scan.');
    await ines.page.keyboard.press('Control+Enter');
    await dev.page.locator('.message', { hasText: 'The full scan.' }).getByText('Waiting for the sender’s device').waitFor();
    await until('the first part is there', () => sent.length > 0);
    assert.notEqual((await dump(ines.page)).file_transfers.find((row) => row.id === `upload:${hashOf(scan)}`).state, 'done');
    await ines.page.goto('about:blank'); // nothing leaves from here either
    const before = sent.splice(0).map(([number]) => number);
    await ines.page.unroute(second);
    await openApp(ines.page, app, path);
    await uploaded(ines.page, hashOf(scan));
    const after = sent.map(([number]) => number);
    assert.deepEqual(sent.filter(([, status]) => status !== 200), []);
    assert.deepEqual([before, after], [['1'], ['2', '3']], 'what is there is not sent again');

    const message = dev.page.locator('.message', { hasText: 'The full scan.' });
    await message.getByText('On the server').waitFor();
    const [download] = await Promise.all([dev.page.waitForEvent('download'), message.getByRole('link', { name: 'Download scan.txt' }).click()]);
    const sum = createHash('sha256');
    for await (const piece of await download.createReadStream()) sum.update(piece);
    assert.equal('sha256:' + sum.digest('hex'), hashOf(scan), 'bit for bit');
  });
  assert.deepEqual(passed, [], 'no file goes through the server');
  for (const p of [ines, dev]) assert.deepEqual(realTrouble(p.trouble), []);
});

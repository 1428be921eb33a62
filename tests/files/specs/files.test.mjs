// Files: what is attached on one device opens on another, bit for bit, also
// without a network and after an upload that broke.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { attach, file, hashOf, keptHash, partRuns, png, uploaded } from '../../e2e/lib/files.mjs';
import { exported } from '../../e2e/lib/local.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, dump, openApp, realTrouble, startHere, synced, until } from '../../e2e/lib/sync.mjs';

test('what is attached on one device opens on the other, and again without a network', async (t) => {
  const { ines, dev, workspace } = await twoDevices(t);
  const [image, plan] = [png(640, 400), Buffer.from('%PDF-1.4\n%lines of hull 14\n')];
  for (const p of [ines, dev]) await partRuns(p.page);
  await attach(ines.page, file('port-bow.png', 'image/png', image), file('lines.pdf', 'application/pdf', plan));
  await picture(ines.page, 'files-composer-wide-light');
  await checkAccessibility(ines.page, 'files in the form');
  await ines.page.locator('#composer textarea').fill('Marked them.');
  await ines.page.keyboard.press('Control+Enter');
  await ines.page.locator('.message', { hasText: 'Marked them.' }).locator('[data-file]').nth(1).waitFor();
  assert.equal(await ines.page.locator('.attached-item').count(), 0, 'the form is empty again');
  await uploaded(ines.page, hashOf(image));

  const there = dev.page.locator('.message', { hasText: 'Marked them.' });
  await there.getByText('lines.pdf', { exact: true }).waitFor();
  await until('the image is on the other device', async () => (await keptHash(dev.page, workspace, hashOf(image))) === hashOf(image));
  await until('it is shown from there', () => there.locator('img[src^="blob:"]').evaluate((img) => img.complete && img.naturalWidth === 640));
  const link = await there.getByRole('link', { name: 'Download lines.pdf' }).elementHandle();
  const [download] = await Promise.all([dev.page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), 'lines.pdf');
  await until('the PDF is on the other device', async () => (await keptHash(dev.page, workspace, hashOf(plan))) === hashOf(plan));
  await until('the transfer is over', async () => (await dump(dev.page)).file_transfers.find((row) => row.id === `download:${hashOf(plan)}`)?.state === 'done');
  await there.getByRole('button', { name: 'Pause lines.pdf' }).waitFor({ state: 'detached' });
  assert.ok(await link.evaluate((e) => e.isConnected), 'what comes and goes beside the link does not replace it: a press on it is never lost');
  await picture(dev.page, 'files-message-phone-dark');
  await checkPage(dev.page, 'a message with files');
  await checkAccessibility(dev.page, 'a message with files');
  await picture(ines.page, 'files-message-wide-light');

  await until('the service worker has the page', () => dev.page.evaluate(() => navigator.serviceWorker.controller !== null));
  await dev.context.setOffline(true);
  await dev.page.reload();
  await appRuns(dev.page);
  await until('the image is shown without a network', () => dev.page.locator('.message', { hasText: 'Marked them.' }).locator('img[src^="blob:"]').evaluate((img) => img.complete && img.naturalWidth === 640));
  const [again] = await Promise.all([dev.page.waitForEvent('download'), dev.page.getByRole('link', { name: 'Download lines.pdf' }).click()]);
  assert.equal(again.suggestedFilename(), 'lines.pdf');
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('an upload that a reload cuts goes on where it stopped; until then others are told who has the file', async (t) => {
  const { ines, dev, path } = await twoDevices(t);
  await partRuns(ines.page);
  const bytes = Buffer.from(randomBytes(3 << 20).toString('hex'));
  const line = await ines.context.newCDPSession(ines.page);
  const speed = (uploadThroughput) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await speed(600_000);
  await attach(ines.page, file('scan.txt', 'text/plain', bytes));
  await ines.page.locator('#composer textarea').fill('The full scan.');
  await ines.page.keyboard.press('Control+Enter');
  await dev.page.locator('.message', { hasText: 'The full scan.' }).getByText('Waiting for the sender’s device').waitFor();
  const transfer = async () => (await dump(ines.page)).file_transfers.find((row) => row.direction === 'upload');
  await until('a part of it is sent', async () => (await transfer()).bytes_done > 1_500_000);
  await picture(ines.page, 'files-uploading-wide-light');
  await dev.page.goto(dev.page.url().split('/t/')[0] + '/files');
  await dev.page.locator('.file-item').getByText('Waiting for the sender’s device').waitFor();
  await ines.page.locator('#sync-foot').getByText(/Sending 1 file/).click();
  await ines.page.getByRole('button', { name: 'Pause all' }).click();
  await ines.page.getByText(/Paused at/).first().waitFor();
  await checkAccessibility(ines.page, 'transfers');
  await picture(ines.page, 'files-transfers-wide-light');
  await ines.page.goto(ines.page.url().split('/files')[0] + '/waits');
  await ines.page.getByText('1 file is not uploaded.').waitFor();
  await picture(ines.page, 'files-waits-wide-light');
  await openApp(ines.page, { base: new URL(ines.page.url()).origin }, path.split('/t/')[0] + '/files');
  await ines.page.getByRole('button', { name: 'Resume all' }).click();
  await dev.page.goBack();
  const offsets = [];
  ines.page.on('request', (r) => { if (r.method() === 'PUT') offsets.push(Number(r.headers()['upload-offset'] ?? 0)); });
  await ines.page.reload();
  await openApp(ines.page, { base: new URL(ines.page.url()).origin }, path);
  await speed(-1);
  await uploaded(ines.page, hashOf(bytes));
  assert.ok(offsets.length > 0 && offsets.at(-1) > 0, `it went on at ${offsets}`);
  const row = dev.page.locator('.message', { hasText: 'The full scan.' });
  await row.getByText('On the server').waitFor();
  const [download] = await Promise.all([dev.page.waitForEvent('download'), row.getByRole('link', { name: 'Download scan.txt' }).click()]);
  const stream = await download.createReadStream();
  const sum = createHash('sha256');
  for await (const piece of stream) sum.update(piece);
  assert.equal('sha256:' + sum.digest('hex'), hashOf(bytes), 'bit for bit');
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('a file that the server refuses goes with no message; one that was given up keeps its name, and nobody is told that it was deleted', async (t) => {
  const { ines, dev, path } = await twoDevices(t);
  for (const p of [ines, dev]) await partRuns(p.page);
  const box = ines.page.locator('#composer textarea');
  await attach(ines.page, file('page.html', 'text/html', Buffer.from('<!doctype html><title>Hull 14</title>')));
  await ines.page.locator('.attached-item').getByText(/Not uploaded/).waitFor();
  await box.fill('With a page.');
  await ines.page.keyboard.press('Control+Enter');
  await ines.page.locator('#composer').getByText('page.html is not taken here: remove it or send another format.').waitFor();
  assert.deepEqual([await box.inputValue(), await ines.page.locator('.message', { hasText: 'With a page.' }).count(), await ines.page.locator('.attached-item').count()], ['With a page.', 0, 1]);
  await checkAccessibility(ines.page, 'a refused file in the form');
  await picture(ines.page, 'files-refused-wide-light');
  await ines.page.getByRole('button', { name: 'Remove page.html' }).click();
  await ines.page.keyboard.press('Control+Enter');
  await dev.page.locator('.message', { hasText: 'With a page.' }).waitFor();

  await ines.page.route('**/api/storage/presign-upload', (r) => r.abort()); // it goes before the server can refuse it
  await attach(ines.page, file('plan.html', 'text/html', Buffer.from('<!doctype html><title>The plan</title>')));
  await box.fill('The plan.');
  await ines.page.keyboard.press('Control+Enter');
  const [here, there] = [ines, dev].map((p) => p.page.locator('.message', { hasText: 'The plan.' }));
  await there.getByText('Waiting for the sender’s device').waitFor();
  await ines.page.unroute('**/api/storage/presign-upload');
  await here.getByText(/Not uploaded/).waitFor();
  await openApp(ines.page, { base: new URL(ines.page.url()).origin }, path.split('/t/')[0] + '/files');
  await ines.page.getByRole('button', { name: 'Cancel all…' }).click();
  await ines.page.locator('dialog[open]').getByRole('button', { name: 'Cancel all' }).click();
  await until('nothing is on its way', async () => (await dump(ines.page)).file_transfers.length === 0);
  await openApp(ines.page, { base: new URL(ines.page.url()).origin }, path);
  for (const message of [here, there]) {
    await message.getByText('Never uploaded.').waitFor();
    await message.getByText('plan.html', { exact: true }).waitFor();
  }
  await picture(ines.page, 'files-never-uploaded-wide-light');
  await picture(dev.page, 'files-never-uploaded-phone-dark');
});

test('a file that was attached by mistake and taken back is seen by nobody, although it was uploaded', async (t) => {
  const { ines, dev, workspace, path } = await twoDevices(t);
  await partRuns(ines.page);
  const wrong = Buffer.from('wages of May');
  await attach(ines.page, file('payslip.txt', 'text/plain', wrong));
  await uploaded(ines.page, hashOf(wrong));
  await openApp(dev.page, { base: new URL(dev.page.url()).origin }, `/w/${workspace}/files`);
  await dev.page.getByText('payslip.txt').first().waitFor();
  await ines.page.getByRole('button', { name: 'Remove payslip.txt' }).click();
  await until('the other has it no more', async () => (await dev.page.getByText('payslip.txt').count()) === 0);
  const next = Buffer.from('on its way when it is taken back');
  let commit;
  const asked = new Promise((came) => { commit = came; });
  let may;
  const goes = new Promise((on) => { may = on; });
  await ines.page.route('**/api/storage/commit', async (route) => {
    const response = await route.fetch(); // the server has done it
    commit();
    await goes;
    await route.fulfill({ response }).catch(() => {}); // nobody waits for it any more
  });
  await attach(ines.page, file('diary.txt', 'text/plain', next));
  await asked;
  await ines.page.getByRole('button', { name: 'Remove diary.txt' }).click();
  may();
  await until('nothing is left of either', async () => {
    const { file_meta: rows, tombstones, pending_ops: ops } = await dump(ines.page);
    return rows.length === 0 && ops.length === 0 && [wrong, next].every((f) => tombstones.some((stone) => stone.pk === hashOf(f)));
  });
  await ines.page.goto(new URL(path, ines.page.url()).href);
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('files are dropped, pasted and taken back; an eleventh is left out in words', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const workspace = await setUp(app, ines.page);
  await openApp(ines.page, app, `/w/${workspace}`);
  const thread = await startHere(ines.page, 'Hull 15', 'Begun.');
  await partRuns(ines.page);
  const give = (kind, names) => ines.page.evaluate(([event, files]) => {
    const data = new DataTransfer();
    for (const name of files) data.items.add(new File([`content of ${name}`], name, { type: 'text/plain' }));
    const box = document.querySelector('#composer textarea');
    box.dispatchEvent(event === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [kind, names]);
  const items = ines.page.locator('.attached-item');
  await give('drop', ['dropped.txt']);
  await give('paste', ['pasted.txt']);
  await until('two files stand in the form', async () => (await items.count()) === 2);
  await ines.page.getByRole('button', { name: 'Remove dropped.txt' }).click();
  await until('one is left', async () => (await items.count()) === 1);
  await until('it is remembered', async () => (await dump(ines.page)).sync_state.some((s) => s.id === `attached:${thread}`));
  await openApp(ines.page, app, `/w/${workspace}/t/${thread}`);
  await items.getByText('pasted.txt').first().waitFor();
  await give('drop', Array.from({ length: 11 }, (_, i) => `many-${i}.txt`));
  await ines.page.getByText('A message has at most 10 files. 2 files were left out').waitFor();
  assert.equal(await items.count(), 10);
  await picture(ines.page, 'files-ten-wide-light');
  const pushed = [];
  ines.page.on('request', (r) => { if (r.url().endsWith('/api/sync/push')) pushed.push(...r.postDataJSON().ops.filter((o) => o.table === 'messages')); });
  const before = await ines.page.locator('.message').count();
  await ines.page.locator('#composer textarea').press('Control+Enter');
  await ines.page.locator('#composer textarea').press('Control+Enter');
  await until('a message without words has its files', async () => (await ines.page.locator('.message [data-file]').count()) === 10);
  await synced(ines.page);
  assert.equal(await ines.page.locator('.message').count(), before + 1, 'one message, however often it was sent');
  assert.deepEqual([pushed.length, JSON.parse(pushed[0].payload.file_hashes).length], [1, 10]);
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('a message that is sent while its file is read goes once, also when its thread is left', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Sails', 'A new clew.');
  const thread = await startHere(page, 'Hull 15', 'Begun.');
  await partRuns(page);
  const box = page.locator('#composer textarea');
  const items = page.locator('.attached-item');
  const drop = (name) => page.evaluate((called) => {
    const data = new DataTransfer();
    data.items.add(new File([`content of ${called}`], called, { type: 'text/plain' }));
    document.querySelector('#composer textarea').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, name);
  const sent = async () => (await dump(page)).messages.filter((m) => m.file_hashes).map((m) => [m.thread_id, m.data.content, JSON.parse(m.file_hashes).length]);

  await t.test('it waits, and cannot be sent again', async () => {
    await page.evaluate(() => {
      const real = Blob.prototype.arrayBuffer;
      const held = new Promise((done) => { globalThis.letRead = done; });
      Blob.prototype.arrayBuffer = async function () {
        await held;
        return real.call(this);
      };
    });
    await drop('slow.txt');
    await box.fill('Read it first.');
    await box.press('Control+Enter');
    await page.getByText('It is sent as soon as its files are read.').waitFor();
    await checkAccessibility(page, 'a message that waits for its file');
    await picture(page, 'files-reading-wide-light');
    await box.press('Control+Enter');
    await page.locator('.thread-row', { hasText: 'Sails' }).click();
    await page.locator('.message', { hasText: 'A new clew.' }).waitFor();
    await page.locator('.thread-row', { hasText: 'Hull 15' }).click();
    await page.getByText('It is sent as soon as its files are read.').waitFor();
    assert.equal(await box.inputValue(), 'Read it first.');
    await page.evaluate(() => globalThis.letRead());
    await page.locator('.message', { hasText: 'Read it first.' }).locator('[data-file]').waitFor();
    await until('the form is empty', async () => (await box.inputValue()) + (await items.count()) === '0');
    await synced(page);
    assert.deepEqual(await sent(), [[thread, 'Read it first.', 1]]);
    await until('nothing of it is remembered', async () => !(await dump(page)).sync_state.some((s) => s.id === `attached:${thread}`));
    assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('or3-draft:')).length), 0);
  });

  await t.test('one that finds no room is back in its form, with its file', async () => {
    await drop('second.txt');
    await items.getByText('second.txt').first().waitFor();
    await until('it is kept', async () => (await dump(page)).sync_state.some((s) => s.id === `attached:${thread}`));
    await page.evaluate(() => {
      globalThis.realPut = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...args) {
        if (this.name !== 'messages') return globalThis.realPut.apply(this, args);
        this.transaction.abort();
        throw new DOMException('The disk is full.', 'QuotaExceededError');
      };
    });
    await box.fill('No room.');
    await box.press('Control+Enter');
    await page.locator('#notice-failed', { hasText: 'no room left' }).waitFor();
    assert.equal(await box.inputValue(), 'No room.');
    assert.equal(await items.count(), 1);
    assert.equal(await page.locator('.message', { hasText: 'No room.' }).count(), 0);
    await page.evaluate(() => { IDBObjectStore.prototype.put = globalThis.realPut; });
    await box.press('Control+Enter');
    await page.locator('.message', { hasText: 'No room.' }).locator('[data-file]').waitFor();
    await synced(page);
    assert.deepEqual((await sent()).map(([, text, n]) => [text, n]).sort(), [['No room.', 1], ['Read it first.', 1]]);
  });

  await t.test('a table that is pasted is text, although a picture of it stands beside it', async () => {
    const taken = await box.evaluate((e) => {
      const data = new DataTransfer();
      data.items.add(new File(['picture'], 'image.png', { type: 'image/png' }));
      data.setData('text/plain', 'Keel\t14 mm');
      const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      e.dispatchEvent(paste);
      return paste.defaultPrevented;
    });
    assert.equal(taken, false, 'the browser pastes the text');
    assert.equal(await items.count(), 0);
  });
  assert.deepEqual(realTrouble(trouble), []);
});

test('the list of files: upload, find, rename, trash, restore, delete for ever, also without scripts', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const workspace = await setUp(app, ines.page);
  await openApp(ines.page, app, `/w/${workspace}/files`);
  await picture(ines.page, 'files-empty-wide-light');
  const [chooser] = await Promise.all([ines.page.waitForEvent('filechooser'), ines.page.getByRole('button', { name: 'Upload' }).click()]);
  await chooser.setFiles([file('bow.png', 'image/png', png(640, 480)), file('quotes.md', 'text/markdown', Buffer.from('a,b\n')), file('plan.pdf', 'application/pdf', Buffer.from('%PDF-1.4\n'))]);
  const items = ines.page.locator('.file-item');
  await until('three files', async () => (await items.count()) === 3);
  await until('all are uploaded', async () => (await dump(ines.page)).file_transfers.filter((row) => row.state === 'done').length === 3);
  await until('the tile shows the image', async () => (await items.locator('img[src^="blob:"]').count()) === 1);
  await checkPage(ines.page, 'files');
  await checkAccessibility(ines.page, 'files');
  await picture(ines.page, 'files-tiles-wide-light');
  await ines.page.getByRole('link', { name: 'List', exact: true }).click();
  await ines.page.locator('.file-rows').waitFor();
  await picture(ines.page, 'files-list-wide-light');
  await ines.page.getByRole('link', { name: /^PDF/ }).click();
  await until('only the PDF', async () => (await items.count()) === 1);
  await ines.page.getByRole('link', { name: /^All \d/ }).click();
  await until('all of them', async () => (await items.count()) === 3);
  await ines.page.getByLabel('Find a file by its name').fill('quo');
  await ines.page.keyboard.press('Enter');
  await until('only the table', async () => (await items.count()) === 1);
  await items.locator('summary').click();
  await items.getByText('Rename').click();
  await ines.page.getByLabel('Name of the file').waitFor();
  await ines.page.keyboard.insertText('ply quotes'); // the extension is not chosen, and stays
  await ines.page.keyboard.press('Enter');
  await items.getByText('ply quotes.md').first().waitFor();
  await items.locator('summary').click();
  await items.getByRole('button', { name: 'Move to the trash' }).click();
  await ines.page.getByText('Nothing matches').waitFor();
  await ines.page.getByRole('link', { name: /^Trash/ }).click();
  await items.getByText('ply quotes.md').first().waitFor();
  await items.locator('summary').click();
  await items.getByRole('button', { name: 'Restore' }).click();
  await ines.page.getByText('The trash is empty').or(ines.page.getByText('Nothing matches')).waitFor();
  await synced(ines.page);

  const plain = await newPerson(browser, { js: false, viewport: phone, dark: true });
  await plain.context.addCookies(await ines.context.cookies());
  await plain.page.goto(`${app.base}/w/${workspace}/files`);
  assert.equal(await plain.page.locator('.file-item').count(), 3);
  await checkPage(plain.page, 'files without scripts');
  await picture(plain.page, 'files-plain-phone-dark');
  const answer = await plain.page.request.get(`${app.base}${await plain.page.locator('.file-item', { hasText: 'ply quotes.md' }).locator('[data-slot=open]').getAttribute('href')}`);
  assert.equal(await answer.text(), 'a,b\n', 'the link leads to the file');
  const row = plain.page.locator('.file-item', { hasText: 'ply quotes.md' });
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'Move to the trash' }).click();
  await plain.page.goto(`${app.base}/w/${workspace}/files?kind=trash`);
  await plain.page.locator('.file-item summary').click();
  await plain.page.getByRole('link', { name: 'Delete for ever' }).click();
  await plain.page.getByRole('button', { name: 'Delete for ever' }).click();
  await plain.page.goto(`${app.base}/w/${workspace}/files`);
  assert.equal(await plain.page.locator('.file-item').count(), 2);
  await openApp(ines.page, app, `/w/${workspace}/files`);
  await until('it is gone here, too', async () => (await items.count()) === 2);
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('without an account files stay on this device, and open there', async (t) => {
  const home = await exported();
  t.after(() => home.close());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, { viewport: phone });
  await ines.page.goto(home.at('/w/local?new=1'));
  await appRuns(ines.page);
  await ines.page.locator('#main input[name=title]').fill('Mine');
  await ines.page.getByLabel('First message').fill('Begun.');
  await ines.page.getByRole('button', { name: 'Start thread' }).click();
  await ines.page.locator('#composer textarea').waitFor();
  const image = png(320, 200);
  await attach(ines.page, file('own.png', 'image/png', image));
  await ines.page.locator('#composer textarea').fill('Kept here.');
  await ines.page.keyboard.press('Control+Enter');
  const message = ines.page.locator('.message', { hasText: 'Kept here.' });
  await until('the image is shown', () => message.locator('img[src^="blob:"]').evaluate((img) => img.naturalWidth === 320));
  assert.equal(await message.getByText('Waiting').count(), 0);
  await picture(ines.page, 'files-local-phone-light');
  await ines.page.reload();
  await appRuns(ines.page);
  await until('and again', () => message.locator('img[src^="blob:"]').evaluate((img) => img.naturalWidth === 320));
  await ines.page.goto(home.at('/w/local/files'));
  await ines.page.getByRole('link', { name: 'own.png' }).waitFor();
  await checkPage(ines.page, 'files of this device');
  await picture(ines.page, 'files-local-list-phone-light');
  assert.deepEqual(home.asked.filter((a) => a.includes('/api/')), []);
  assert.deepEqual(realTrouble(ines.trouble), []);
});

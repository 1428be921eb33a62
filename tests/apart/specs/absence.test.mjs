// What happens to a device that was away for too long, whose program is too
// old, or whose person is a member no more: what it wrote is never lost.
import test from 'node:test';
import assert from 'node:assert/strict';
import { checkPage, checkAccessibility, picture } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { appRuns, dump, equal, realTrouble, say, status, synced, until } from '../../e2e/lib/sync.mjs';

test('a device that is away, out of date, or not welcome any more', async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t);
  const message = (who, text) => who.page.locator('.message-text', { hasText: text });
  const position = async (who) => (await dump(who.page)).sync_state.find((r) => r.id === 'position');
  const deleteMessage = async (who, text) => {
    const mine = who.page.locator('.message', { hasText: text });
    await mine.hover();
    await mine.locator('summary').click();
    await mine.getByRole('link', { name: 'Delete' }).click();
    await who.page.getByRole('button', { name: 'Delete message' }).click();
    await message(who, text).waitFor({ state: 'detached' });
  };

  await t.test('away for longer than deletions are remembered, it starts over from a snapshot and keeps what it wrote', async () => {
    for (const text of ['Frames 11 to 13.', 'To be struck out.']) await say(ines.page, text);
    await message(dev, 'To be struck out.').waitFor();
    await equal(app, workspace, ines.page, dev.page);
    await dev.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await dev.context.setOffline(true);
    await dev.page.reload(); // the browser lets a running stream live without a network; a page loaded now has none
    await appRuns(dev.page);
    await until('the device knows that it is offline', async () => (await status(dev.page)).phase === 'offline');
    await say(dev.page, 'Written while away.');
    await say(ines.page, 'Meanwhile on the slip.');
    await deleteMessage(ines, 'To be struck out.');
    await synced(ines.page);
    const away = await position(dev);
    assert.ok((await status(dev.page)).pending > 0, 'the device away has something unsent');
    // Collected until the floor is above all that the device away has seen.
    // (It holds the floor back for as long as it counts as heard of: a second.)
    await until('the log and the deletions are collected', async () => {
      for (const what of ['gc-tombstones', 'gc-change-log']) {
        const answer = await ines.page.request.post(`${app.base}/api/sync/${what}`, { data: { workspace_id: workspace, retention_seconds: 1 }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
        assert.equal(answer.status(), 200, await answer.text());
      }
      const pull = await ines.page.request.post(`${app.base}/api/sync/pull`, { data: { workspace_id: workspace, cursor: away.cursor, limit: 1 }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
      return (await pull.json()).reset_required === true;
    });
    assert.equal((await position(dev)).cursor, away.cursor, 'nothing reached the device meanwhile');
    const snapshots = [];
    dev.page.on('request', (r) => { if (r.url().endsWith('/api/sync/snapshot')) snapshots.push(r.url()); });
    await dev.context.setOffline(false);
    await message(dev, 'Meanwhile on the slip.').waitFor();
    assert.ok(snapshots.length > 0, 'it took a snapshot');
    await message(ines, 'Written while away.').waitFor();
    await equal(app, workspace, ines.page, dev.page);
    assert.equal(await message(dev, 'To be struck out.').count(), 0);
    for (const who of [ines, dev]) assert.equal(await message(who, 'Written while away.').count(), 1);
    assert.ok((await position(dev)).tombstone_floor > away.cursor);
  });

  await t.test('a program that is too old keeps what was written, asks to be reloaded, and then sends it', async () => {
    await ines.context.route('**/api/sync/**', (route) => route.fulfill({
      status: 426, contentType: 'application/json',
      body: JSON.stringify({ error: { code: 'client_too_old', message: 'This version of the app is too old for this server. Reload the page.' } }),
    }));
    await say(ines.page, 'Written with the old program.');
    await ines.page.locator('#sync-foot', { hasText: 'Reload needed' }).waitFor();
    const asked = ines.page.locator('#notices', { hasText: 'what you wrote is kept' });
    await asked.waitFor();
    assert.ok((await status(ines.page)).pending > 0);
    await checkPage(ines.page, 'too old');
    await checkAccessibility(ines.page, 'too old');
    await picture(ines.page, 'app-too-old-wide-light');
    await ines.context.unroute('**/api/sync/**'); // the server serves the new program
    await asked.getByRole('link', { name: 'Reload' }).click();
    await until('the page is loaded anew', async () => (await ines.page.locator('html[data-app=ready]').count()) === 1 && (await ines.page.locator('#sync-foot', { hasText: 'Reload needed' }).count()) === 0);
    await appRuns(ines.page);
    await message(dev, 'Written with the old program.').waitFor();
    await equal(app, workspace, ines.page, dev.page);
  });

  await t.test('whoever is removed may first take what they had not sent, then the data goes', async () => {
    await dev.context.route('**/api/sync/push', (route) => route.abort());
    await say(dev.page, 'Nobody else has this.');
    const { user } = await status(dev.page);
    await ines.page.goto(`${app.base}/admin/members/${user}/remove`);
    await ines.page.getByRole('button', { name: 'Remove from workspace' }).click();
    await ines.page.getByText('Removed Dev Patel.').waitFor();
    const told = dev.page.locator('#notices', { hasText: 'You are no longer a member here' });
    await told.waitFor();
    await message(dev, 'Nobody else has this.').waitFor();
    await checkPage(dev.page, 'removed');
    await checkAccessibility(dev.page, 'removed');
    await picture(dev.page, 'app-removed-phone-dark');
    await told.getByRole('link', { name: 'See and export what waits' }).click();
    await dev.page.getByText('Message: Nobody else has this.').waitFor();
    await checkPage(dev.page, 'what waits, removed');
    await checkAccessibility(dev.page, 'what waits, removed');
    await picture(dev.page, 'app-waits-removed-phone-dark');
    const saved = dev.page.waitForEvent('download');
    await dev.page.getByRole('button', { name: 'Export what is unsent' }).click();
    assert.match((await saved).suggestedFilename(), /^unsent-.*\.or3\.jsonl$/);
    await dev.page.getByRole('button', { name: 'Remove from this device' }).click();
    await dev.page.getByRole('dialog').getByRole('button', { name: 'Remove from this device' }).click();
    await dev.page.waitForURL(/\/workspaces/);
    assert.deepEqual(await dev.page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name).filter((n) => n.startsWith('or3-db-'))), []);
  });
  assert.ok(path.startsWith(`/w/${workspace}/t/`));
  assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]).filter((x) => !x.includes('426')), []);
});

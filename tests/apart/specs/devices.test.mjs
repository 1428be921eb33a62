// Two devices of two people in one workspace: they write without a network,
// disagree, meet again, and hold the same as the server. Nothing is lost.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../../e2e/lib/app.mjs';
import { checkPage, checkAccessibility, picture } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { signIn } from '../../e2e/lib/people.mjs';
import { appRuns, dump, equal, openApp, realTrouble, say, status, synced, until } from '../../e2e/lib/sync.mjs';

test('two devices write offline, disagree, and end equal', async (t) => {
  const { app, ines, dev, workspace, thread, path } = await twoDevices(t);

  await t.test('what one writes, the other sees without a reload', async () => {
    await say(ines.page, 'Ultrasound is done.');
    await dev.page.locator('.message-text', { hasText: 'Ultrasound is done.' }).waitFor();
    await say(dev.page, 'Two readings under 9 mm.');
    await ines.page.locator('.message-text', { hasText: 'Two readings' }).waitFor();
    await equal(app, workspace, ines.page, dev.page);
  });

  await t.test('without a network both go on, and say so', async () => {
    await Promise.all([ines.context.setOffline(true), dev.context.setOffline(true)]);
    await say(ines.page, 'Ines, from the train.');
    await say(dev.page, 'Dev, from the slip.');
    for (const { page } of [ines, dev]) {
      await page.locator('#notices', { hasText: 'You are offline' }).waitFor();
      await page.locator('.message', { hasText: 'from the' }).getByText('Waiting to send').first().waitFor();
    }
    await checkPage(ines.page, 'offline');
    await checkAccessibility(ines.page, 'offline');
    await checkPage(dev.page, 'offline on a phone');
    await checkAccessibility(dev.page, 'offline on a phone');
    await picture(ines.page, 'app-offline-wide-light');
    await picture(dev.page, 'app-offline-phone-dark');
  });

  await t.test('both rename the thread while they are apart', async () => {
    for (const [who, title] of [[ines, 'Hull 14: thinning'], [dev, 'Hull 14: garboard']]) {
      await who.page.locator('#thread-menu summary').click();
      await who.page.getByRole('link', { name: 'Rename' }).click();
      await who.page.locator('#main input[name=title]').fill(title);
      await who.page.keyboard.press('Enter');
      await who.page.getByRole('heading', { level: 1, name: title }).waitFor();
    }
  });

  await t.test('a reload without a network opens the same page from the device', async () => {
    await until('the service worker keeps the shell', () => ines.page.evaluate(() => navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready.then(() => true)));
    await ines.page.reload();
    await appRuns(ines.page);
    await ines.page.locator('.message-text', { hasText: 'Ines, from the train.' }).waitFor();
    await ines.page.getByText('Ines Okafor').first().waitFor();
    await ines.page.locator('#sync-foot', { hasText: 'Offline' }).waitFor();
    await ines.page.locator('#sync-foot a').click();
    await ines.page.getByRole('heading', { level: 1, name: 'What waits here' }).waitFor();
    await ines.page.getByText('Message: Ines, from the train.').waitFor();
    await checkPage(ines.page, 'what waits');
    await checkAccessibility(ines.page, 'what waits');
    await picture(ines.page, 'app-waits-wide-light');
    await ines.page.goto(`${app.base}/w/${workspace}`);
    await appRuns(ines.page);
    await ines.page.locator('.thread-row', { hasText: 'Hull 14: thinning' }).click();
    await ines.page.locator('.message-text', { hasText: 'Ines, from the train.' }).waitFor();
  });

  await t.test('no person and no page of theirs is in the service worker’s cache', async () => {
    const kept = await ines.page.evaluate(async () => {
      const out = [];
      for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) {
          const answer = await (await caches.open(name)).match(request);
          const text = /html|json/.test(answer.headers.get('content-type') ?? '') ? await answer.text() : '';
          out.push({ path: new URL(request.url).pathname, text });
        }
      }
      return out;
    });
    assert.ok(kept.length > 3, 'the shell and the assets are kept');
    for (const { path: at, text } of kept) {
      assert.ok(at === '/shell' || at.startsWith('/assets/'), `${at} is kept`);
      for (const word of [owner.name, owner.email, workspace, 'Kestrel']) assert.ok(!text.includes(word), `${at} names ${word}`);
    }
  });

  await t.test('back on the network they end equal, and one title stands', async () => {
    await Promise.all([ines.context.setOffline(false), dev.context.setOffline(false)]);
    await equal(app, workspace, ines.page, dev.page);
    // Each has private rows of its own; what they share is the same to the stamp.
    const shared = async (p) => {
      const { threads, messages } = await dump(p);
      return [...threads, ...messages].map((r) => `${r.id} ${r.clock} ${r.hlc} ${r.op_id}`).sort();
    };
    assert.deepEqual(await shared(ines.page), await shared(dev.page));
    for (const { page } of [ines, dev]) {
      for (const words of ['Ines, from the train.', 'Dev, from the slip.']) await until(words, async () => (await page.locator('.message-text', { hasText: words }).count()) === 1);
    }
    const title = async (p) => (await dump(p)).threads.find((r) => r.id === thread).title;
    assert.equal(await title(ines.page), await title(dev.page));
    const order = (p) => p.locator('.message-text').allInnerTexts();
    assert.deepEqual(await order(ines.page), await order(dev.page));
  });

  await t.test('a message deleted on one device goes on the other', async () => {
    const mine = ines.page.locator('.message', { hasText: 'Ultrasound is done.' });
    await mine.hover();
    await mine.locator('summary').click();
    await mine.getByRole('link', { name: 'Delete' }).click();
    await ines.page.getByRole('button', { name: 'Delete message' }).click();
    await until('it is gone on both', async () => (await ines.page.getByText('Ultrasound is done.').count()) + (await dev.page.locator('.message-text', { hasText: 'Ultrasound is done.' }).count()) === 0);
    await equal(app, workspace, ines.page, dev.page);
  });
  assert.equal(new URL(ines.page.url()).pathname, path);
  assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]), []);
});

test('a tab that is killed in the middle of a push loses nothing and sends nothing twice', async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t);
  let arrived;
  const pushed = new Promise((resolve) => (arrived = resolve));
  await ines.context.route('**/api/sync/push', async (route) => {
    await route.fetch(); // the server has it; the tab never hears so
    arrived();
    await new Promise(() => {});
  });
  await say(ines.page, 'Written in the last second.');
  await pushed;
  await ines.page.close();
  await ines.context.unroute('**/api/sync/push');
  const again = await ines.context.newPage();
  await openApp(again, app, path);
  await equal(app, workspace, again, dev.page);
  for (const page of [again, dev.page]) await until('the message is there once', async () => (await page.locator('.message-text', { hasText: 'Written in the last second.' }).count()) === 1);
  assert.equal((await dump(again)).messages.filter((m) => m.data?.content === 'Written in the last second.').length, 1);
});

test('the second tab takes over when the first one goes', async (t) => {
  const { app, ines, dev, workspace, path } = await twoDevices(t);
  const second = await ines.context.newPage();
  await openApp(second, app, path);
  assert.equal((await status(ines.page)).owner, true);
  assert.equal((await status(second)).owner, false);
  await say(second, 'Written in the second tab.');
  await ines.page.locator('.message-text', { hasText: 'Written in the second tab.' }).waitFor();
  await ines.page.close();
  await until('the second tab syncs', async () => (await status(second)).owner);
  await say(second, 'Written when it was alone.');
  await dev.page.locator('.message-text', { hasText: 'Written when it was alone.' }).waitFor();
  await equal(app, workspace, second, dev.page);
});

test('the server restarts while somebody types', async (t) => {
  const { app, ines, workspace, thread } = await twoDevices(t);
  const address = new URL(app.base).host;
  const box = ines.page.locator('#composer textarea');
  await box.fill('Half a sen');
  await app.stop({ keep: true });
  await box.pressSequentially('tence, and the rest of it.');
  await ines.page.keyboard.press('Control+Enter');
  await ines.page.locator('.message-text', { hasText: 'Half a sentence, and the rest of it.' }).waitFor();
  await box.fill('And one more that is not sent yet');
  const next = await startApp({ data: app.dir, addr: address });
  t.after(() => next.stop());
  await synced(ines.page, 'the new server has it');
  await equal(next, workspace, ines.page);
  assert.equal(await box.inputValue(), 'And one more that is not sent yet');
  assert.equal((await dump(ines.page)).messages.filter((m) => m.thread_id === thread && m.data?.content?.startsWith('Half a sentence')).length, 1);
});

test('signing out of a shared computer', async (t) => {
  const { app, ines, workspace, path } = await twoDevices(t);
  const { page, context } = ines;
  const databases = () => page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name).filter((n) => n.startsWith('or3-db-')).sort());
  const leave = async () => {
    await page.locator('.switcher summary').click();
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.locator('#leave-device').waitFor();
  };

  await t.test('what is unsent is shown first and kept locked', async () => {
    await context.route('**/api/sync/push', (route) => route.abort());
    await say(page, 'Only on this computer.');
    await leave();
    await page.locator('#leave-device', { hasText: 'on this device alone' }).waitFor();
    await checkAccessibility(page, 'sign-out');
    await picture(page, 'app-sign-out-wide-light');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export what is unsent' }).click();
    assert.equal((await saved).suggestedFilename(), 'unsent.or3.jsonl');
    assert.ok(await page.getByLabel('Keep it here, locked').isChecked());
    await page.locator('#leave-device').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    assert.deepEqual(await databases(), [`or3-db-${workspace}`]);
    await context.unroute('**/api/sync/push');
  });

  await t.test('somebody else gets their own database and never sees it', async () => {
    await signIn(page, app, colleague);
    await openApp(page, app, path);
    await synced(page);
    assert.equal(await page.getByText('Only on this computer.').count(), 0);
    assert.equal((await databases()).length, 2);
    assert.equal((await dump(page)).messages.some((m) => m.data?.content === 'Only on this computer.'), false);
    await leave();
    await page.locator('#leave-device', { hasText: 'Everything you wrote is on the server.' }).waitFor();
    await page.locator('#leave-device').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    await until('their data is removed', async () => (await databases()).length === 1);
  });

  await t.test('the first one signs in again, and it goes out', async () => {
    await signIn(page, app, owner);
    await openApp(page, app, path);
    await page.locator('.message-text', { hasText: 'Only on this computer.' }).waitFor();
    await equal(app, workspace, page);
  });
});

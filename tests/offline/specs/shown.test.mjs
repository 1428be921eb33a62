// What the app says of what is on the device stands once, everywhere, and in full.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join } from '../../e2e/lib/people.mjs';
import { dump, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

async function start(t, options = {}) {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, options);
  const workspace = await setUp(app, ines.page);
  const dev = await newPerson(browser);
  await join(dev.page, await invite(ines.page, app, colleague.email, 'editor'), colleague);
  await openApp(ines.page, app, `/w/${workspace}`);
  return { app, page: ines.page, dev: dev.page, ines, workspace };
}

test('two people in one workspace', async (t) => {
  const { app, page, dev, ines, workspace } = await start(t);
  const thread = await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await startHere(page, 'Overhull paint', 'Two coats.');
  await synced(page);
  await openApp(page, app, `/w/${workspace}/t/${thread}`);
  const faces = page.locator('.pane-read .avatars');
  await until('who began is named', async () => (await faces.getAttribute('aria-label')) === 'Written by Ines Okafor');
  await openApp(dev, app, `/w/${workspace}/t/${thread}`);

  await t.test('who answers in a thread that is open stands in its head', async () => {
    await say(dev, 'Then we sand on Monday.');
    await until('both are named', async () => (await faces.getAttribute('aria-label')) === 'Written by Dev Patel and Ines Okafor');
    assert.equal(await faces.locator('.avatar').count(), 2);
    await picture(page, 'shown-faces-wide-light');
    await until('it is read', async () => (await dump(page)).kv.some((k) => k.name.endsWith(`.read.${thread}`)));
    await synced(page);
  });

  await t.test('what is unread stands in the sidebar of every page that is loaded', async () => {
    for (const path of ['activity', 'files', 'documents', 'projects', 'waits']) {
      await page.goto('about:blank');
      await say(dev, `Said while nobody looked, before ${path}.`);
      await synced(dev);
      await openApp(page, app, `/w/${workspace}/${path}`);
      const n = ['activity', 'files', 'documents', 'projects', 'waits'].indexOf(path) + 1;
      await page.locator('#sidebar a[data-nav=threads] .nav-count', { hasText: `${n} unread` }).waitFor();
    }
  });

  await t.test('the palette shows a thread once, below one heading, whoever finds it first', async () => {
    // The server knows one that this device does not have yet.
    const other = `/w/${workspace}/t/${thread.slice(0, -4)}0000`;
    await page.route(/\/search\?q=/, (route) => route.fulfill({
      contentType: 'text/html',
      body: `<div role="group" aria-label="Threads"><p class="palette-group" aria-hidden="true">Threads</p>${[`/w/${workspace}/t/${thread}`, other].map((href) => `<a class="palette-item" role="option" href="${href}" tabindex="-1"><span class="palette-label">Hull of the server</span></a>`).join('')}</div>`,
    }));
    await openApp(page, app, `/w/${workspace}/documents`);
    const slow = (what) => page.evaluate((name) => {
      globalThis.let = undefined;
      const hold = (e) => {
        if (e.again) return;
        e.stopImmediatePropagation();
        globalThis.let = () => document.dispatchEvent(Object.assign(new CustomEvent('or3:find', { detail: e.detail }), { again: true }));
      };
      document.addEventListener(name, hold, { capture: true });
    }, what);
    const ask = async () => {
      await page.locator('body').press('Control+k');
      await page.locator('#palette-input').fill('hull');
    };
    const links = () => page.locator('#palette a[role=option]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    const headings = async () => (await page.locator('#palette .palette-group:visible').allInnerTexts()).filter((g) => g === 'Threads');
    const whole = async (what) => {
      await until(what, async () => (await links()).length === 4 && (await page.locator('#palette-count').innerText()) === '3 results'); // three threads, and the way to the page
      assert.equal(new Set(await links()).size, 4, what);
      assert.deepEqual(await headings(), ['Threads'], what);
    };
    await ask();
    await whole('the device is first');
    await picture(page, 'shown-palette-wide-light');
    await page.locator('#palette-input').press('Escape');
    await page.locator('#palette-input').press('Escape');
    await slow('or3:find');
    await ask();
    await until('the server is first', async () => (await links()).length === 2);
    assert.deepEqual(await headings(), ['Threads']);
    await page.evaluate(() => globalThis.let());
    await whole('the server is first');
    assert.equal(await page.locator('#palette a[role=option]').first().getAttribute('aria-selected'), 'true');
    await page.locator('#palette-input').press('Enter');
    await page.waitForURL(/\/t\//);
  });
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('a message that waits, on a phone, says so in full; with a file it is listed by its words', async (t) => {
  const { page, ines } = await start(t, { viewport: phone, touch: true });
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  await ines.context.setOffline(true);
  await say(page, 'Sanded by hand.');
  await say(page, 'And once more.');
  const state = page.locator('.message-state');
  await until('both wait', async () => (await state.count()) === 2 && (await page.locator('.message-waiting .message-menu').count()) === 2);
  await until('a short wait is over', () => state.last().evaluate((e) => getComputedStyle(e).visibility === 'visible' && e.getAnimations().every((a) => a.playState === 'finished')));
  await picture(page, 'shown-waiting-phone-light');
  for (const message of await page.locator('.message-waiting').all()) {
    const [words, button] = [await message.locator('.message-state').boundingBox(), await message.locator('.message-menu summary').boundingBox()];
    assert.ok(words.x + words.width <= button.x, `${JSON.stringify(words)} is not below ${JSON.stringify(button)}`);
  }
  const chosen = page.waitForEvent('filechooser');
  await page.locator('#composer [data-act=attach]').click();
  await (await chosen).setFiles({ name: 'off.txt', mimeType: 'text/plain', buffer: Buffer.from('Measured off the line.') });
  await page.locator('#composer .attached-item', { hasText: 'off.txt' }).waitFor();
  await page.locator('#composer textarea').fill('Here are the numbers.');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.locator('.message-waiting .message-files', { hasText: 'off.txt' }).waitFor();
  await page.evaluate(() => document.querySelector('#sync-foot a').click());
  const waits = page.locator('[data-slot=waiting] > li');
  await waits.filter({ hasText: 'Message: Here are the numbers.' }).waitFor();
  assert.equal(await waits.filter({ hasText: 'File:' }).count(), 0);
  await picture(page, 'shown-waits-phone-light');
});

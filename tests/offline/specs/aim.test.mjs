// What a person presses is what happens: nothing moves under the pointer, a page
// that is still on its way takes no click from the one that is here, and what
// needs a part of the app that has not come is done once it has.
import test from 'node:test';
import assert from 'node:assert/strict';
import { owner, startApp } from '../../e2e/lib/app.mjs';
import { newPerson, openBrowser } from '../../e2e/lib/browser.mjs';
import { setUp, signIn } from '../../e2e/lib/people.mjs';
import { dump, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const offline = (page) => page.locator('#sync-foot', { hasText: 'Offline' }).waitFor();
const muted = async (page) => (await page.locator('#thread-menu input[name=muted]').inputValue()) === '';
const heading = (page, title) => page.getByRole('heading', { name: title, exact: true });
const row = (page, title) => page.locator('.thread-row', { hasText: title });

async function middleOf(locator) {
  const b = await locator.boundingBox();
  return [b.x + b.width / 2, b.y + b.height / 2];
}

// entryOf opens the menu of the thread and gives the middle of one of its entries.
async function entryOf(page, role, name) {
  await page.locator('#thread-menu summary').click();
  const entry = page.locator('#thread-menu').getByRole(role, { name });
  return { entry, at: await middleOf(entry) };
}

test('a click is what a person meant by it', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const { page } = ines;
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}`);
  const hull = await startHere(page, 'Hull 14', 'Inspector moved to 2 December.');
  await startHere(page, 'Sails', 'The jib needs a new clew.');
  await synced(page);
  const path = new URL(page.url()).pathname;

  await t.test('what is pressed while the network goes stays where it is', async () => {
    const middle = () => middleOf(row(page, 'Hull 14'));
    const at = await middle();
    await page.mouse.move(...at);
    await page.mouse.down();
    await ines.context.setOffline(true);
    await page.evaluate(async () => {
      const moment = (ms) => new Promise((done) => setTimeout(done, ms));
      while (globalThis.or3.debug.status().phase !== 'offline') await moment(10);
      await moment(250); // longer than the page waits before it says so
    });
    assert.deepEqual(await middle(), at);
    await page.mouse.up();
    await heading(page, 'Hull 14').waitFor();
    await page.locator('#notice-sync').waitFor(); // it is said when nothing is aimed at any more
    assert.notDeepEqual(await middle(), at, 'what is said moves the row');
  });

  await t.test('an open menu stays where it is', async () => {
    await ines.context.setOffline(false);
    await synced(page);
    await page.locator('#notice-sync').waitFor({ state: 'detached' });
    const { at } = await entryOf(page, 'link', 'Put into a project…');
    await ines.context.setOffline(true);
    await offline(page);
    await page.mouse.click(...at);
    await page.locator('select[name=project]').waitFor();
    await page.locator('#notice-sync').waitFor();
    await ines.context.setOffline(false);
    await synced(page);
  });

  await t.test('of two threads that are pressed one after the other the second one opens', async () => {
    await openApp(page, app, path);
    await page.evaluate(() => {
      const [hull, sails] = ['Hull 14', 'Sails'].map((title) => [...document.querySelectorAll('a.thread-row')].find((a) => a.textContent.includes(title)));
      hull.click();
      sails.click();
    });
    await dump(page); // this is read behind what the first one has asked for
    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    assert.equal(new URL(page.url()).pathname, path);
    await heading(page, 'Sails').waitFor();
    assert.equal(await heading(page, 'Hull 14').count(), 0);
  });

  // The same person in a browser without a worker, where each file comes from the network.
  const plain = await newPerson(browser, { worker: false });
  const part = /\/assets\/more\.[^/]+$/;
  await signIn(plain.page, app, owner);

  await t.test('while a page is on its way, the one that is here takes what is written', async () => {
    let release;
    const held = new Promise((done) => (release = done));
    await plain.page.route(part, (route) => held.then(() => route.continue()));
    await openApp(plain.page, app, path);
    await plain.page.locator('#sidebar a[data-nav=documents]').click();
    await plain.page.waitForURL(/\/documents$/);
    await plain.page.evaluate(() => (globalThis.notLoadedAgain = true));
    await say(plain.page, 'She needs a new leech line, too.');
    await row(plain.page, 'Hull 14').click();
    await heading(plain.page, 'Hull 14').waitFor();
    release();
    await plain.page.waitForFunction(() => globalThis.or3More !== undefined);
    await synced(plain.page);
    await heading(plain.page, 'Hull 14').waitFor();
    assert.equal(await plain.page.evaluate(() => globalThis.notLoadedAgain), true);
    await plain.page.unroute(part);
    await plain.page.locator('#sidebar a[data-nav=documents]').click();
    await heading(plain.page, 'Documents').waitFor();
  });

  await t.test('what needs a part that did not come is done as soon as it has', async () => {
    await plain.page.route(part, (route) => route.abort());
    await openApp(plain.page, app, `/w/${workspace}/t/${hull}`);
    await synced(plain.page);
    await plain.context.setOffline(true);
    const { entry } = await entryOf(plain.page, 'button', /^Mute/);
    assert.equal(await plain.page.evaluate(() => globalThis.or3More), undefined);
    await entry.click();
    await plain.page.unroute(part);
    await plain.context.setOffline(false);
    const mine = async () => (await dump(plain.page)).kv.find((r) => /notification_muted_threads$/.test(r.name))?.value ?? '';
    await until('it is muted', async () => (await mine()).includes(hull));
    await until('the page says so', () => muted(plain.page));
    assert.deepEqual(realTrouble([...ines.trouble, ...plain.trouble]), []);
  });
});

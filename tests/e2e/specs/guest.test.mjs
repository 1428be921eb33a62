// A guest writes in the browser alone, is told nothing of the server, and takes
// it along when they sign in.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner } from '../lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, patience, picture } from '../lib/browser.mjs';
import { signIn } from '../lib/people.mjs';
import { appRuns, until } from '../lib/sync.mjs';

test('a guest takes what they wrote into the workspace they join', async (t) => {
  const app = await startApp({ env: { OR3_AUTH_GUEST_ACCESS: 'true' } });
  t.after(() => app.stop());
  const added = await app.or3(['user', 'add', '--email', owner.email, '--name', owner.name, '--password-stdin', '--workspace', 'Kestrel Boatworks'], `${owner.password}\n`);
  assert.equal(added.code, 0, added.stderr);
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { context, page, trouble } = await newPerson(browser);
  context.setDefaultTimeout(patience);
  const message = page.locator('.message-text', { hasText: 'Written before I had an account.' });

  const composer = page.locator('#composer textarea');

  await t.test('the start page is the app, and names nobody', async () => {
    await page.goto(app.base);
    await page.getByText('No threads yet').filter({ visible: true }).first().waitFor();
    assert.equal(new URL(page.url()).pathname, '/w/local');
    const html = await page.content();
    for (const secret of [owner.name, owner.email, 'Kestrel Boatworks']) assert.ok(!html.includes(secret), `a guest reads ${secret}`);
    await checkPage(page, 'guest');
    await checkAccessibility(page, 'guest');
    await picture(page, 'guest');
  });

  await t.test('the guest writes', async () => {
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.locator('input[name=title]').fill('Guest notes');
    await page.getByLabel('First message').fill('Written before I had an account.');
    await page.getByRole('button', { name: 'Start thread' }).click();
    await message.waitFor();
    await composer.fill('Half a sen');
    await page.goto(`${app.base}/w/local/documents?new=1`);
    await page.locator('#document textarea[name=content]').fill('High water is 11:42.');
    await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  });

  await t.test('signing in offers to take it along, and it is there on the server', async () => {
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByLabel('Password', { exact: true }).fill(owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
    const offer = page.locator('#notice-adopt');
    await offer.getByText('3 things and 1 draft you wrote without an account').waitFor();
    await checkAccessibility(page, 'offer');
    await picture(page, 'guest-offer');
    await offer.getByRole('button', { name: /^Take into Kestrel/ }).click();
    await page.locator('.thread-row', { hasText: 'Guest notes' }).click();
    await message.waitFor(); // opened as soon as the list shows it, and it stays open
    await page.locator('#notice-adopt').getByText('Taken along: 3 things are in Kestrel Boatworks now, and 1 draft waits for you to go on.').waitFor();
    for (const end = Date.now() + 60_000; (await composer.inputValue()) !== 'Half a sen' && Date.now() < end;) await page.locator('#sync-foot').waitFor();
    assert.equal(await composer.inputValue(), 'Half a sen', 'the draft is where the guest would go on');
    await page.locator('#sync-foot', { hasText: '1 draft is on this device only.' }).waitFor();
    await picture(page, 'guest-taken');
    const left = await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));
    assert.ok(!left.includes('or3-db-local'), `the guest's database is there still: ${left}`);
    await page.locator('#notice-adopt').getByRole('button', { name: 'Close' }).click();
    await message.waitFor();

    const other = await newPerson(browser); // another device
    other.context.setDefaultTimeout(patience);
    await signIn(other.page, app, owner);
    const row = other.page.locator('.thread-row', { hasText: 'Guest notes' });
    for (const end = Date.now() + 60_000; (await row.count()) === 0 && Date.now() < end;) await other.page.reload();
    await row.click();
    await other.page.locator('.message-text', { hasText: 'Written before I had an account.' }).waitFor();
    assert.deepEqual(other.trouble, []);
  });

  await t.test('without trouble', () => assert.deepEqual(trouble, []));
});

// guestDraft leaves a draft of a new thread in a guest's browser and signs in.
async function guestDraft(t) {
  const app = await startApp({ env: { OR3_AUTH_GUEST_ACCESS: 'true' } });
  t.after(() => app.stop());
  const added = await app.or3(['user', 'add', '--email', owner.email, '--name', owner.name, '--password-stdin', '--workspace', 'Kestrel Boatworks'], `${owner.password}\n`);
  assert.equal(added.code, 0, added.stderr);
  const browser = await openBrowser();
  t.after(() => browser.close());
  const person = await newPerson(browser);
  const { context, page } = person;
  context.setDefaultTimeout(patience);
  await page.goto(`${app.base}/w/local?new=1`);
  await page.getByLabel('First message').fill('Planks');
  await page.locator('input[name=title]').fill('Wood');
  await signIn(page, app, owner);
  await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
  return { app, ...person, home: page.url().match(/^.*\/w\/[0-9a-f-]{36}/)[0] };
}

const kept = (page) => page.evaluate(() => Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith('or3-draft:') && key.endsWith('/threads')).map(([key, draft]) => [key.replace(/^or3-draft:([^:]*):.*$/, (_, who) => (who === '' ? 'guest' : 'own')), JSON.parse(draft).text])));

test('a draft that comes along stands below what is typed in the same form, also in another tab', async (t) => {
  const { context, page, trouble, home } = await guestDraft(t);
  const other = await context.newPage();
  for (const p of [page, other]) {
    await p.goto(`${home}?new=1`);
    await appRuns(p);
  }
  const box = page.getByLabel('First message');
  await box.fill('Sails');
  await page.locator('input[name=title]').fill('Cloth');
  await until('the other tab shows the draft', async () => (await other.getByLabel('First message').inputValue()) === 'Sails');
  await page.locator('#notice-adopt').getByRole('button', { name: /^Take into/ }).click();
  await page.locator('#notice-adopt').getByText('Taken along: 1 draft waits for you to go on.').waitFor();
  for (const p of [page, other]) {
    await until('both stand in the box', async () => (await p.getByLabel('First message').inputValue()) === 'Sails\n\nPlanks');
    assert.equal(await p.locator('input[name=title]').inputValue(), 'Cloth / Wood');
  }
  await other.getByLabel('First message').press('End');
  await other.getByLabel('First message').pressSequentially('!');
  await until('it is kept', async () => (await kept(page)).own === 'Sails\n\nPlanks!');
  await until('it stands here, too', async () => (await box.inputValue()) === 'Sails\n\nPlanks!');
  await page.getByRole('button', { name: 'Start thread' }).click();
  await page.locator('.message-text', { hasText: 'Planks!' }).waitFor();
  await until('what was sent is in no other form', async () => (await other.getByLabel('First message').inputValue()) === '');
  assert.deepEqual(await kept(page), {});
  assert.deepEqual(trouble, []);
});

test('a draft that finds no room stays with the guest, says so, and is offered again', async (t) => {
  const { page, trouble, home } = await guestDraft(t);
  await page.goto(home);
  await page.evaluate(() => {
    for (let size = 1 << 20; size > 0;) {
      try {
        localStorage.setItem(`or3-test-${size}-${localStorage.length}`, 'x'.repeat(size));
      } catch {
        size >>= 1;
      }
    }
  });
  const notice = page.locator('#notice-adopt');
  await notice.getByRole('button', { name: /^Take into/ }).click();
  await notice.getByText('1 draft found no room in this browser. It stays where it was; make room, then load the page again.').waitFor();
  assert.deepEqual(await kept(page), { guest: 'Planks' });
  await page.evaluate(() => { for (const key of Object.keys(localStorage)) if (key.startsWith('or3-test-')) localStorage.removeItem(key); });
  // As after a take that was cut before the drafts had gone along.
  await page.evaluate(() => new Promise((done) => { const asked = indexedDB.deleteDatabase('or3-db-local'); asked.onsuccess = asked.onerror = () => done(); }));
  await page.goto(`${home}?new=1`);
  await notice.getByRole('button', { name: /^Take into/ }).click();
  await notice.getByText('Taken along: 1 draft waits for you to go on.').waitFor();
  assert.equal(await page.getByLabel('First message').inputValue(), 'Planks');
  assert.deepEqual(await kept(page), { own: 'Planks' });
  assert.deepEqual(trouble, []);
});

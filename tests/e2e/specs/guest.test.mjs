// A guest writes in the browser alone, is told nothing of the server, and takes
// it along when they sign in.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner } from '../lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, picture } from '../lib/browser.mjs';
import { signIn } from '../lib/people.mjs';

test('a guest takes what they wrote into the workspace they join', async (t) => {
  const app = await startApp({ env: { OR3_AUTH_GUEST_ACCESS: 'true' } });
  t.after(() => app.stop());
  const added = await app.or3(['user', 'add', '--email', owner.email, '--name', owner.name, '--password-stdin', '--workspace', 'Kestrel Boatworks'], `${owner.password}\n`);
  assert.equal(added.code, 0, added.stderr);
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { context, page, trouble } = await newPerson(browser);
  context.setDefaultTimeout(30_000);
  const message = page.locator('.message-text', { hasText: 'Written before I had an account.' });

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
  });

  await t.test('signing in offers to take it along, and it is there on the server', async () => {
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByLabel('Password', { exact: true }).fill(owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
    const offer = page.locator('#notice-adopt');
    await offer.getByText('wrote without an account').waitFor();
    await checkAccessibility(page, 'offer');
    await picture(page, 'guest-offer');
    await offer.getByRole('button', { name: /^Take into Kestrel/ }).click();
    await page.locator('.thread-row', { hasText: 'Guest notes' }).click();
    await message.waitFor(); // opened as soon as the list shows it, and it stays open
    await page.locator('#notice-adopt').getByText('Taken along: 2 things are in Kestrel Boatworks now.').waitFor();
    const left = await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));
    assert.ok(!left.includes('or3-db-local'), `the guest's database is there still: ${left}`);
    await page.locator('#notice-adopt').getByRole('button', { name: 'Close' }).click();
    await message.waitFor();

    const other = await newPerson(browser); // another device
    other.context.setDefaultTimeout(30_000);
    await signIn(other.page, app, owner);
    const row = other.page.locator('.thread-row', { hasText: 'Guest notes' });
    for (const end = Date.now() + 60_000; (await row.count()) === 0 && Date.now() < end;) await other.page.reload();
    await row.click();
    await other.page.locator('.message-text', { hasText: 'Written before I had an account.' }).waitFor();
    assert.deepEqual(other.trouble, []);
  });

  await t.test('without trouble', () => assert.deepEqual(trouble, []));
});

// An owner drops a package, reads what it asks for, agrees, switches it on, sets
// it up, updates it to a version that asks for more, goes back and takes it away.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp, owner } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { setUp, signIn } from '../../e2e/lib/people.mjs';

const packages = process.env.OR3_E2E_PACKAGES;

test('an owner manages a plugin', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  await setUp(app, page);
  const list = `${app.base}/admin/plugins`;
  const one = `${list}/kestrel.tides`;

  const inEveryLook = async (name) => {
    for (const [size, viewport] of [['wide', wide], ['phone', phone]]) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await checkPage(page, `${name}, ${size}, ${colorScheme}`);
        await checkAccessibility(page, `${name}, ${size}, ${colorScheme}`);
        await picture(page, `${name}-${size}-${colorScheme}`);
      }
    }
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: 'light' });
  };
  // Drops a file on the page as a file manager does.
  const drop = async (name) => {
    const bytes = (await readFile(join(packages, name))).toString('base64');
    const data = await page.evaluateHandle(({ bytes, name }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type: 'application/zip' }));
      return transfer;
    }, { bytes, name });
    await page.locator('form[data-package]').dispatchEvent('dragover', { dataTransfer: data });
    await page.locator('form[data-package]').dispatchEvent('drop', { dataTransfer: data });
  };
  const choose = async (name) => {
    await page.locator('#f-package-file').setInputFiles(join(packages, name));
    await page.getByRole('button', { name: 'Send package' }).click();
  };

  await t.test('the empty page teaches', async () => {
    await page.goto(list);
    await page.getByText('No plugins yet').waitFor();
    await page.getByText('or3 plugin new example.hello').waitFor();
    await inEveryLook('plugins-empty');
  });

  await t.test('a refused package says everything that is in the way', async () => {
    await drop('tides-bad.zip');
    await page.locator('#package-result', { hasText: 'tides-bad.zip was refused: 2 things are in the way.' }).waitFor();
    await page.locator('.findings code', { hasText: 'manifest/' }).first().waitFor();
    await inEveryLook('plugins-refused');
  });

  await t.test('a dropped package leads to what it asks for', async () => {
    await drop('tides-1.0.0.zip');
    await page.waitForURL(`${one}/consent`);
    await page.getByRole('heading', { name: 'Allow Tide board?' }).waitFor();
    await page.getByText('“Shows the tides.”').waitFor();
    await inEveryLook('plugin-consent');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(one);
  });

  await t.test('it is switched on by the keyboard', async () => {
    await page.goto(list);
    const on = page.getByRole('switch', { name: 'Tide board' });
    assert.equal(await on.getAttribute('aria-checked'), 'false');
    await on.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Tide board is on in Kestrel Boatworks.').waitFor();
    assert.equal(await on.getAttribute('aria-checked'), 'true');
    await inEveryLook('plugins-list');
  });

  await t.test('settings are judged as they are typed, and kept', async () => {
    await page.goto(`${one}/settings`);
    const every = page.getByLabel('Minutes between two looks');
    await every.fill('3');
    await every.press('Tab');
    await page.locator('.field-error').waitFor();
    await every.fill('30');
    await every.press('Tab');
    await page.locator('.field-error').waitFor({ state: 'detached' });
    await page.locator('#f-setting-key').fill('high-water-7');
    await page.getByLabel('Colour').fill('#1a6b7c');
    await page.getByLabel('Who is told').selectOption({ label: owner.name });
    await inEveryLook('plugin-settings');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText(/^Saved \d\d:\d\d\.$/).waitFor();
    assert.equal(await page.getByLabel('Minutes between two looks').inputValue(), '30');
    assert.ok(!(await page.content()).includes('high-water-7'), 'a secret is never shown again');
  });

  await t.test('an update that asks for more is told apart', async () => {
    await page.goto(list);
    await choose('tides-1.1.0.zip');
    await page.getByRole('button', { name: 'Replace it' }).click();
    await page.waitForURL(`${one}/consent`);
    await page.getByText('It asks for 1 thing more than the version you run.').waitFor();
    assert.equal(await page.locator('.ask-more').count(), 1);
    await page.locator('.ask-more', { hasText: 'tides.example' }).getByText('New', { exact: true }).waitFor();
    await inEveryLook('plugin-update');
    await page.getByRole('button', { name: 'Allow and update' }).click();
    await page.getByText('Tide board is now 1.1.0.').waitFor();
    await inEveryLook('plugin-overview');
  });

  await t.test('and can be undone', async () => {
    await page.getByRole('link', { name: 'Go back to 1.0.0…' }).click();
    await page.getByRole('button', { name: 'Go back to 1.0.0' }).click();
    await page.getByText('Tide board is 1.0.0 again.').waitFor();
  });

  await t.test('the log and the calls can be paused', async () => {
    for (const tab of ['Log', 'Calls']) {
      await page.getByRole('link', { name: tab, exact: true }).click();
      await page.getByRole('link', { name: 'Pause' }).click();
      await page.getByText('Paused at').waitFor();
      await inEveryLook(`plugin-${tab.toLowerCase()}`);
    }
  });

  await t.test('without scripts it is stopped, uninstalled and brought back', async () => {
    const plain = await newPerson(browser, { js: false });
    await signIn(plain.page, app, owner);
    await plain.page.goto(one);
    await plain.page.getByRole('link', { name: 'Stop everywhere…' }).click();
    await plain.page.getByRole('button', { name: 'Stop everywhere' }).click();
    await plain.page.getByText('Tide board is stopped everywhere.').waitFor();
    await plain.page.getByRole('button', { name: 'Start' }).click();
    await plain.page.getByRole('link', { name: 'Uninstall…' }).click();
    await plain.page.getByRole('button', { name: 'Uninstall' }).click();
    await plain.page.getByText('Uninstalled Tide board.').waitFor();
    await plain.page.getByRole('button', { name: 'Bring it back' }).click();
    await plain.page.getByText('Tide board is back').waitFor();
    await plain.page.goto(list);
    await plain.page.locator('#f-package-file').setInputFiles(join(packages, 'tides-bad.zip'));
    await plain.page.getByRole('button', { name: 'Send package' }).click();
    await plain.page.getByRole('heading', { name: 'Package refused' }).waitFor();
    assert.deepEqual(plain.trouble, []);
  });

  assert.deepEqual(trouble, []);
});

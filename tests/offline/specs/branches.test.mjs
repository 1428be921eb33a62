// Threads that go on from others, what is unread, and what is muted: without a
// network, on two devices, and as the server draws it without JavaScript.
import test from 'node:test';
import assert from 'node:assert/strict';
import { owner } from '../../e2e/lib/app.mjs';
import { newPerson, checkPage, checkAccessibility, picture, phone } from '../../e2e/lib/browser.mjs';
import { twoDevices } from '../../e2e/lib/devices.mjs';
import { signIn } from '../../e2e/lib/people.mjs';
import { appRuns, equal, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const message = (page, text) => page.locator('.message', { has: page.locator('.message-text', { hasText: text }) });
const row = (page, title) => page.locator('.thread-row', { hasText: title });
const muted = (page, title) => row(page, title).locator('[data-slot=muted]', { hasText: 'Muted' });
const texts = (page) => page.locator('.message-text').evaluateAll((all) => all.map((e) => e.innerText.trim()));
const threadOf = (page) => new URL(page.url()).pathname.split('/')[4];

// goOn starts a thread from a message through its menu and gives its id.
async function goOn(page, text, title, how) {
  const from = message(page, text);
  await from.hover();
  await from.locator('.message-menu summary').click();
  await from.getByRole('link', { name: 'Go on from here…' }).click();
  await page.getByRole('heading', { name: 'Go on from here' }).waitFor();
  await page.locator('.quote', { hasText: text }).waitFor();
  await page.locator('input[name=title]').fill(title);
  await page.getByRole('radio', { name: how }).check();
  await page.getByRole('button', { name: 'Start thread' }).click();
  await page.waitForURL(/\/t\/[^/?#]+$/);
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
  return threadOf(page);
}

// thread's menu, by the words of an entry.
async function choose(page, name) {
  await page.locator('#thread-menu summary').click();
  const entry = page.locator('#thread-menu').getByRole(/…$/.test(name) ? 'link' : 'button', { name: new RegExp(`^${name}`) });
  await entry.click();
}

test('a thread goes on elsewhere without a network', async (t) => {
  const { app, browser, ines, dev, workspace, thread, path } = await twoDevices(t);
  const reader = await newPerson(browser, { js: false });
  await signIn(reader.page, app, owner);
  await say(dev.page, 'Two readings are under 9 mm.');
  await say(ines.page, 'We cut out frames 11 to 13.');
  await synced(dev.page);
  await message(ines.page, 'Two readings').waitFor();
  await until('what comes later is kept', () => ines.page.evaluate(() => navigator.serviceWorker.ready.then(() => true)), 60_000);
  let branch, second, fork;

  await t.test('offline: a branch shows what stands before it, and is written into', async () => {
    await ines.context.setOffline(true);
    branch = await goOn(ines.page, 'Two readings', 'What it costs', /^Branch/);
    await ines.page.locator('.message-before').waitFor();
    await say(ines.page, 'Robbins asks 84.20 a sheet.');
    await say(ines.page, 'And delivery on Friday.');
    assert.deepEqual(await texts(ines.page), ['Inspector moved to 2 December.', 'Two readings are under 9 mm.', 'Robbins asks 84.20 a sheet.', 'And delivery on Friday.']);
    assert.equal(await ines.page.locator('.message-before .message').count(), 2);
    await checkPage(ines.page, 'a branch');
    await checkAccessibility(ines.page, 'a branch');
    await picture(ines.page, 'branch-wide');
  });

  await t.test('offline: a branch of the branch has the whole way there, and a fork its own copies', async () => {
    second = await goOn(ines.page, 'Robbins asks', 'Other suppliers', /^Branch/);
    await until('the way there', async () => (await texts(ines.page)).length === 3);
    assert.deepEqual(await texts(ines.page), ['Inspector moved to 2 December.', 'Two readings are under 9 mm.', 'Robbins asks 84.20 a sheet.']);
    await ines.page.locator('[data-slot=origin] a', { hasText: 'What it costs' }).click();
    await message(ines.page, 'delivery on Friday').waitFor();
    await row(ines.page, 'Hull 14').click();
    await message(ines.page, 'frames 11 to 13').waitFor();
    fork = await goOn(ines.page, 'Two readings', 'A copy of it', /^Fork/);
    await ines.page.getByText('with copies of its messages up to there').waitFor();
    assert.deepEqual(await texts(ines.page), ['Inspector moved to 2 December.', 'Two readings are under 9 mm.']);
    assert.equal(await ines.page.locator('.message-before').count(), 0);
    await checkPage(ines.page, 'a fork');
  });

  await t.test('a reload without a network shows it again', async () => {
    await row(ines.page, 'What it costs').click();
    await message(ines.page, 'delivery on Friday').waitFor();
    await ines.page.reload();
    await appRuns(ines.page);
    await message(ines.page, 'delivery on Friday').waitFor();
    await ines.page.locator('.message-before').getByText('Two readings').waitFor();
  });

  await t.test('back on the network it is the same for everybody, also without JavaScript', async () => {
    await ines.context.setOffline(false);
    await equal(app, workspace, ines.page, dev.page);
    for (const [id, before] of [[branch, 2], [second, 3], [fork, 0]]) {
      await ines.page.goto(`${app.base}/w/${workspace}/t/${id}?debug=1`);
      await appRuns(ines.page);
      await openApp(dev.page, app, `/w/${workspace}/t/${id}`);
      await reader.page.goto(`${app.base}/w/${workspace}/t/${id}`);
      const wanted = await texts(reader.page);
      const origin = await reader.page.locator('[data-slot=origin]').innerText();
      assert.equal(await reader.page.locator('.message-before .message').count(), before);
      for (const page of [ines.page, dev.page]) {
        await until('the same messages', async () => JSON.stringify(await texts(page)) === JSON.stringify(wanted));
        await until('the same origin', async () => (await page.locator('[data-slot=origin]').innerText()) === origin);
        assert.equal(await page.locator('.message-before .message').count(), before);
      }
      assert.equal(await reader.page.locator('[data-slot=starter]').innerText(), 'you');
      assert.equal(await dev.page.locator('[data-slot=starter]').innerText(), owner.name);
    }
    await picture(dev.page, 'fork-phone-dark');
  });

  await t.test('what changes above changes in the branch, and a deleted parent is named as one', async () => {
    await openApp(dev.page, app, path);
    const mine = message(dev.page, 'Two readings');
    await mine.locator('.message-menu summary').click();
    await mine.getByRole('link', { name: 'Edit' }).click();
    await dev.page.locator('.message textarea').fill('Three readings are under 9 mm.');
    await dev.page.getByRole('button', { name: 'Save message' }).click();
    await ines.page.goto(`${app.base}/w/${workspace}/t/${branch}?debug=1`);
    await appRuns(ines.page);
    await ines.page.locator('.message-before').getByText('Three readings').waitFor();
    await synced(dev.page);
    await choose(dev.page, 'Delete…');
    await dev.page.getByRole('dialog').getByRole('button', { name: 'Delete thread' }).click();
    await ines.page.getByText('Goes on from a thread that was deleted').waitFor();
    await ines.page.locator('.message-before').waitFor({ state: 'detached' });
    await equal(app, workspace, ines.page, dev.page);
    await reader.page.goto(`${app.base}/w/${workspace}/t/${branch}`);
    await reader.page.getByText('Goes on from a thread that was deleted').waitFor();
    assert.deepEqual(await texts(ines.page), await texts(reader.page));
  });

  await t.test('a system prompt is chosen without a network, and the thread says so everywhere', async () => {
    const { page } = ines;
    const has = (p) => p.locator('.thread-facts [data-slot=prompt]');
    await openApp(page, app, `/w/${workspace}/t/${branch}`);
    await synced(page);
    await ines.context.setOffline(true);
    await choose(page, 'System prompt…');
    await page.getByRole('heading', { name: 'System prompt', level: 1 }).waitFor();
    assert.deepEqual(await page.locator('select[name=prompt] option').allInnerTexts(), ['None']);
    await page.locator('#main').getByRole('link', { name: 'New prompt' }).click();
    await page.locator('#document input[name=title]').fill('Yard voice');
    await page.locator('#document textarea[name=content]').fill('Short sentences.');
    await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
    await page.locator('#sidebar a[data-nav=threads]').click();
    await row(page, 'What it costs').click();
    await choose(page, 'System prompt…');
    await page.locator('select[name=prompt]').selectOption({ label: 'Yard voice' });
    await checkPage(page, 'the choice of a prompt');
    await checkAccessibility(page, 'the choice of a prompt');
    await picture(page, 'prompt-choice');
    await page.getByRole('button', { name: 'Use it' }).click();
    await has(page).getByRole('link', { name: 'Yard voice' }).waitFor();
    await page.reload();
    await appRuns(page);
    await choose(page, 'System prompt…');
    assert.equal(await page.locator('select[name=prompt] option:checked').innerText(), 'Yard voice');
    await page.getByRole('link', { name: 'Leave it' }).click();
    await has(page).waitFor();
    await picture(page, 'thread-with-prompt');
    await ines.context.setOffline(false);
    await openApp(dev.page, app, `/w/${workspace}/t/${branch}`);
    await has(dev.page).getByRole('link', { name: 'Yard voice' }).waitFor();
    await picture(dev.page, 'thread-with-prompt-phone-dark');
    await reader.page.goto(`${app.base}/w/${workspace}/t/${branch}`);
    await has(reader.page).getByRole('link', { name: 'Yard voice' }).waitFor();
    await choose(page, 'System prompt…');
    await page.locator('select[name=prompt]').selectOption({ label: 'None' });
    await page.getByRole('button', { name: 'Use it' }).click();
    await has(dev.page).waitFor({ state: 'detached' });
  });

  await t.test('a thread is put into a project without a network', async () => {
    await ines.page.goto(`${app.base}/w/${workspace}/projects?new=1`);
    await ines.page.getByLabel('Name', { exact: true }).fill('Hull 14');
    await ines.page.getByRole('button', { name: 'Make project' }).or(ines.page.getByRole('button', { name: /project/i })).first().click();
    await ines.page.waitForURL(/\/projects\/[0-9a-f-]{36}/);
    const project = new URL(ines.page.url()).pathname;
    await openApp(ines.page, app, `/w/${workspace}/t/${branch}`);
    await synced(ines.page);
    await ines.context.setOffline(true);
    await choose(ines.page, 'Put into a project…');
    await ines.page.locator('select[name=project]').selectOption({ label: 'Hull 14' });
    await checkPage(ines.page, 'move');
    await ines.page.getByRole('button', { name: 'Move' }).click();
    await message(ines.page, 'delivery on Friday').waitFor();
    await ines.context.setOffline(false);
    await synced(ines.page);
    await reader.page.goto(app.base + project);
    await reader.page.locator('main a', { hasText: 'What it costs' }).first().waitFor();
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble, ...reader.trouble]), []);
    assert.notEqual(thread, branch);
  });
});

test('what others wrote is counted until it is read, on all of a person’s devices', async (t) => {
  const { app, browser, ines, dev, workspace } = await twoDevices(t);
  const count = (page, title) => row(page, title).locator('.unread');
  const nav = (page) => page.locator('#sidebar a[data-nav=threads] .nav-count');
  const phoned = await newPerson(browser, { viewport: phone });
  const reader = await newPerson(browser, { js: false });
  await signIn(phoned.page, app, owner);
  await signIn(reader.page, app, owner);
  await openApp(phoned.page, app, `/w/${workspace}`);
  await synced(phoned.page);

  await t.test('a message of another person counts, in the list and in the sidebar', async () => {
    await openApp(ines.page, app, `/w/${workspace}`);
    await synced(ines.page);
    assert.equal(await count(ines.page, 'Hull 14').count(), 0, 'one’s own thread is not unread');
    await say(dev.page, 'Two readings are under 9 mm.');
    await say(dev.page, 'I marked them on the plan.');
    await until('two are unread', async () => (await count(ines.page, 'Hull 14').innerText().catch(() => '')) === '2');
    await until('the sidebar says it', async () => (await nav(ines.page).textContent().catch(() => '')) === '2 unread');
    await until('also on the phone', async () => (await count(phoned.page, 'Hull 14').innerText().catch(() => '')) === '2');
    assert.equal(await count(dev.page, 'Hull 14').count(), 0, 'who wrote it has read it');
    await checkAccessibility(ines.page, 'a list with unread threads');
    await picture(ines.page, 'unread-wide');
    await picture(phoned.page, 'unread-phone');
    await reader.page.goto(`${app.base}/w/${workspace}`);
    assert.equal(await count(reader.page, 'Hull 14').innerText(), '2', 'without JavaScript the list says the same');
  });

  await t.test('a reload begins with what the server says and keeps it', async () => {
    await ines.page.evaluate(() => navigator.serviceWorker.getRegistration().then((r) => r?.unregister()));
    await ines.page.addInitScript(() => {
      globalThis.seen = [];
      new MutationObserver(() => {
        const list = document.querySelector('.thread-row');
        if (list !== null) globalThis.seen.push(list.querySelector('.unread')?.textContent ?? '');
      }).observe(document, { childList: true, subtree: true });
    });
    await openApp(ines.page, app, `/w/${workspace}`);
    await until('the client has counted', async () => (await nav(ines.page).textContent().catch(() => '')) === '2 unread');
    assert.deepEqual([...new Set(await ines.page.evaluate(() => globalThis.seen))], ['2'], 'the number never went away');
  });

  await t.test('reading it offline clears it, and the other devices follow', async () => {
    await ines.context.setOffline(true);
    await row(ines.page, 'Hull 14').click();
    await message(ines.page, 'I marked them').waitFor();
    await count(ines.page, 'Hull 14').waitFor({ state: 'detached' });
    await nav(ines.page).waitFor({ state: 'detached' });
    assert.equal(await count(phoned.page, 'Hull 14').innerText(), '2', 'nobody else knows yet');
    await until('it is noted', async () => (await ines.page.evaluate(() => globalThis.or3.debug.dump())).kv.some((r) => /\.read\./.test(r.name)));
    await ines.context.setOffline(false);
    await synced(ines.page);
    await count(phoned.page, 'Hull 14').waitFor({ state: 'detached' });
    await reader.page.goto(`${app.base}/w/${workspace}`);
    assert.equal(await count(reader.page, 'Hull 14').count(), 0);
    await equal(app, workspace, ines.page, phoned.page);
  });

  await t.test('without JavaScript reading a page clears it, too', async () => {
    const other = await startHere(ines.page, 'Sails', 'The jib needs a new clew.');
    await synced(ines.page);
    await say(dev.page, 'The inspector rang.');
    await synced(dev.page);
    await until('one is unread', async () => (await count(ines.page, 'Hull 14').innerText().catch(() => '')) === '1');
    await reader.page.goto(`${app.base}/w/${workspace}`);
    await row(reader.page, 'Hull 14').click();
    await reader.page.getByText('The inspector rang.').last().waitFor();
    await count(ines.page, 'Hull 14').waitFor({ state: 'detached' });
    assert.equal(threadOf(ines.page), other);
  });

  await t.test('a muted thread counts in its row and not in the sidebar, on every device', async () => {
    await row(ines.page, 'Hull 14').click();
    await message(ines.page, 'The inspector rang.').waitFor();
    await ines.context.setOffline(true);
    await choose(ines.page, 'Mute');
    await until('it offers the opposite', async () => (await ines.page.locator('#thread-menu input[name=muted]').inputValue()) === '');
    await ines.page.reload();
    await appRuns(ines.page);
    await until('it is still muted', async () => (await ines.page.locator('#thread-menu input[name=muted]').inputValue()) === '');
    await muted(ines.page, 'Hull 14').waitFor();
    assert.equal(await row(ines.page, 'Sails').locator('[data-slot=muted]').count(), 0);
    await checkAccessibility(ines.page, 'a list with a muted thread');
    await picture(ines.page, 'thread-muted-wide');
    await ines.context.setOffline(false);
    await synced(ines.page);
    await reader.page.goto(ines.page.url());
    await muted(reader.page, 'Hull 14').waitFor();
    await reader.page.locator('#thread-menu summary').click();
    await reader.page.getByRole('button', { name: /^Unmute/ }).waitFor();
    await row(ines.page, 'Sails').click();
    await message(ines.page, 'new clew').waitFor();
    await say(dev.page, 'She comes at ten.');
    await until('its row counts', async () => (await count(ines.page, 'Hull 14').innerText().catch(() => '')) === '1');
    assert.equal(await nav(ines.page).count(), 0);
    await muted(phoned.page, 'Hull 14').waitFor();
    await picture(phoned.page, 'threads-muted-phone');
    await row(phoned.page, 'Hull 14').click();
    await choose(phoned.page, 'Unmute');
    // Until it says so nothing is written yet, and leaving the page would undo it.
    await until('the phone offers the opposite', async () => (await phoned.page.locator('#thread-menu input[name=muted]').inputValue()) === 'true');
    await phoned.page.goto(`${app.base}/w/${workspace}`);
    await muted(ines.page, 'Hull 14').waitFor({ state: 'detached' });
    await say(dev.page, 'No, at eleven.');
    await until('the sidebar counts again', async () => /unread/.test(await nav(ines.page).textContent().catch(() => '')));
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble, ...phoned.trouble, ...reader.trouble]), []);
  });
});

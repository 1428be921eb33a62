// What a person does is on the page before it is on the disk. When it does not
// get there, the page is as before, says so, and gives the words back.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, dump, equal, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

// hold keeps every write of the app waiting, as a slow disk does, until release.
const hold = (page) => page.evaluate(() => new Promise((done) => {
  const { workspace } = globalThis.or3.debug.status();
  const asked = indexedDB.open(`or3-db-${workspace}`);
  asked.onsuccess = () => {
    const db = asked.result;
    let held = true;
    globalThis.release = () => { held = false; db.close(); };
    const store = db.transaction(['threads', 'messages', 'pending_ops'], 'readwrite').objectStore('messages');
    const spin = () => { if (held) store.get('').onsuccess = spin; };
    store.get('').onsuccess = () => { spin(); done(); };
  };
}));
const release = (page) => page.evaluate(() => globalThis.release());

// fill makes the disk full for messages, threads and documents; empty gives it room again.
const fill = (page) => page.evaluate(() => {
  globalThis.realPut ??= IDBObjectStore.prototype.put;
  globalThis.realDelete ??= IDBObjectStore.prototype.delete;
  const full = (real) => function (...args) {
    if (!['threads', 'messages', 'posts'].includes(this.name)) return real.apply(this, args);
    this.transaction.abort();
    throw new DOMException('The disk is full.', 'QuotaExceededError');
  };
  IDBObjectStore.prototype.put = full(globalThis.realPut);
  IDBObjectStore.prototype.delete = full(globalThis.realDelete);
});
const empty = (page) => page.evaluate(() => {
  IDBObjectStore.prototype.put = globalThis.realPut;
  IDBObjectStore.prototype.delete = globalThis.realDelete;
  document.getElementById('notice-failed')?.remove();
});

const box = (page) => page.locator('#composer textarea');
const message = (page, text) => page.locator('.message-text', { hasText: text });
const texts = (page) => page.locator('.message-text p:first-child').allInnerTexts();
const row = (page, title) => page.locator('.thread-row', { hasText: title });
// onDisk waits for what is on the page already: a disk that is made full sooner would refuse that, too.
const onDisk = (page, table, is) => until('it is on the disk', async () => (await dump(page))[table].some(is));
const full = (page) => page.locator('#notice-failed', { hasText: 'no room left' }).waitFor();
const send = async (page, text) => {
  await box(page).fill(text);
  await page.keyboard.press('Control+Enter');
};
const menu = async (page, item) => {
  await page.locator('#thread-menu > summary, [data-slot=menu] summary').first().click();
  await page.locator('.pane-read .bar').getByText(item, { exact: true }).click();
};
const messageMenu = async (page, text, item) => {
  const m = page.locator('.message', { hasText: text });
  await until('the menu is open', async () => {
    if (await m.locator('details[open]').count() === 0) await m.locator('summary').press('Enter');
    return await m.locator('details[open]').count() > 0;
  });
  await m.locator('.menu-item', { hasText: item }).press('Enter');
};

async function start(t, options = {}) {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, options);
  const workspace = await setUp(app, ines.page);
  await openApp(ines.page, app, `/w/${workspace}`);
  await startHere(ines.page, 'Sails', 'The jib needs a new clew.');
  const thread = await startHere(ines.page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(ines.page);
  return { app, ...ines, workspace, at: `/w/${workspace}/t/${thread}` };
}

// later waits for the next second by the store's clock: activity is kept in seconds.
const later = (page) => until('the next second', async () => {
  const { threads, sync_state: states } = await dump(page);
  const now = Date.now() + (states.find((s) => s.id === 'clock')?.offset ?? 0);
  return Math.floor(now / 1000) > Math.max(...threads.map((t) => t.last_message_at));
});
const titles = async (page) => (await page.locator('.thread-title').allInnerTexts()).join();

test('what is written is on the page while the disk still works, in its place, and goes out once', async (t) => {
  const { app, page, trouble, workspace } = await start(t);
  const pushed = [];
  page.on('request', (r) => { if (r.url().endsWith('/api/sync/push')) pushed.push(...r.postDataJSON().ops.map((o) => o.payload?.data?.content)); });
  await row(page, 'Sails').click();
  await message(page, 'new clew').waitFor();
  await later(page);
  await hold(page);
  await send(page, 'First of two.');
  await message(page, 'First of two.').waitFor();
  assert.equal(await box(page).inputValue(), '');
  await send(page, 'Second of two.');
  await message(page, 'Second of two.').waitFor();
  const drawn = await texts(page);
  assert.deepEqual(drawn, ['The jib needs a new clew.', 'First of two.', 'Second of two.']);
  assert.equal(await page.locator('.message-waiting').count(), 2, 'both say that they are not sent');
  assert.equal(await page.locator('.message', { hasText: 'First of two.' }).locator('summary').count(), 0, 'what is not there cannot be changed');
  await until('the thread has moved to the top', async () => (await titles(page)) === 'Sails,Hull 14: keel survey');
  await row(page, 'Sails').getByText('You: Second of two.').waitFor();
  assert.equal(pushed.filter((text) => text?.endsWith('of two.')).length, 0, 'nothing goes out before it is kept here');
  await picture(page, 'ahead-waiting');
  await page.locator('input[name=q]').focus();
  await release(page);
  await synced(page);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'q', 'whoever goes on somewhere else is not called back');
  await until('nothing waits any more', async () => (await page.locator('.message-waiting').count()) === 0);
  assert.deepEqual(await texts(page), drawn);
  assert.equal(await titles(page), 'Sails,Hull 14: keel survey', 'it stays there');
  await row(page, 'Sails').getByText('You: Second of two.').waitFor();
  assert.deepEqual(pushed.filter((text) => text?.endsWith('of two.')), ['First of two.', 'Second of two.']);
  const kept = (await dump(page)).messages.filter((m) => m.data.content.endsWith('of two.')).sort((a, b) => a.index - b.index);
  assert.deepEqual(kept.map((m) => [m.index, m.data.content]), [[1, 'First of two.'], [2, 'Second of two.']]);
  await equal(app, workspace, page);
  await page.reload();
  await appRuns(page);
  assert.deepEqual(await texts(page), drawn);
  assert.deepEqual(realTrouble(trouble), []);
});

test('a thread that another write reaches meanwhile stays where it is drawn', async (t) => {
  const { page, trouble } = await start(t);
  await row(page, 'Sails').click();
  await message(page, 'new clew').waitFor();
  await later(page);
  // The disk is busy with another name for the thread. Behind it the list waits to
  // be read, and behind that the message to be written.
  await page.evaluate(() => new Promise((done) => {
    indexedDB.open(`or3-db-${globalThis.or3.debug.status().workspace}`).onsuccess = (e) => {
      const db = e.target.result;
      const threads = db.transaction(['threads'], 'readwrite').objectStore('threads');
      let held = true;
      globalThis.rename = () => { held = false; };
      const spin = () => {
        if (held) threads.get('').onsuccess = spin;
        else threads.getAll().onsuccess = (found) => {
          const row = found.target.result.find((r) => r.title === 'Sails');
          threads.put({ ...row, title: 'Sails and sheets', clock: row.clock + 1, op_id: crypto.randomUUID() }).onsuccess = () => db.close();
        };
      };
      threads.get('').onsuccess = () => { spin(); done(); };
    };
  }));
  await page.locator('input[name=q]').fill('s'); // both have it
  await page.evaluate(() => new Promise((done) => {
    indexedDB.open(`or3-db-${globalThis.or3.debug.status().workspace}`).onsuccess = (e) => {
      const db = e.target.result;
      const store = db.transaction(['messages'], 'readwrite').objectStore('messages');
      let held = true;
      globalThis.release = () => { held = false; db.close(); };
      const spin = () => { if (held) store.get('').onsuccess = spin; };
      spin();
      done(); // it has its place in the queue
    };
  }));
  await send(page, 'First of two.');
  await until('it is at the top', async () => (await titles(page)) === 'Sails,Hull 14: keel survey');
  await page.evaluate(() => globalThis.rename());
  await row(page, 'Sails and sheets').waitFor();
  assert.equal(await titles(page), 'Sails and sheets,Hull 14: keel survey');
  await row(page, 'Sails').getByText('You: First of two.').waitFor();
  await release(page);
  await until('nothing waits any more', async () => (await page.locator('.message-waiting').count()) === 0);
  await synced(page);
  assert.equal(await titles(page), 'Sails and sheets,Hull 14: keel survey');
  await row(page, 'Sails').getByText('You: First of two.').waitFor();
  assert.deepEqual(realTrouble(trouble), []);
});

test('a message that does not fit on the disk is back in its box', async (t) => {
  const { page, trouble, at } = await start(t);
  const before = await texts(page);
  await t.test('the words, an error, and nothing in the list', async () => {
    await fill(page);
    await send(page, 'This does not fit.');
    await full(page);
    assert.equal(await box(page).inputValue(), 'This does not fit.');
    assert.deepEqual(await texts(page), before);
    assert.equal((await dump(page)).pending_ops.length, 0);
    await row(page, 'Hull 14').getByText('Inspector moved').waitFor();
    await checkPage(page, 'a full disk');
    await checkAccessibility(page, 'a full disk');
    await picture(page, 'ahead-full-wide');
    await page.setViewportSize(phone);
    await page.emulateMedia({ colorScheme: 'dark' });
    await checkPage(page, 'a full disk, on a phone');
    await picture(page, 'ahead-full-phone-dark');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  await t.test('also when the next one is being typed already', async () => {
    await empty(page);
    await hold(page);
    await send(page, 'Typed first.');
    await message(page, 'Typed first.').waitFor();
    await box(page).pressSequentially('Typed next.');
    await fill(page);
    await release(page);
    await full(page);
    assert.equal(await box(page).inputValue(), 'Typed first.\n\nTyped next.');
    assert.deepEqual(await texts(page), before);
  });

  await t.test('also after a reload, and then it goes', async () => {
    await page.goto(new URL(at, page.url()).href);
    await appRuns(page);
    assert.deepEqual(await texts(page), before);
    await until('the draft is back', async () => (await box(page).inputValue()) === 'Typed first.\n\nTyped next.');
    await box(page).focus();
    await page.keyboard.press('Control+Enter');
    await message(page, 'Typed first.').waitFor();
    await synced(page);
    assert.equal(await message(page, 'Typed first.').count(), 1);
    assert.equal(await box(page).inputValue(), '');
    assert.deepEqual(realTrouble(trouble), []);
  });
});

test('a change that does not fit on the disk is taken back', async (t) => {
  const { app, page, trouble, workspace, at } = await start(t);
  await say(page, 'Two readings under 9 mm.');
  await onDisk(page, 'messages', (row) => row.data.content.startsWith('Two readings'));
  await synced(page);
  const shows = (title) => page.locator('.bar-title', { hasText: title }).waitFor();

  await t.test('of a thread: its name, with what was typed', async () => {
    await menu(page, 'Rename');
    await fill(page);
    await page.locator('.pane-read input[name=title]').fill('Hull 15');
    await page.keyboard.press('Enter');
    await full(page);
    assert.equal(await page.locator('.pane-read input[name=title]').inputValue(), 'Hull 15');
    assert.equal(await row(page, 'Hull 15').count(), 0);
    await row(page, 'Hull 14').waitFor();
    await empty(page);
    await page.locator('.pane-read input[name=title]').focus();
    await page.keyboard.press('Enter');
    await shows('Hull 15');
    await row(page, 'Hull 15').waitFor();
    await onDisk(page, 'threads', (row) => row.title === 'Hull 15');
  });

  await t.test('of a thread: pinning and deleting it', async () => {
    await fill(page);
    await menu(page, 'Pin to the top');
    await full(page);
    assert.equal(await row(page, 'Hull 15').locator('[data-slot=pinned]').count(), 0);
    await empty(page);
    await menu(page, 'Pin to the top');
    await row(page, 'Hull 15').locator('[data-slot=pinned]').waitFor({ state: 'attached' });
    await onDisk(page, 'threads', (row) => row.pinned);
    await fill(page);
    await menu(page, 'Delete…');
    await page.getByRole('button', { name: 'Delete thread' }).click();
    await full(page);
    await row(page, 'Hull 15').waitFor();
    await empty(page);
    await row(page, 'Hull 15').click();
    await message(page, 'Two readings').waitFor();
  });

  await t.test('of a message: its words are back where they were typed', async () => {
    await messageMenu(page, 'Two readings', 'Edit');
    const edit = page.locator('.message textarea');
    await edit.fill('Three readings under 9 mm.');
    await fill(page);
    await page.keyboard.press('Control+Enter');
    await full(page);
    assert.equal(await edit.inputValue(), 'Three readings under 9 mm.');
    await empty(page);
    await edit.focus();
    await page.keyboard.press('Control+Enter');
    await message(page, 'Three readings').waitFor();
    await onDisk(page, 'messages', (row) => row.data.content.startsWith('Three readings'));
    await fill(page);
    await messageMenu(page, 'Three readings', 'Delete…');
    await page.getByRole('button', { name: 'Delete message' }).click();
    await full(page);
    await message(page, 'Three readings').waitFor();
    await empty(page);
  });

  await t.test('and what does fit is there at once, whatever the disk does', async () => {
    await until('quiet', async () => (await page.locator('.message-waiting').count()) === 0);
    await hold(page);
    await messageMenu(page, 'Three readings', 'Delete…');
    await page.getByRole('button', { name: 'Delete message' }).click();
    await message(page, 'Three readings').waitFor({ state: 'detached' });
    await release(page);
    await hold(page);
    await menu(page, 'Unpin');
    await until('the menu offers to pin again', async () => (await page.locator('.pane-read input[name=pinned]').inputValue()) === 'true');
    await release(page);
    await equal(app, workspace, page);
    await openApp(page, app, at);
    assert.equal(await message(page, 'Three readings').count(), 0);
    assert.deepEqual(realTrouble(trouble), []);
  });
});

test('pressed twice, a thread and a project are made once', async (t) => {
  const { app, page, trouble, workspace } = await start(t);
  await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
  await page.locator('#main input[name=title]').fill('Hull 15');
  await page.getByLabel('First message').fill('Larch or oak?');
  await fill(page);
  await page.keyboard.press('Control+Enter');
  await full(page); // it was not made: the same form makes it now
  await empty(page);
  await hold(page);
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Control+Enter');
  await release(page);
  await message(page, 'Larch or oak?').waitFor();
  await openApp(page, app, `/w/${workspace}/projects?new=1`);
  await page.locator('#main input[name=name]').fill('Kestrel 40');
  await page.locator('#main form').filter({ has: page.locator('input[name=name]') }).evaluate((form) => {
    form.requestSubmit();
    form.requestSubmit();
  });
  await page.waitForURL(/projects\/[0-9a-f-]{36}/);
  await synced(page);
  const kept = await dump(page);
  assert.deepEqual(kept.threads.filter((row) => row.title === 'Hull 15').length, 1);
  assert.deepEqual(kept.projects.map((row) => row.name), ['Kestrel 40']);
  assert.deepEqual(realTrouble(trouble), []);
});

test('a document that could not be deleted is still written, and nothing typed since is lost', async (t) => {
  const { app, page, trouble, workspace } = await start(t);
  const text = page.locator('#document textarea[name=content]');
  const remove = async () => {
    await page.locator('#document-menu summary').click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete document' }).click();
  };
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill('Tides');
  await text.fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  await synced(page);
  await fill(page);
  await remove();
  await full(page);
  await text.fill('High water is 11:42, or later.');
  await until('what is typed is a draft', () => page.evaluate(() => JSON.stringify(localStorage).includes('or later')));
  await empty(page);
  await text.pressSequentially(' Ask Ines.');
  await page.locator('[data-slot=saved]', { hasText: /^Saved/ }).waitFor({ state: 'attached' });
  await synced(page);
  assert.deepEqual((await dump(page)).posts.map((row) => row.content), ['High water is 11:42, or later. Ask Ines.']);
  await remove();
  await page.waitForURL(/\/documents(\?|$)/);
  assert.deepEqual((await dump(page)).posts, []);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('Ask Ines')), false);
  assert.deepEqual(realTrouble(trouble), []);
});

test('a database that another tab has closed takes nothing, and the words stay', async (t) => {
  const { app, page, at } = await start(t);
  const before = await texts(page);
  await page.evaluate(() => new Promise((done) => {
    const { workspace } = globalThis.or3.debug.status();
    const asked = indexedDB.open(`or3-db-${workspace}`, 2 ** 20); // a newer version of the app
    asked.onupgradeneeded = () => asked.transaction.abort();
    asked.onerror = (e) => { e.preventDefault(); done(); };
  }));
  await send(page, 'Too late.');
  await page.locator('#notice-failed', { hasText: 'another tab has closed' }).waitFor();
  assert.equal(await box(page).inputValue(), 'Too late.');
  assert.deepEqual(await texts(page), before);
  await page.goto(app.base + at);
  await appRuns(page);
  await until('the draft is back', async () => (await box(page).inputValue()) === 'Too late.');
});

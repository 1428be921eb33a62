// What came earlier: notices that are asked for, a write that was replaced, and a
// document whose last save is late.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, equal, openApp, realTrouble, startHere, status, synced, until } from '../../e2e/lib/sync.mjs';

const start = async (t, options) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, options);
  const workspace = await setUp(app, ines.page);
  return { app, ...ines, workspace };
};

// push writes rows the way another device of the same person does.
async function push(app, page, workspace, rows) {
  const ops = rows.map(([table, payload], n) => ({
    table, op: 'put', pk: payload.id, payload, stamp: { device_id: 'other', op_id: randomUUID(), hlc: `${Date.now()}:${String(n).padStart(4, '0')}:other`, clock: 1 },
  }));
  for (let i = 0; i < ops.length; i += 100) {
    const answer = await page.request.post(`${app.base}/api/sync/push`, { data: { workspace_id: workspace, ops: ops.slice(i, i + 100) }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(answer.status(), 200, await answer.text());
    assert.deepEqual((await answer.json()).results.filter((r) => r.status !== 'applied'), []);
  }
}

test('earlier notices come below, on a phone in the dark, and are asked for once', async (t) => {
  const { app, page, trouble, workspace } = await start(t, { viewport: phone, dark: true, touch: true });
  await openApp(page, app, `/w/${workspace}`);
  const { user } = await status(page);
  const now = Math.floor(Date.now() / 1000);
  const notice = (i) => ['notifications', { id: `n-${i}`, user_id: user, type: 'ai.message.received', title: `Notice ${i} of the survey of hull 14`, body: 'Two readings under 9 mm at frame 12, port side.', read_at: null, created_at: now - i * 60, updated_at: now - i * 60 }];
  await push(app, page, workspace, Array.from({ length: 180 }, (_, i) => notice(i + 10)));
  await synced(page);
  await openApp(page, app, `/w/${workspace}/activity`);
  const rows = page.locator('#main [data-slot=rows] > li');
  const earlier = page.getByRole('link', { name: 'Show earlier' });
  await until('fifty are shown', async () => (await rows.count()) === 50);

  await t.test('the first press', async () => {
    await earlier.scrollIntoViewIfNeeded();
    await checkPage(page, 'activity');
    await picture(page, 'earlier-before-phone-dark');
    await earlier.click();
    await until('a hundred are shown', async () => (await rows.count()) === 100);
    const titles = await rows.locator('.row-title').allInnerTexts();
    assert.deepEqual(titles.map((s) => Number(/Notice (\d+)/.exec(s)?.[1])), Array.from({ length: 100 }, (_, i) => i + 10), 'in their order, none twice, none missing');
    assert.equal(await rows.nth(50).evaluate((e) => e.contains(document.activeElement)), true, 'the focus is at the first that is new');
    await checkPage(page, 'earlier notices');
    await checkAccessibility(page, 'earlier notices');
    await picture(page, 'earlier-after-phone-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await picture(page, 'earlier-after-phone-light');
    await page.setViewportSize(wide);
    await checkPage(page, 'earlier notices, wide');
    await picture(page, 'earlier-after-wide-light');
  });

  await t.test('two presses at once, and the page that comes next stays', async () => {
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await synced(page);
    await earlier.evaluate((e) => { e.click(); e.click(); });
    await until('a hundred and fifty are shown', async () => (await rows.count()) === 150);
    await page.locator('#sidebar a[data-nav=documents]').click();
    await page.getByRole('heading', { level: 1, name: 'Documents' }).waitFor();
    // Whatever still follows the notices has drawn one by the time the next is counted.
    for (const n of [1, 2, 3]) {
      await push(app, page, workspace, [notice(n)]);
      await page.locator('#sidebar a[data-nav=activity] .nav-count', { hasText: String(n) }).waitFor();
    }
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Documents');
    assert.equal(await rows.filter({ hasText: 'Notice' }).count(), 0);
    assert.deepEqual(realTrouble(trouble), []);
  });
});

test('a write that was replaced is brought back, and every device has it', async (t) => {
  const { app, page, trouble, workspace } = await start(t);
  await openApp(page, app, `/w/${workspace}`);
  const thread = await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await page.locator('[data-slot=menu] summary').first().click();
  await page.getByText('Rename', { exact: true }).click();
  await page.locator('.pane-read input[name=title]').fill('Hull 15, by mistake');
  await page.keyboard.press('Enter');
  await page.locator('.bar-title', { hasText: 'Hull 15' }).waitFor();
  await synced(page);
  const admin = await page.context().newPage();
  const history = `${app.base}/admin/sync?table=threads&pk=${thread}#row`;
  const first = admin.locator('#row li', { hasText: 'clock 1' });

  await t.test('the history of the row offers what does not stand', async () => {
    await admin.goto(history);
    await first.waitFor();
    assert.equal(await admin.getByRole('button', { name: 'Bring back' }).count(), 1);
    for (const [size, viewport] of [['wide', wide], ['phone', phone]]) {
      await admin.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await admin.emulateMedia({ colorScheme });
        await checkPage(admin, `history, ${size}, ${colorScheme}`);
        await checkAccessibility(admin, `history, ${size}, ${colorScheme}`);
        await first.scrollIntoViewIfNeeded();
        await picture(admin, `bring-back-${size}-${colorScheme}`);
      }
    }
  });

  await t.test('pressed, it stands, here and in the app', async () => {
    await first.getByRole('button', { name: 'Bring back' }).click();
    await until('it says so', async () => /brought back/i.test(await admin.locator('body').innerText()));
    await picture(admin, 'bring-back-done-phone-dark');
    await page.locator('.bar-title', { hasText: 'Hull 14: keel survey' }).waitFor();
    await page.locator('.thread-row', { hasText: 'Hull 14: keel survey' }).waitFor();
    await admin.goto(history);
    await admin.locator('#row li', { hasText: 'clock 3' }).filter({ hasText: 'Stands now' }).waitFor();
    assert.equal(await page.locator('.message-text', { hasText: 'Inspector moved' }).count(), 1);
    await equal(app, workspace, page);
  });

  await t.test('a deleted thread comes back as well', async () => {
    await page.locator('[data-slot=menu] summary').first().click();
    await page.getByText('Delete…', { exact: true }).first().click();
    await page.getByRole('button', { name: 'Delete thread' }).click();
    await page.locator('.thread-row').waitFor({ state: 'detached' });
    await synced(page);
    await admin.reload();
    await admin.locator('#row li', { hasText: 'clock 3' }).getByRole('button', { name: 'Bring back' }).click();
    await page.locator('.thread-row', { hasText: 'Hull 14: keel survey' }).waitFor();
    await equal(app, workspace, page);
    assert.deepEqual(realTrouble(trouble), []);
  });
});

// written makes a document and gives its id; busy keeps the disk with another
// device's text for it, which comes in before ours, until release.
async function written(page, app, workspace, title, content) {
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill(title);
  await page.locator('#document textarea[name=content]').fill(content);
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  await page.locator('[data-slot=saved]', { hasText: /^Saved\s*\d/ }).waitFor({ state: 'attached' });
  await synced(page);
  return new URL(page.url()).pathname.split('/').at(-1);
}
async function busy(context, app, workspace, id, content) {
  const other = await context.newPage();
  await other.goto(`${app.base}/healthz`);
  await other.evaluate(([name, id, content]) => new Promise((done) => {
    indexedDB.open(name).onsuccess = (e) => {
      const db = e.target.result;
      const posts = db.transaction(['posts'], 'readwrite').objectStore('posts');
      let held = true;
      globalThis.release = () => { held = false; };
      const spin = () => {
        if (held) posts.get('').onsuccess = spin;
        else posts.get(id).onsuccess = (found) => {
          const row = found.target.result;
          posts.put({ ...row, content, clock: row.clock + 1, device_id: 'other', op_id: crypto.randomUUID() }).onsuccess = () => db.close();
        };
      };
      posts.get('').onsuccess = () => { spin(); done(); };
    };
  }), [`or3-db-${workspace}`, id, content]);
  return other;
}
const draftOf = (page, id) => page.evaluate((id) => Object.entries(localStorage).find(([key]) => key.endsWith(id))?.[1] ?? '', id);
const leave = async (page) => {
  await page.locator('#sidebar a[data-nav=threads]').click();
  await page.locator('.pane-read .empty-title', { hasText: 'No threads yet' }).waitFor();
};
// asks opens a document whose question waits, on the page that the server draws.
const asks = async (page, app, workspace, id, theirs, mine) => {
  await page.goto(`${app.base}/w/${workspace}/documents/${id}`);
  await appRuns(page);
  await page.locator('.doc-source', { hasText: theirs }).waitFor();
  assert.equal(await page.locator('#document textarea[name=content]').inputValue(), mine, 'the question is asked, with what was typed');
  assert.equal(JSON.parse(await draftOf(page, id)).content, mine, 'which is kept');
};

test('a document that is left while its last save is late does not draw over the next page', async (t) => {
  const { app, page, context, trouble, workspace } = await start(t);
  const id = await written(page, app, workspace, 'Launch day', 'Slings at 09:00.');
  const other = await busy(context, app, workspace, id, 'Slings at 08:00.');
  await page.locator('#document textarea[name=content]').fill('Slings at 10:00.');
  await leave(page);
  await other.evaluate(() => globalThis.release());
  await until('the question waits in the draft', async () => JSON.parse(await draftOf(page, id)).theirs?.content === 'Slings at 08:00.');
  // A write of the app waits for the save that was before it.
  await startHere(page, 'Sails', 'The jib needs a new clew.');
  assert.equal(new URL(page.url()).pathname.split('/')[3], 't');
  assert.equal(await page.getByText('Slings at').count(), 0, 'nothing of the document is on the page');
  await page.locator('.message-text', { hasText: 'new clew' }).waitFor();
  await picture(page, 'document-left');
  // The server knows neither of the two texts, and draws a third.
  await asks(page, app, workspace, id, 'Slings at 08:00.', 'Slings at 10:00.');
  await picture(page, 'document-asks');
  assert.deepEqual(realTrouble(trouble), []);
});

test('a document that is left while two saves are late keeps the last text', async (t) => {
  const { app, page, context, trouble, workspace } = await start(t);
  const box = page.locator('#document textarea[name=content]');
  const id = await written(page, app, workspace, 'Launch day', 'Slings at 09:00.');
  const other = await busy(context, app, workspace, id, 'Slings at 08:00.');
  await box.fill('Slings at 09:30.');
  await box.press('Control+Enter');
  await box.fill('Slings at 10:00.');
  await leave(page);
  await other.evaluate(() => globalThis.release());
  await until('the question waits in the draft', async () => JSON.parse(await draftOf(page, id)).theirs?.content === 'Slings at 08:00.');
  await startHere(page, 'Sails', 'The jib needs a new clew.'); // after both saves
  await asks(page, app, workspace, id, 'Slings at 08:00.', 'Slings at 10:00.');
  assert.deepEqual(realTrouble(trouble), []);
});

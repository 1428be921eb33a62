// How long a large workspace takes in Chromium. It prints figures and asserts
// nothing: the machine decides them.
//
//   go build -o /tmp/or3 . && cd tests/e2e && OR3_E2E_BIN=/tmp/or3 node measure/client.mjs [rows]
import { randomUUID } from 'node:crypto';
import { startApp } from '../lib/app.mjs';
import { openBrowser, newPerson } from '../lib/browser.mjs';
import { setUp } from '../lib/people.mjs';
import { appRuns, status, until } from '../lib/sync.mjs';

const rows = Number(process.argv[2] ?? 100_000);
const threads = Math.max(1, Math.round(rows / 50));
const app = await startApp({ env: { OR3_LIMITS_ENABLED: 'false' } });
const browser = await openBrowser();
const tell = (what, ms) => console.log(`${what.padEnd(58)} ${Math.round(ms * 10) / 10} ms`);
const tellSpread = (what, took) => {
  const sorted = took.toSorted((a, b) => a - b);
  tell(`${what}, median of ${took.length}`, sorted[Math.floor(took.length / 2)]);
  tell(`${what}, 95th of 100`, sorted[Math.ceil(took.length * 0.95) - 1]);
  tell(`${what}, slowest of ${took.length}`, sorted.at(-1));
};
// Tasks of more than 50 ms since the last call: how many, and the longest.
const tellLongTasks = async (page, what) => {
  const long = await page.evaluate(() => globalThis.longTasks.splice(0));
  console.log(`${`long tasks ${what}`.padEnd(58)} ${long.length}, the longest ${Math.round(Math.max(0, ...long))} ms`);
};
try {
  const { page, context } = await newPerson(browser);
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask', buffered: true });
  });
  const workspace = await setUp(app, page);
  await page.goto('about:blank');
  await fill(context, workspace);

  const bare = await barePuts(page);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const busy = async () => (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value * 1000;
  let began = performance.now();
  const busyBefore = await busy();
  await page.goto(`${app.base}/w/${workspace}?debug=1`, { waitUntil: 'commit' });
  await page.locator('.thread-row').first().waitFor();
  tell('from empty to a visible list', performance.now() - began);
  await page.locator('html[data-app=ready]').waitFor({ state: 'attached', timeout: 600_000 });
  await until('everything is loaded', async () => (await status(page)).phase === 'synced', 600_000);
  tell(`from empty to usable, ${rows} rows`, performance.now() - began);
  const took100 = performance.now() - began;
  console.log(`${'beside as many bare puts into IndexedDB, one index'.padEnd(58)} ${Math.round(bare)} ms: ${(took100 / bare).toFixed(2)} ×`);
  tell('of it the page was busy for', await busy() - busyBefore);
  await tellLongTasks(page, 'until then');

  for (let i = 0; i < 3; i++) {
    const at = await page.reload().then(() => appRuns(page)).then(() => page.evaluate(() => performance.now()));
    tell('reload until the app has the page', at);
  }
  await until('the service worker is there', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  await context.setOffline(true);
  for (let i = 0; i < 3; i++) {
    began = performance.now();
    await page.reload({ waitUntil: 'commit' });
    await page.locator('.thread-row').first().waitFor();
    tell('offline reload until the list is visible', performance.now() - began);
  }
  await page.locator('.thread-row').first().click();
  await page.locator('#composer textarea').waitFor();
  await until('the thread is whole', async () => (await page.locator('.message').count()) >= Math.min(10_000 - threads, rows - threads), 600_000);
  await tellLongTasks(page, 'while the thread was filled in');
  tellSpread('a frame while scrolling through it', await page.evaluate(() => new Promise((done) => {
    const scroller = document.querySelector('.messages').closest('.pane-scroll');
    const frames = [];
    let last = performance.now();
    const step = () => {
      frames.push(performance.now() - last);
      last = performance.now();
      scroller.scrollTop -= 700;
      if (frames.length < 300) requestAnimationFrame(step);
      else done(frames);
    };
    requestAnimationFrame(step);
  })));
  await tellLongTasks(page, 'while scrolling');
  await page.evaluate(() => { document.querySelector('.messages').closest('.pane-scroll').scrollTop = 0; });
  await page.waitForTimeout(1000);
  await tellWrites(page, 'a local write on screen, in this thread');
  await page.locator('.thread-row').nth(20).click();
  await until('a thread of some 50 is open', async () => { const n = await page.locator('.message').count(); return n > 20 && n < 100; });
  await tellWrites(page, 'a local write on screen, in a thread of 50');
} finally {
  await browser.close();
  await app.stop();
}

// tellWrites sends twenty messages from the box and says how long each took to the page.
async function tellWrites(page, what) {
  await page.locator('#composer textarea').focus();
  const took = [];
  for (let i = 0; i < 20; i++) {
    took.push(await page.evaluate((n) => new Promise((done) => {
      const box = document.querySelector('#composer textarea');
      box.value = `Measured ${n}`;
      const started = performance.now();
      const look = new MutationObserver(() => {
        if (![...document.querySelectorAll('.chunk:last-child .message-text')].some((m) => m.textContent.includes(`Measured ${n}`))) return;
        look.disconnect();
        done(performance.now() - started);
      });
      look.observe(document.querySelector('.messages'), { childList: true, subtree: true });
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }));
    }), i));
    await page.waitForTimeout(300);
  }
  tellSpread(what, took);
  await tellLongTasks(page, 'during these writes');
}

// fill pushes threads and messages the way a device does.
async function fill(context, workspace) {
  let n = 0;
  const now = Math.floor(Date.now() / 1000);
  const stamp = () => ({ device_id: 'measure', op_id: randomUUID(), hlc: `${String(Date.now()).padStart(13, '0')}:${String(n++ % 10_000).padStart(4, '0')}:measure`, clock: 1 });
  const ops = [];
  const ids = Array.from({ length: threads }, () => randomUUID());
  ids.forEach((id, i) => ops.push({ table: 'threads', op: 'put', pk: id, payload: { id, title: `Berth ${i}`, status: 'ready', pinned: i % 500 === 0, last_message_at: now - i, created_at: now - i, updated_at: now - i }, stamp: stamp() }));
  for (let i = ops.length; i < rows; i++) {
    const id = randomUUID();
    const thread = i < 10_000 ? ids[0] : ids[i % threads]; // one of them is long
    ops.push({ table: 'messages', op: 'put', pk: id, payload: { id, thread_id: thread, role: 'user', index: i, order_key: stamp().hlc, data: { content: `Reading ${i}: 9 mm at frame ${i % 40}, port side, at or above drawing.` }, created_at: now, updated_at: now }, stamp: stamp() });
  }
  for (let i = 0; i < ops.length; i += 100) {
    const answer = await context.request.post(`${app.base}/api/sync/push`, { data: { workspace_id: workspace, ops: ops.slice(i, i + 100) }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    if (answer.status() !== 200) throw new Error(`${answer.status()} ${await answer.text()}`);
    const bad = (await answer.json()).results.find((r) => r.status === 'rejected');
    if (bad) throw new Error(JSON.stringify(bad));
  }
}

// barePuts is what the browser alone takes for as many rows of the same size: a
// store with one index, a thousand rows in a transaction, nothing else.
async function barePuts(page) {
  await page.goto(`${app.base}/healthz`);
  const took = await page.evaluate(async ({ rows, threads }) => {
    const name = 'bare';
    const ask = (r) => new Promise((done, refused) => { r.onsuccess = () => done(r.result); r.onerror = () => refused(r.error); });
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('messages', { keyPath: 'id' }).createIndex('place', ['thread_id', 'index', 'order_key']);
    const db = await ask(opening);
    const ids = Array.from({ length: threads }, () => crypto.randomUUID());
    const now = Date.now();
    const all = Array.from({ length: rows }, (_, i) => ({
      id: crypto.randomUUID(), thread_id: i < 10_000 ? ids[0] : ids[i % threads], role: 'user', index: i, order_key: `${now}:${i}:measure`,
      data: { content: `Reading ${i}: 9 mm at frame ${i % 40}, port side, at or above drawing.` }, created_at: now, updated_at: now,
      device_id: 'measure', op_id: crypto.randomUUID(), hlc: `${now}:0000:measure`, clock: 1, server_version: i,
    }));
    const began = performance.now();
    for (let i = 0; i < all.length; i += 1000) {
      await new Promise((done, refused) => {
        const t = db.transaction('messages', 'readwrite');
        for (const row of all.slice(i, i + 1000)) t.objectStore('messages').put(row);
        t.oncomplete = done;
        t.onerror = () => refused(t.error);
      });
    }
    const ms = performance.now() - began;
    db.close();
    await ask(indexedDB.deleteDatabase(name));
    return ms;
  }, { rows, threads });
  await page.goto('about:blank');
  return took;
}

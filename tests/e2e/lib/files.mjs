// Files: what people attach, and what a device has of it.
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { dump, until } from './sync.mjs';

// png makes an image of stripes.
export function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows.set([(x * 3) & 255, (y * 5) & 255, 150], y * (width * 3 + 1) + 1 + x * 3);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

export const hashOf = (bytes) => 'sha256:' + createHash('sha256').update(bytes).digest('hex');
export const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });

// attach picks files with the form's own button.
export async function attach(page, ...files) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Attach files' }).click()]);
  await chooser.setFiles(files);
  await page.locator('.attached-item').nth(files.length - 1).waitFor();
}

// keptHash is the hash of what a device has of a file, read from its database.
export const keptHash = (page, workspace, hash) => page.evaluate(async ([name, key]) => {
  const db = await new Promise((done, refused) => {
    const open = indexedDB.open(name);
    open.onsuccess = () => done(open.result);
    open.onerror = () => refused(open.error);
  });
  const row = await new Promise((done) => {
    const ask = db.transaction('file_blobs').objectStore('file_blobs').get(key);
    ask.onsuccess = () => done(ask.result);
  });
  db.close();
  if (!row) return '';
  const sum = await crypto.subtle.digest('SHA-256', await row.blob.arrayBuffer());
  return 'sha256:' + [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, '0')).join('');
}, [`or3-db-${workspace}`, hash]);

export const partRuns = (page) => until('the part about files runs', () => page.evaluate(() => globalThis.or3Files !== undefined));
export const uploaded = (page, hash) => until('the upload is done', async () => (await dump(page)).file_transfers.find((t) => t.id === `upload:${hash}`)?.state === 'done');

// The app without accounts, in its two homes: plain files on a server that knows
// nothing but files, and or3 serve with auth.enabled=false.
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { command, startApp } from './app.mjs';

const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json', '.json': 'application/json', '.txt': 'text/plain',
};

// exported serves an export from a folder below the root. `asked` are the
// addresses that were asked for, with those that are not there in `missing`.
export async function exported() {
  const dir = await mkdtemp(join(tmpdir(), 'or3-export-'));
  const made = await command(['export', 'static', join(dir, 'site')], '', { PATH: process.env.PATH, HOME: process.env.HOME });
  if (made.code !== 0) throw new Error(`or3 export static: ${made.stderr}`);
  const asked = [];
  const missing = [];
  const server = createServer(async (request, answer) => {
    const path = decodeURIComponent(new URL(request.url, 'http://files').pathname);
    asked.push(`${request.method} ${path}`);
    try {
      if (!path.startsWith('/tools/or3/') || request.method !== 'GET') throw new Error('not a file of ours');
      const name = path.slice('/tools/or3/'.length) || 'index.html';
      const body = await readFile(join(dir, 'site', normalize(`/${name}`)));
      answer.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' });
      answer.end(body);
    } catch {
      missing.push(`${request.method} ${path}`);
      answer.writeHead(404);
      answer.end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${server.address().port}/tools/or3/`;
  return {
    base,
    asked,
    missing,
    at: (address) => `${base}index.html?p=${encodeURIComponent(address)}`,
    placeOf: (url) => new URL(url).searchParams.get('p') ?? '/',
    async close() {
      await new Promise((done) => { server.close(done); server.closeAllConnections(); });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

// served is a server without accounts.
export async function served() {
  const app = await startApp({ env: { OR3_AUTH_ENABLED: 'false' } });
  return {
    base: `${app.base}/`,
    asked: [],
    missing: [],
    at: (address) => app.base + address,
    placeOf: (url) => new URL(url).pathname + new URL(url).search,
    close: () => app.stop(),
  };
}

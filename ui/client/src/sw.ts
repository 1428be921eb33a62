// The service worker: keeps the neutral shell and the hashed assets, so that
// the app starts without a server. It never keeps a person's page and keeps
// nothing of /api.
declare const self: ServiceWorkerGlobalScope & { OR3: { build: string; shell: string; guest: string; keep: string[] } };

const { build, keep } = self.OR3;
/** Where the app lies: the root of a server, or a folder of files. */
const root = new URL("./", self.location.href).pathname;
const name = "or3-" + root + "-" + build;
const shell = new URL(self.OR3.shell, self.location.href).pathname;
/** The app of those who are not signed in, where a server has both. */
const guest = self.OR3.guest;
/** Addresses below the root whose page the shell can draw from the device. */
const app = /^(?:$|index\.html$|w\/)/;
/** Pages below those that the server alone draws, and whose refusals it words: those of plugins, and the dashboard. */
const served = /^w\/[^/]+\/(?:x\/|dashboard$)/;
/** Addresses of one thing in a workspace, and of what waits for one that the person may be no member of any more. */
const within = /^\/w\/[^/]+\/(?:waits$|[^/]+\/[^/]+)/;
/** How long a page may take before the one on the device is shown. */
const patience = 4000;

self.addEventListener("install", (e) => {
  e.waitUntil((async () => {
    const cache = await caches.open(name);
    const shells = guest === "" ? [shell] : [shell, guest];
    await cache.addAll([...shells.map((s) => new Request(s, { cache: "reload", credentials: "omit" })), ...keep.map((k) => new Request(new URL(k, self.location.href), { credentials: "omit" }))]);
  })());
});

self.addEventListener("activate", (e) => {
  e.waitUntil((async () => {
    for (const old of await caches.keys()) if (old.startsWith("or3-" + root + "-") && old !== name) await caches.delete(old);
    await self.clients.claim();
  })());
});

self.addEventListener("message", (e) => {
  if (e.data === "or3:update") void self.skipWaiting();
});

self.addEventListener("fetch", (e) => {
  const { request } = e;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (!url.pathname.startsWith(root)) return;
  if (url.pathname.startsWith(root + "assets/") || url.pathname === shell && request.mode !== "navigate") {
    e.respondWith(kept(request, url.pathname));
    return;
  }
  if (request.mode !== "navigate") return;
  const below = url.pathname.slice(root.length);
  if (app.test(below) && !served.test(below)) e.respondWith(page(request, url.pathname));
  else if (root === "/") e.respondWith(elsewhere(request));
});

/** What is kept, here or with the look of a workspace (look.ts), else the network. */
async function kept(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(name);
  return (await cache.match(path)) ?? (await caches.match(path, { cacheName: "or3-look" })) ?? fetch(request);
}

/** A page that only the server draws. Without a server the shell says so, and leads back. */
async function elsewhere(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await (await caches.open(name)).match(shell)) ?? Response.error();
  }
}

/** The server's page; without a server, or with one that is out of order, the shell. */
async function page(request: Request, path: string): Promise<Response> {
  const which = guest !== "" && (path === guest || path.startsWith(guest + "/")) ? guest : shell;
  const cached = async (): Promise<Response> => (await (await caches.open(name)).match(which)) ?? Response.error();
  let timer = 0;
  const late = new Promise<"late">((done) => {
    timer = self.setTimeout(() => done("late"), patience);
  });
  try {
    const answer = await Promise.race([fetch(request), late]);
    if (answer === "late" || answer.status >= 502) return await cached();
    // Written here and not sent yet: the server has no such page, the device may.
    if (answer.status === 404 && within.test(new URL(request.url).pathname)) {
      const here = await cached();
      return here.ok ? new Response(here.body, { status: 404, headers: here.headers }) : answer;
    }
    return answer;
  } catch {
    return cached();
  } finally {
    clearTimeout(timer);
  }
}
export {};

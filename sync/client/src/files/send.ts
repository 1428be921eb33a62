import { Unreachable, words } from "../sync/api.js";

/** A request with bytes, and what came back. */
export interface Sending {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Blob;
  signal: AbortSignal;
  /** Hears how many bytes of the body have left. */
  on(sent: number): void;
}

export interface Sent {
  status: number;
  text: string;
  /** Seconds, as `Retry-After` says it; null without one. */
  retryAfter: number | null;
}

/** Sends bytes. Throws Unreachable when no answer came. */
export type Sender = (o: Sending) => Promise<Sent>;

/** What brings nothing over the line for this long is given up; milliseconds. */
export const silence = 45_000;

/** XMLHttpRequest, because fetch does not tell how far a body has come. */
export const sendByXHR: Sender = (o) =>
  new Promise((done, refused) => {
    const xhr = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout>;
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => xhr.abort(), silence);
    };
    const end = (f: () => void): void => {
      clearTimeout(timer);
      o.signal.removeEventListener("abort", stop);
      f();
    };
    const stop = (): void => xhr.abort();
    const lost = (): void => end(() => refused(new Unreachable("the upload broke off")));
    try {
      xhr.open(o.method, o.url);
      for (const [name, value] of Object.entries(o.headers)) xhr.setRequestHeader(name, value);
    } catch (error) {
      refused(new Unreachable(words(error)));
      return;
    }
    xhr.upload.onprogress = (e) => {
      watch();
      o.on(e.loaded);
    };
    xhr.onload = () => end(() => {
      // A bucket does not show this header, and a browser complains in its console of who asks for it by name.
      const after = Number(/^retry-after: *(\d+) *$/im.exec(xhr.getAllResponseHeaders())?.[1]);
      done({ status: xhr.status, text: xhr.responseText, retryAfter: Number.isFinite(after) && after > 0 ? after : null });
    });
    xhr.onerror = lost;
    xhr.onabort = lost;
    o.signal.addEventListener("abort", stop);
    if (o.signal.aborted) {
      lost();
      return;
    }
    watch();
    xhr.send(o.body);
  });

import { test } from "node:test";
import assert from "node:assert/strict";
import { about, areNames, bytes, fit, iconOf, mediaTypeOf, refusal, said, stemOf, typeOf, type Standing } from "../src/files/words.js";

const of = (more: Partial<Standing>): Standing => ({ name: "scan.csv", mediaType: "text/csv", size: 18_300_000, gone: false, trashed: false, here: true, stored: false, cloud: true, online: true, ...more });
const move = (more: Partial<NonNullable<Standing["move"]>>): NonNullable<Standing["move"]> => ({ direction: "upload", state: "running", done: 11_400_000, total: 18_300_000, code: "", error: "", speed: 0, ...more });

test("sizes and types are written as the server writes them", () => {
  assert.deepEqual([0, 999, 1000, 412_000, 18_300_000, 999_600].map(bytes), ["0 B", "999 B", "1 KB", "412 KB", "18.3 MB", "1 MB"]);
  assert.deepEqual([typeOf("image/jpeg", "bow.jpg"), typeOf("text/plain", "README"), typeOf("text/markdown", "Tides"), typeOf("image/png", "bow"), typeOf("application/octet-stream", "x")], ["JPG", "Text", "Text", "PNG", "File"]);
  assert.deepEqual([iconOf("image/png"), iconOf("text/csv"), iconOf("application/pdf")], ["image", "table", "file-text"]);
  assert.deepEqual([about(0.2), about(6), about(240), about(7200)], ["1 s", "6 s", "4 min", "2 h"]);
});

test("an image has its place before it is there", () => {
  assert.deepEqual(fit(1600, 1200), { width: 400, height: 300 });
  assert.deepEqual(fit(100, 50), { width: 100, height: 50 });
  assert.deepEqual(fit(10, 100_000), { width: 1, height: 300 });
  assert.equal(fit(0, 10), undefined);
});

test("a file is what its first bytes say, not what it is called", () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0]);
  assert.equal(mediaTypeOf("image/jpeg", png), "image/png");
  assert.equal(mediaTypeOf("image/png", new TextEncoder().encode("no image")), "application/octet-stream");
  assert.equal(mediaTypeOf("text/plain", new Uint8Array([65, 0, 66])), "application/octet-stream");
  assert.equal(mediaTypeOf("text/plain; charset=utf-8", new Uint8Array([65])), "text/plain");
  assert.equal(mediaTypeOf("", new TextEncoder().encode("%PDF-1.7")), "application/pdf");
});

test("a file says where it is and how far it has come", () => {
  assert.equal(said(of({ stored: true })).note, "CSV, 18.3 MB");
  assert.equal(said(of({ here: false })).note, "CSV, 18.3 MB. Waiting for the sender’s device");
  assert.equal(said(of({ here: false, stored: true })).note, "CSV, 18.3 MB. On the server");
  assert.equal(said(of({ here: false, stored: true, online: false })).note, "CSV, 18.3 MB. Not on this device: it opens when you are online");
  assert.equal(said(of({ name: "lines.pdf", mediaType: "application/pdf", stored: true, pages: 12 })).note, "PDF, 18.3 MB, 12 pages");
  assert.equal(said(of({ name: "lines.pdf", mediaType: "application/pdf", here: false, pages: 1 })).note, "PDF, 18.3 MB, 1 page. Waiting for the sender’s device");
  assert.equal(said(of({ move: move({ speed: 1_200_000 }) })).note, "Uploading 11.4 MB of 18.3 MB, 1.2 MB/s, 6 s left");
  assert.deepEqual(said(of({ move: move({ state: "paused" }) })), { note: "Paused at 11.4 MB of 18.3 MB.", tone: "", bar: 11.4 / 18.3, paused: true, acts: ["resume"] });
  assert.equal(said(of({ online: false, move: move({ state: "queued" }) })).note, "Uploads when you are online: 11.4 MB of 18.3 MB.");
  const failed = said(of({ move: move({ state: "failed", code: "quota_exceeded", error: "The workspace has no room for it." }) }));
  assert.deepEqual([failed.note, failed.tone, failed.acts], ["Not uploaded. The workspace has no room for it.", "danger", ["room", "retry"]]);
  for (const code of ["unsupported", "415"]) assert.deepEqual(said(of({ move: move({ state: "failed", code, error: "Files of this type are not taken here." }) })).acts, [], "nothing is tried again that cannot get through");
  assert.equal(said(of({ here: false, move: move({ direction: "download", state: "failed", code: "damaged", error: "Its content is another one." }) })).note, "Damaged. Its content is another one.");
  assert.equal(said(of({ here: false, move: move({ direction: "download", state: "failed", code: "not_found" }) })).note, "CSV, 18.3 MB. Waiting for the sender’s device");
  const lost = said(of({ here: false, stored: true, move: move({ direction: "download", state: "failed", code: "not_found", error: "The server does not have this file yet." }) }));
  assert.deepEqual([lost.note, lost.acts], ["Did not come. The server does not have this file yet.", ["retry"]]);
  assert.equal(said(of({ gone: true })).note, "It is gone for everyone.");
  assert.equal(said(of({ gone: true, never: true })).note, "Never uploaded.");
});

test("a file that the server refused says what to do before the message goes", () => {
  const why = (code: string, more: object = {}): string | undefined => refusal({ name: "page.html", move: move({ state: "failed", code, ...more }) });
  assert.equal(why("unsupported"), "page.html is not taken here: remove it or send another format.");
  assert.equal(why("oversized"), "page.html is larger than this server takes: remove it or send a smaller one.");
  assert.equal(why("quota_exceeded"), "page.html could not be uploaded: remove it, or try it again first.");
  assert.equal(why("unsupported", { state: "queued" }), undefined, "it may still do");
  assert.equal(why("not_found", { direction: "download" }), undefined, "it is on the server or elsewhere");
  assert.equal(refusal({ name: "page.html" }), undefined);
});

test("text that stands on the clipboard beside its picture is pasted as text, names beside files are not", () => {
  assert.equal(areNames("Keel\t14 mm\nRib\t9 mm", ["image.png"]), false);
  assert.equal(areNames("", ["image.png"]), true);
  assert.equal(areNames("port bow.png\r\nlines.pdf", ["port bow.png", "lines.pdf"]), true);
  assert.equal(areNames("file:///home/ines/port%20bow.png\n", ["port bow.png"]), true);
  assert.equal(areNames("file:///%zz", ["port bow.png"]), false);
});

test("a name without its extension is what somebody renames", () => {
  assert.deepEqual(["bow.jpg", "keel.survey.pdf", "README", ".env", "Hull 14. keel survey", "hull.2026 november"].map(stemOf), ["bow", "keel.survey", "README", ".env", "Hull 14. keel survey", "hull.2026 november"]);
});

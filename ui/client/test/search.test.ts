import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { answerTo } from "../src/search/answer.js";
import { Finder, wordsOfRow, type Searched } from "../src/search/finder.js";
import { Keeper, type Source } from "../src/search/keeper.js";
import { later, whenQuiet } from "../src/search/later.js";
import { holds, lineAround, marked, type Part } from "../src/search/line.js";
import { fold, wordsAsked, wordsIn } from "../src/search/words.js";

type AnyRow = Record<string, unknown>;
const now = 1_764_288_000;
const day = 86_400;

/** The rows of a device, which can be written while they are read. */
class Rows implements Source {
  readonly tables: Record<Searched, Map<string, AnyRow>> = { threads: new Map(), projects: new Map(), posts: new Map(), messages: new Map() };
  reads = 0;
  /** Runs before rows of a table are read. */
  before: (table: Searched) => void = () => undefined;

  put(table: Searched, row: AnyRow): void {
    this.tables[table].set(String(row["id"]), { updated_at: now, created_at: now, ...row });
  }
  keys(table: Searched): Promise<string[]> {
    return Promise.resolve(Array.from(this.tables[table].keys()).sort());
  }
  between(table: Searched, first: string, last: string): Promise<AnyRow[]> {
    this.before(table);
    this.reads++;
    return Promise.resolve(Array.from(this.tables[table].values()).filter((r) => String(r["id"]) >= first && String(r["id"]) <= last));
  }
  rows(table: Searched, keys: readonly string[]): Promise<(AnyRow | undefined)[]> {
    return Promise.resolve(keys.map((k) => this.tables[table].get(k)));
  }
}

async function indexed(fill: (rows: Rows) => void): Promise<{ rows: Rows; finder: Finder; keeper: Keeper; ask(query: string, limit?: number): Promise<string[]> }> {
  const rows = new Rows();
  fill(rows);
  const finder = new Finder();
  const keeper = new Keeper(rows, finder, wordsOfRow);
  await keeper.build();
  return {
    rows, finder, keeper,
    ask: async (query, limit = 20) => (await answerTo(finder, rows, query, limit)).flatMap((g) => g.hits.map((h) => `${h.table}:${h.id}`)),
  };
}

const text = (id: string, content: string, more: AnyRow = {}): AnyRow => ({ id, thread_id: "t1", data: { content }, ...more });
const show = (parts: readonly Part[]): string => parts.map((p) => (p.hit ? `[${p.text}]` : p.text)).join("");
const thread = (rows: Rows): void => rows.put("threads", { id: "t1", title: "Hull 14" });

test("capitals, accents, widths and strokes do not matter", () => {
  assert.equal(fold("Übergabe ÉTÉ Łódź straße ΟΔΟΣ"), "ubergabe ete lodz strasse οδοσ");
  assert.equal(fold("ｋｅｅｌ"), "keel");
  assert.equal(fold("cafe\u0301"), fold("café"));
  assert.equal(fold("한국어"), "한국어");
  assert.notEqual(fold("की"), fold("का")); // a vowel is no accent
});

test("words are letters and numbers; emoji are words; what has no spaces is cut into pairs", () => {
  assert.deepEqual(wordsIn("Keel-survey, 14:31 (v1.4)"), ["keel", "survey", "14", "31", "v1", "4"]);
  assert.deepEqual(wordsIn("done 🎉"), ["done", "🎉"]);
  assert.deepEqual(wordsIn("東京都"), ["東京", "京都", "都"]);
  assert.deepEqual(wordsIn("iPhone手机"), ["iphone", "手机", "机"]);
  assert.deepEqual(wordsAsked("  KEEL keel  東京都 "), ["keel", "東京都"]);
  assert.deepEqual(wordsAsked("… ?!"), []);
  assert.equal(wordsAsked("a b c d e f g h i j").length, 8);
});

test("all words have to be there, each from its beginning", async () => {
  const { ask } = await indexed((rows) => {
    thread(rows);
    rows.put("messages", text("m1", "The garboard seam is thin."));
    rows.put("messages", text("m2", "The garboard was replaced."));
  });
  assert.deepEqual(await ask("garb thin"), ["messages:m1"]);
  assert.deepEqual((await ask("GARBOARD")).sort(), ["messages:m1", "messages:m2"]);
  assert.deepEqual(await ask("arboard"), []);
  assert.deepEqual(await ask("garboard nowhere"), []);
  assert.deepEqual(await ask("   "), []);
});

test("accents may be typed or left out", async () => {
  const { ask } = await indexed((rows) => {
    thread(rows);
    rows.put("messages", text("m1", "Übergabe an Tomasz Wójcik"));
  });
  for (const q of ["ubergabe", "ÜBERGABE", "wojcik", "Wójc"]) assert.deepEqual(await ask(q), ["messages:m1"], q);
});

test("words of scripts without spaces are found wherever they stand", async () => {
  const { ask } = await indexed((rows) => {
    thread(rows);
    rows.put("messages", text("m1", "明日は東京都で会議があります。"));
    rows.put("messages", text("m2", "京の都")); // its letters, but not the word
    rows.put("messages", text("m3", "สวัสดีครับ"));
  });
  assert.deepEqual(await ask("京都"), ["messages:m1"]);
  assert.deepEqual(await ask("会議"), ["messages:m1"]);
  assert.deepEqual((await ask("都")).sort(), ["messages:m1", "messages:m2"]);
  assert.deepEqual(await ask("ครับ"), ["messages:m3"]);
  assert.deepEqual(await ask("東京 会議"), ["messages:m1"]);
});

test("threads, documents, prompts and projects are found; other posts are not", async () => {
  const { ask } = await indexed((rows) => {
    rows.put("threads", { id: "t1", title: "Keel of hull 14" });
    rows.put("posts", { id: "d1", post_type: "markdown", title: "Launch day", content: "Mind the keel." });
    rows.put("posts", { id: "p1", post_type: "prompt", title: "Surveyor", content: "You look at keels." });
    rows.put("posts", { id: "x1", post_type: "other", title: "keel", content: "" });
    rows.put("projects", { id: "j1", name: "Hull 14", description: "From keel to deck" });
  });
  assert.deepEqual((await ask("keel")).sort(), ["posts:d1", "posts:p1", "projects:j1", "threads:t1"]);
});

test("a title may be found inside a word, as in the lists", async () => {
  const { ask } = await indexed((rows) => rows.put("threads", { id: "t1", title: "Schiffsmotoren" }));
  assert.deepEqual(await ask("motor"), ["threads:t1"]);
});

test("what has the words in its text comes the latest first, however long it is and often it says them", async () => {
  const { ask } = await indexed((rows) => {
    thread(rows);
    rows.put("messages", text("m1", "garboard", { created_at: now - 4 * day }));
    rows.put("messages", text("m2", "garboard garboard garboard", { created_at: now - 3 * day }));
    rows.put("messages", text("m3", "The garboard is the plank beside the keel, and the first that one looks at in every survey.", { created_at: now - day }));
    rows.put("messages", text("m4", "A thin garboard, said the surveyor.", { created_at: now - 2 * day }));
    // Some of the words in a title are not all of them.
    rows.put("posts", { id: "part", post_type: "markdown", title: "Thin planks", content: "The garboard.", updated_at: now - 3 * day });
    rows.put("posts", { id: "none", post_type: "markdown", title: "Notes", content: "A thin garboard, and another thin one.", updated_at: now - day });
    rows.put("posts", { id: "inside", post_type: "markdown", title: "Notgarboard, very thin", content: "", updated_at: now - 5 * day });
    rows.put("posts", { id: "all", post_type: "markdown", title: "Thin garboard", content: "", updated_at: now - 6 * day });
  });
  assert.deepEqual(await ask("garboard thin"), ["messages:m4", "posts:inside", "posts:all", "posts:none", "posts:part"]);
  const { ask: one } = await indexed((rows) => {
    thread(rows);
    for (const [i, words] of ["keel", "keel keel", "keel and much else that is said about other things", "so the keel is sound"].entries()) rows.put("messages", text(`m${i}`, words, { created_at: now + ((i * 3) % 4) * day }));
  });
  assert.deepEqual(await one("keel"), ["messages:m1", "messages:m2", "messages:m3", "messages:m0"]);
});

test("a title counts more than a text, the newer more than the older", async () => {
  const { ask } = await indexed((rows) => {
    rows.put("posts", { id: "body", post_type: "markdown", title: "Notes", content: "keel keel keel keel", updated_at: now });
    rows.put("posts", { id: "title", post_type: "markdown", title: "The keel", content: "Something long about other things that has nothing to do with it.", updated_at: now - 900 * day });
    thread(rows);
    rows.put("messages", text("old", "garboard one", { created_at: now - 400 * day }));
    rows.put("messages", text("new", "garboard two", { created_at: now - day }));
  });
  assert.deepEqual(await ask("keel"), ["posts:title", "posts:body"]);
  assert.deepEqual(await ask("garboard"), ["messages:new", "messages:old"]);
});

test("what is written, changed or deleted is found or not at once", async () => {
  const { rows, keeper, ask } = await indexed((r) => {
    thread(r);
    r.put("messages", text("m1", "seacock"));
  });
  rows.put("messages", text("m2", "seacock too"));
  keeper.changed("messages", ["m2"]);
  await keeper.catchUp();
  assert.deepEqual((await ask("seacock")).sort(), ["messages:m1", "messages:m2"]);
  rows.put("messages", text("m1", "rudder"));
  keeper.changed("messages", ["m1"]);
  await keeper.catchUp();
  assert.deepEqual(await ask("seacock"), ["messages:m2"]);
  assert.deepEqual(await ask("rudder"), ["messages:m1"]);
  rows.tables.messages.delete("m1");
  keeper.changed("messages", ["m1", "never there"]);
  await keeper.catchUp();
  assert.deepEqual(await ask("rudder"), []);
});

test("of a table whose written rows are known, only those are read", async () => {
  const { rows, keeper, finder, ask } = await indexed((r) => {
    thread(r);
    for (let i = 0; i < 500; i++) r.put("messages", text(`m${i}`, `plank ${i}`));
  });
  const before = rows.reads;
  const many = Array.from({ length: 450 }, (_, i) => `n${i}`);
  for (const id of many) rows.put("messages", text(id, "frame"));
  keeper.changed("messages", many);
  await keeper.catchUp();
  assert.equal(rows.reads, before);
  assert.equal(Array.from(finder.ids("messages")).length, 950);
  // A table of which that is not known waits until it is asked for.
  rows.put("messages", text("o1", "garboard"));
  rows.put("messages", text("o2", "garboard"));
  keeper.changed("messages", undefined);
  keeper.changed("messages", ["o2"]);
  await keeper.follow();
  assert.equal(rows.reads, before);
  assert.deepEqual(await ask("garboard"), ["messages:o2"]);
  await keeper.catchUp();
  assert.deepEqual((await ask("garboard")).sort(), ["messages:o1", "messages:o2"]);
});

test("many calls are one piece of work: after a while, or when it is quiet, but not never", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const ran = { later: 0, quiet: 0 };
    const [soon, quiet] = [later(100, () => ran.later++), whenQuiet(3_000, 10_000, () => ran.quiet++)];
    for (let i = 0; i < 4; i++) {
      soon();
      quiet();
      mock.timers.tick(50);
    }
    assert.deepEqual(ran, { later: 2, quiet: 0 });
    mock.timers.tick(2_949);
    assert.equal(ran.quiet, 0);
    mock.timers.tick(1);
    assert.equal(ran.quiet, 1);
    for (let i = 0; i < 9; i++) {
      quiet();
      mock.timers.tick(1_000);
    }
    assert.equal(ran.quiet, 1);
    quiet();
    mock.timers.tick(1_000);
    assert.equal(ran.quiet, 2); // never quiet, and still done
    mock.timers.tick(60_000);
    assert.equal(ran.quiet, 2);
  } finally {
    mock.timers.reset();
  }
});

test("after a write of which nobody knows the rows, the whole table is compared", async () => {
  const { rows, keeper, finder, ask } = await indexed((r) => {
    thread(r);
    for (let i = 0; i < 500; i++) r.put("messages", text(`m${i}`, `plank ${i}`));
  });
  for (let i = 0; i < 100; i++) rows.tables.messages.delete(`m${i}`);
  for (let i = 200; i < 300; i++) rows.put("messages", text(`m${i}`, "frame"));
  keeper.changed("messages", ["m7"]);
  keeper.changed("messages", undefined);
  keeper.changed("messages", ["m8"]);
  await keeper.catchUp();
  assert.equal(Array.from(finder.ids("messages")).length, 400);
  assert.equal((await ask("frame", 200)).length, 100);
  assert.deepEqual(await ask("plank 50"), []);
  assert.deepEqual(await ask("plank 250"), []);
});

test("an answer shows no row that is gone or says something else by now", async () => {
  const { rows, ask } = await indexed((r) => {
    thread(r);
    r.put("messages", text("m1", "keel"));
    r.put("messages", text("m2", "keel"));
    r.put("messages", text("m3", "keel", { thread_id: "gone" }));
  });
  rows.tables.messages.delete("m1");
  rows.put("messages", text("m2", "rudder"));
  assert.deepEqual(await ask("keel"), []);
});

test("the search answers while it is still reading, and says how far it is", async () => {
  const rows = new Rows();
  thread(rows);
  for (let i = 0; i < 1000; i++) rows.put("messages", text(`m${String(i).padStart(4, "0")}`, `plank ${i}`));
  const finder = new Finder();
  const seen: number[] = [];
  const keeper: Keeper = new Keeper(rows, finder, wordsOfRow, () => seen.push(keeper.percent));
  let early: string[] = [];
  rows.before = () => {
    if (rows.reads === 2) early = finder.find("messages", "plank");
    if (rows.reads !== 3) return;
    // Written while the table is being read, also where it was read already.
    rows.put("messages", text("m0999", "garboard"));
    rows.tables.messages.delete("m0998");
    keeper.changed("messages", ["m0999", "m0998"]);
    keeper.changed("messages", undefined);
  };
  await keeper.build();
  assert.equal(early.length, 200); // the newest first
  assert.ok(early.includes("m0999"));
  assert.deepEqual(seen.slice(0, 2).map((p) => p < 100), [true, true]);
  assert.equal(keeper.percent, 100);
  assert.deepEqual(finder.find("messages", "garboard"), ["m0999"]);
  assert.equal(finder.has("messages", "m0998"), false);
  assert.equal(finder.find("messages", "plank").length, 998);
});

test("a result says when it was, and who made it where that is checked", async () => {
  const { rows, finder } = await indexed((r) => {
    r.put("threads", { id: "t1", title: "Keel of hull 14", last_message_at: now - day, author_user_id: "dev" });
    r.put("messages", text("m1", "Mind the keel.", { created_at: now - 2 * day, author_user_id: "ines" }));
    r.put("messages", text("m2", "The keel again.", { created_at: now - 3 * day, author_id: "boss" }));
    r.put("posts", { id: "d1", post_type: "markdown", title: "Keel", content: "", author_id: "boss", device_id: "mine", updated_at: now - 4 * day });
    r.put("projects", { id: "p1", name: "Keels", author_id: "boss" });
  });
  const hits = (await answerTo(finder, rows, "keel", 20)).flatMap((g) => g.hits);
  assert.deepEqual(hits.map((h) => [h.id, (now - h.at) / day, h.by, h.device]), [
    ["t1", 1, "dev", ""], ["m1", 2, "ines", ""], ["m2", 3, "", ""], ["d1", 4, "", "mine"], ["p1", 0, "", ""],
  ]);
});

test("more than is shown is said", async () => {
  const { finder, rows } = await indexed((r) => {
    thread(r);
    for (let i = 0; i < 30; i++) r.put("messages", text(`m${i}`, "keel"));
  });
  const [group] = await answerTo(finder, rows, "keel", 20);
  assert.equal(group?.hits.length, 20);
  assert.equal(group?.more, true);
});

test("the line shows the words where they stand, marked, whatever they look like", () => {
  assert.equal(show(marked("Tomasz Wójcik wrote", ["wojcik"])), "Tomasz [Wójcik] wrote");
  assert.equal(show(marked("cafe\u0301 bar", ["cafe"])), "[café] bar");
  assert.equal(show(marked("Straße 7", ["strasse"])), "[Straße] 7");
  assert.equal(show(marked("keelson and keel", ["keel"])), "[keel]son and [keel]");
  assert.equal(show(marked("東京都", ["京都"])), "東[京都]");
  assert.equal(show(marked("Motor, Schiffsmotor", ["motor"])), "[Motor], Schiffsmotor");
  assert.equal(show(marked("Schiffsmotor", ["motor"])), "Schiffs[motor]");
  assert.equal(show(marked("keel", ["keel", "ke"])), "[keel]");
  assert.equal(show(marked("a 👩‍🔧 b", ["b"])), "a 👩‍🔧 [b]");
  const long = "word ".repeat(100) + "garboard " + "more ".repeat(100);
  const line = lineAround(long, ["garboard"]);
  assert.match(show(line), /^…word .*\[garboard\] more .*…$/);
  assert.ok(line.map((p) => p.text).join("").length <= 170);
  assert.equal(show(lineAround("first\n\nsecond   line", ["second"])), "first [second] line");
});

test("what looks like markup or a pattern is text", async () => {
  const hostile = '<img onerror="alert(1)" src=x> $& .* [a-z]+ \\ (?';
  assert.equal(lineAround(hostile, ["img"]).map((p) => p.text).join(""), hostile);
  assert.equal(show(marked(hostile, ["onerror"])), '<img [onerror]="alert(1)" src=x> $& .* [a-z]+ \\ (?');
  const { ask } = await indexed((r) => {
    thread(r);
    r.put("messages", text("m1", hostile));
    r.put("messages", text("m2", "constructor __proto__ toString"));
    r.put("messages", { id: "m3", thread_id: "t1", data: { content: [{ text: "in parts" }, { text: 7 }, null] } });
    r.put("messages", { id: "m4", thread_id: "t1", data: null });
  });
  assert.deepEqual(await ask("<img onerror"), ["messages:m1"]);
  assert.deepEqual(await ask("constructor"), ["messages:m2"]);
  assert.deepEqual(await ask("__proto__"), ["messages:m2"]);
  assert.deepEqual(await ask("parts"), ["messages:m3"]);
  assert.deepEqual(await ask(".* (?"), []);
});

test("a lone half of a character breaks nothing", () => {
  assert.equal(holds("\ud83d keel", ["keel"]), true);
  assert.equal(show(lineAround("x".repeat(639) + "😀 keel", ["x"])).includes("\ud83d\u2026"), false);
});

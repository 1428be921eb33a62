// JSON, read into values and written from them.

export enum Kind { Null, Bool, Number, Text, List, Object }

// Value is any JSON. What is not there reads as null, "", 0 and false.
export class Value {
  kind: Kind = Kind.Null;
  private truth: bool = false;
  private n: f64 = 0;
  private s: string = "";
  private items: Array<Value> | null = null;
  private entries: Map<string, Value> | null = null;

  static of(text: string): Value { const v = new Value(); v.kind = Kind.Text; v.s = text; return v; }
  static number(n: f64): Value { const v = new Value(); v.kind = Kind.Number; v.n = n; return v; }
  static bool(b: bool): Value { const v = new Value(); v.kind = Kind.Bool; v.truth = b; return v; }
  static list(items: Array<Value> = []): Value { const v = new Value(); v.kind = Kind.List; v.items = items; return v; }
  static object(): Value { const v = new Value(); v.kind = Kind.Object; v.entries = new Map(); return v; }

  get isNull(): bool { return this.kind == Kind.Null; }
  asString(): string { return this.s; }
  asNumber(): f64 { return this.n; }
  asInt(): i64 { return <i64>this.n; }
  asBool(): bool { return this.truth; }
  asList(): Array<Value> { const items = this.items; return items === null ? [] : items; }
  keys(): Array<string> { const entries = this.entries; return entries === null ? [] : entries.keys(); }

  // get is a value of an object; null where there is none.
  get(key: string): Value {
    const entries = this.entries;
    return entries !== null && entries.has(key) ? entries.get(key) : new Value();
  }

  // set puts a value into an object, and gives the object.
  set(key: string, value: Value): Value {
    let entries = this.entries;
    if (entries === null) {
      entries = new Map<string, Value>();
      this.entries = entries;
      this.kind = Kind.Object;
    }
    entries.set(key, value);
    return this;
  }

  toString(): string {
    switch (this.kind) {
      case Kind.Bool: return this.truth ? "true" : "false";
      case Kind.Number: return numberText(this.n);
      case Kind.Text: return quoted(this.s);
      case Kind.List: {
        const parts: string[] = [];
        const items = this.asList();
        for (let i = 0; i < items.length; i++) parts.push(items[i].toString());
        return "[" + parts.join(",") + "]";
      }
      case Kind.Object: {
        const parts: string[] = [];
        const keys = this.keys();
        for (let i = 0; i < keys.length; i++) parts.push(quoted(keys[i]) + ":" + this.get(keys[i]).toString());
        return "{" + parts.join(",") + "}";
      }
      default: return "null";
    }
  }
}

export function numberText(n: f64): string {
  if (!isFinite(n)) return "null";
  if (Math.floor(n) == n && Math.abs(n) < 9007199254740992) return (<i64>n).toString();
  return n.toString();
}

export function quoted(text: string): string {
  let out = "\"";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x22) out += "\\\"";
    else if (c == 0x5c) out += "\\\\";
    else if (c < 0x20) out += "\\u00" + (c < 16 ? "0" : "") + c.toString(16);
    else out += text.charAt(i);
  }
  return out + "\"";
}

// parse reads JSON; what is none aborts the call.
export function parse(text: string): Value {
  const p = new Parser(text);
  const v = p.value();
  p.blank();
  assert(p.at == text.length, "something follows the JSON");
  return v;
}

class Parser {
  at: i32 = 0;
  constructor(private text: string) {}

  blank(): void {
    while (this.at < this.text.length && this.text.charCodeAt(this.at) <= 0x20) this.at++;
  }

  peek(): i32 {
    this.blank();
    assert(this.at < this.text.length, "the JSON ends too early");
    return this.text.charCodeAt(this.at);
  }

  take(c: i32): bool {
    if (this.peek() != c) return false;
    this.at++;
    return true;
  }

  word(word: string): void {
    assert(this.text.substr(this.at, word.length) == word, "this is no JSON");
    this.at += word.length;
  }

  value(): Value {
    const c = this.peek();
    if (c == 0x7b) return this.object();
    if (c == 0x5b) return this.list();
    if (c == 0x22) return Value.of(this.string());
    if (c == 0x74) { this.word("true"); return Value.bool(true); }
    if (c == 0x66) { this.word("false"); return Value.bool(false); }
    if (c == 0x6e) { this.word("null"); return new Value(); }
    return this.number();
  }

  number(): Value {
    const from = this.at;
    while (this.at < this.text.length) {
      const c = this.text.charCodeAt(this.at);
      if (c != 0x2b && c != 0x2d && c != 0x2e && c != 0x45 && c != 0x65 && (c < 0x30 || c > 0x39)) break;
      this.at++;
    }
    assert(this.at > from, "this is no JSON");
    return Value.number(parseFloat(this.text.substring(from, this.at)));
  }

  list(): Value {
    const items: Value[] = [];
    this.at++;
    if (this.take(0x5d)) return Value.list(items);
    do { items.push(this.value()); } while (this.take(0x2c));
    assert(this.take(0x5d), "a list does not end");
    return Value.list(items);
  }

  object(): Value {
    const v = Value.object();
    this.at++;
    if (this.take(0x7d)) return v;
    do {
      assert(this.peek() == 0x22, "a key is missing");
      const key = this.string();
      assert(this.take(0x3a), "a colon is missing");
      v.set(key, this.value());
    } while (this.take(0x2c));
    assert(this.take(0x7d), "an object does not end");
    return v;
  }

  string(): string {
    this.at++;
    let out = "", from = this.at;
    for (;;) {
      assert(this.at < this.text.length, "a text does not end");
      const c = this.text.charCodeAt(this.at);
      if (c == 0x22) break;
      if (c != 0x5c) { this.at++; continue; }
      out += this.text.substring(from, this.at) + this.escape();
      from = this.at;
    }
    out += this.text.substring(from, this.at);
    this.at++;
    return out;
  }

  escape(): string {
    const c = this.text.charAt(this.at + 1);
    this.at += 2;
    if (c == "n") return "\n";
    if (c == "t") return "\t";
    if (c == "r") return "\r";
    if (c == "b") return "\b";
    if (c == "f") return "\f";
    if (c != "u") return c;
    this.at += 4;
    return String.fromCharCode(<i32>parseInt(this.text.substr(this.at - 4, 4), 16));
  }
}

// Writer writes one object. What has its zero value is left out, unless always.
export class Writer {
  private parts: string[] = [];

  raw(key: string, json: string): void { this.parts.push(quoted(key) + ":" + json); }
  text(key: string, v: string, always: bool): void { if (always || v.length > 0) this.raw(key, quoted(v)); }
  number(key: string, v: f64, always: bool): void { if (!isNaN(v) && (always || v != 0)) this.raw(key, numberText(v)); }
  bool(key: string, v: bool, always: bool): void { if (always || v) this.raw(key, v ? "true" : "false"); }
  value(key: string, v: Value, always: bool): void { if (always || !v.isNull) this.raw(key, v.toString()); }
  list(key: string, v: string[], always: bool): void { if (always || v.length > 0) this.raw(key, "[" + v.join(",") + "]"); }
  map(key: string, v: string[], always: bool): void { if (always || v.length > 0) this.raw(key, "{" + v.join(",") + "}"); }
  end(): string { return "{" + this.parts.join(",") + "}"; }
}

// written are the values of a list as JSON.
export function written<T>(items: Array<T>): string[] {
  const out: string[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (isString<T>()) out.push(quoted(changetype<string>(item)));
    else if (isFloat<T>()) out.push(numberText(<f64>item));
    else if (isArray<T>()) out.push("[" + written(item).join(",") + "]");
    else out.push(item.toString());
  }
  return out;
}

// entries are those of a map as JSON.
export function entries<T>(map: Map<string, T>): string[] {
  const out: string[] = [];
  const keys = map.keys();
  for (let i = 0; i < keys.length; i++) {
    const v = map.get(keys[i]);
    if (isString<T>()) out.push(quoted(keys[i]) + ":" + quoted(changetype<string>(v)));
    else out.push(quoted(keys[i]) + ":" + v.toString());
  }
  return out;
}

export function readTexts(v: Value): Map<string, string> {
  const out = new Map<string, string>();
  const keys = v.keys();
  for (let i = 0; i < keys.length; i++) out.set(keys[i], v.get(keys[i]).asString());
  return out;
}

// Written by go generate ./plugins/host/describe from the types of plugins/host: do not
// change it by hand. docs/plugin-language.md tells what is what.

import { ask } from "./extism";
import { Value, Writer, entries, parse, quoted, readTexts } from "./json";

// Fault is why something was not done. fields has a message for each element of a
// form that has to be changed.
export class Fault {
  fields: Map<string, string> = new Map();
  constructor(public code: string, public message: string) {}
  toString(): string {
    const w = new Writer();
    w.text("code", this.code, true);
    w.text("message", this.message, true);
    w.map("fields", entries(this.fields), false);
    return w.end();
  }
}

function answered(text: string): Value { return parse(text); }

function faultOf(v: Value): Fault | null {
  const e = v.get("error");
  return e.isNull ? null : new Fault(e.get("code").asString(), e.get("message").asString());
}

export class KVValue {
  error: Fault | null = null;
  found: bool = false; // whether the key has a value
  value: Value = new Value(); // any JSON
  static from(v: Value): KVValue {
    const x = new KVValue();
    x.error = faultOf(v);
    x.found = v.get("found").asBool();
    x.value = v.get("value");
    return x;
  }
}

export class KVGet {
  key: string = ""; // 1 to 200 characters
  constructor(key: string) { this.key = key; }
  toString(): string {
    const w = new Writer();
    w.text("key", this.key, true);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_kv_get")
declare function or3_kv_get(request: u64): u64;

// Reads a key. Capability kv.
export function kvGet(request: KVGet): KVValue { return KVValue.from(answered(ask(or3_kv_get, request.toString()))); }

export class Done {
  error: Fault | null = null;
  static from(v: Value): Done {
    const x = new Done();
    x.error = faultOf(v);
    return x;
  }
}

export class KVSet {
  key: string = ""; // 1 to 200 characters
  value: Value = new Value(); // any JSON, 64 KiB at most
  ttl_s: i32 = 0; // seconds until it is gone; 0 keeps it
  constructor(key: string, value: Value) { this.key = key; this.value = value; }
  toString(): string {
    const w = new Writer();
    w.text("key", this.key, true);
    w.value("value", this.value, true);
    w.number("ttl_s", <f64>this.ttl_s, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_kv_set")
declare function or3_kv_set(request: u64): u64;

// Writes a key. Capability kv.
export function kvSet(request: KVSet): Done { return Done.from(answered(ask(or3_kv_set, request.toString()))); }

// @ts-ignore: decorator
@external("extism:host/user", "or3_kv_delete")
declare function or3_kv_delete(request: u64): u64;

// Removes a key; one that is not there is no error. Capability kv.
export function kvDelete(request: KVGet): Done { return Done.from(answered(ask(or3_kv_delete, request.toString()))); }

export class KVItem {
  key: string = ""; // the key
  value: Value = new Value(); // the value
  static from(v: Value): KVItem {
    const x = new KVItem();
    x.key = v.get("key").asString();
    x.value = v.get("value");
    return x;
  }
}

export class KVKeys {
  error: Fault | null = null;
  items: Array<KVItem> = []; // by key
  next: string = ""; // the after of the next page
  static from(v: Value): KVKeys {
    const x = new KVKeys();
    x.error = faultOf(v);
    const itemsList = v.get("items").asList(); for (let i = 0; i < itemsList.length; i++) x.items.push(KVItem.from(itemsList[i]));
    x.next = v.get("next").asString();
    return x;
  }
}

export class KVList {
  prefix: string = ""; // what they begin with
  after: string = ""; // the key before the page
  limit: i32 = 0; // 1 to 200; 100 is the default
  toString(): string {
    const w = new Writer();
    w.text("prefix", this.prefix, false);
    w.text("after", this.after, false);
    w.number("limit", <f64>this.limit, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_kv_list")
declare function or3_kv_list(request: u64): u64;

// Lists keys with their values. Capability kv.
export function kvList(request: KVList): KVKeys { return KVKeys.from(answered(ask(or3_kv_list, request.toString()))); }

export class Blob {
  error: Fault | null = null;
  found: bool = false; // whether it is there
  type: string = ""; // its media type
  size: i64 = 0; // bytes
  hash: string = ""; // sha256:…
  data: string = ""; // in base64; not in the answer of put
  static from(v: Value): Blob {
    const x = new Blob();
    x.error = faultOf(v);
    x.found = v.get("found").asBool();
    x.type = v.get("type").asString();
    x.size = <i64>v.get("size").asInt();
    x.hash = v.get("hash").asString();
    x.data = v.get("data").asString();
    return x;
  }
}

export class BlobPut {
  key: string = ""; // its name
  type: string = ""; // its media type
  data: string = ""; // in base64, 700 KB at most
  constructor(key: string) { this.key = key; }
  toString(): string {
    const w = new Writer();
    w.text("key", this.key, true);
    w.text("type", this.type, false);
    w.text("data", this.data, true);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_blob_put")
declare function or3_blob_put(request: u64): u64;

// Stores a blob. Capability blob.
export function blobPut(request: BlobPut): Blob { return Blob.from(answered(ask(or3_blob_put, request.toString()))); }

// @ts-ignore: decorator
@external("extism:host/user", "or3_blob_get")
declare function or3_blob_get(request: u64): u64;

// Reads a blob. Capability blob.
export function blobGet(request: KVGet): Blob { return Blob.from(answered(ask(or3_blob_get, request.toString()))); }

// @ts-ignore: decorator
@external("extism:host/user", "or3_blob_delete")
declare function or3_blob_delete(request: u64): u64;

// Removes a blob; one that is not there is no error. Capability blob.
export function blobDelete(request: KVGet): Done { return Done.from(answered(ask(or3_blob_delete, request.toString()))); }

export class RowFound {
  error: Fault | null = null;
  found: bool = false; // whether it is there
  row: Value = new Value(); // its fields, as devices see them
  static from(v: Value): RowFound {
    const x = new RowFound();
    x.error = faultOf(v);
    x.found = v.get("found").asBool();
    x.row = v.get("row");
    return x;
  }
}

export class RowGet {
  table: string = ""; // threads, messages, projects, posts, file_meta
  id: string = ""; // its id
  constructor(table: string, id: string) { this.table = table; this.id = id; }
  toString(): string {
    const w = new Writer();
    w.text("table", this.table, true);
    w.text("id", this.id, true);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_rows_get")
declare function or3_rows_get(request: u64): u64;

// Reads a row of the workspace. Capability workspace.read.
export function rowsGet(request: RowGet): RowFound { return RowFound.from(answered(ask(or3_rows_get, request.toString()))); }

export class RowPage {
  error: Fault | null = null;
  rows: Array<Value> = []; // their fields
  next: string = ""; // the after of the next page
  static from(v: Value): RowPage {
    const x = new RowPage();
    x.error = faultOf(v);
    x.rows = v.get("rows").asList();
    x.next = v.get("next").asString();
    return x;
  }
}

export class RowList {
  table: string = ""; // as in or3_rows_get
  after: string = ""; // the id before the page
  limit: i32 = 0; // 1 to 200; 100 is the default
  constructor(table: string) { this.table = table; }
  toString(): string {
    const w = new Writer();
    w.text("table", this.table, true);
    w.text("after", this.after, false);
    w.number("limit", <f64>this.limit, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_rows_list")
declare function or3_rows_list(request: u64): u64;

// Lists rows of a table. Capability workspace.read.
export function rowsList(request: RowList): RowPage { return RowPage.from(answered(ask(or3_rows_list, request.toString()))); }

export class RowWritten {
  error: Fault | null = null;
  id: string = ""; // the row's id
  version: i64 = 0; // its server version
  static from(v: Value): RowWritten {
    const x = new RowWritten();
    x.error = faultOf(v);
    x.id = v.get("id").asString();
    x.version = <i64>v.get("version").asInt();
    return x;
  }
}

export class RowPut {
  table: string = ""; // as in or3_rows_get
  id: string = ""; // empty makes a new one
  row: Value = new Value(); // its fields
  constructor(table: string, row: Value) { this.table = table; this.row = row; }
  toString(): string {
    const w = new Writer();
    w.text("table", this.table, true);
    w.text("id", this.id, false);
    w.value("row", this.row, true);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_rows_put")
declare function or3_rows_put(request: u64): u64;

// Writes a row, as an op of the sync protocol. Capability workspace.write.
export function rowsPut(request: RowPut): RowWritten { return RowWritten.from(answered(ask(or3_rows_put, request.toString()))); }

// @ts-ignore: decorator
@external("extism:host/user", "or3_rows_delete")
declare function or3_rows_delete(request: u64): u64;

// Deletes a row, as an op of the sync protocol. Capability workspace.write.
export function rowsDelete(request: RowGet): RowWritten { return RowWritten.from(answered(ask(or3_rows_delete, request.toString()))); }

export class Member {
  id: string = ""; // the user's id
  name: string = ""; // with the field name
  role: string = ""; // with the field role
  email: string = ""; // with the field email
  joined_at: string = ""; // with the field joined_at
  static from(v: Value): Member {
    const x = new Member();
    x.id = v.get("id").asString();
    x.name = v.get("name").asString();
    x.role = v.get("role").asString();
    x.email = v.get("email").asString();
    x.joined_at = v.get("joined_at").asString();
    return x;
  }
}

export class MemberPage {
  error: Fault | null = null;
  members: Array<Member> = []; // with the granted fields
  next: string = ""; // the after of the next page
  static from(v: Value): MemberPage {
    const x = new MemberPage();
    x.error = faultOf(v);
    const membersList = v.get("members").asList(); for (let i = 0; i < membersList.length; i++) x.members.push(Member.from(membersList[i]));
    x.next = v.get("next").asString();
    return x;
  }
}

export class MemberList {
  after: string = ""; // the id before the page
  limit: i32 = 0; // 1 to 200; 100 is the default
  toString(): string {
    const w = new Writer();
    w.text("after", this.after, false);
    w.number("limit", <f64>this.limit, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_members_list")
declare function or3_members_list(request: u64): u64;

// Lists the people of the workspace. Capability members.read.
export function membersList(request: MemberList): MemberPage { return MemberPage.from(answered(ask(or3_members_list, request.toString()))); }

export class Event {
  type: string = ""; // the plugin's id, a dot, and a word
  payload: Value = new Value(); // any JSON, 64 KiB at most
  constructor(type: string) { this.type = type; }
  toString(): string {
    const w = new Writer();
    w.text("type", this.type, true);
    w.value("payload", this.payload, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_event_emit")
declare function or3_event_emit(request: u64): u64;

// Tells other plugins and hooks of something. Capability events.emit.
export function eventEmit(request: Event): Done { return Done.from(answered(ask(or3_event_emit, request.toString()))); }

export class Fetched {
  error: Fault | null = null;
  status: i32 = 0; // as in HTTP
  headers: Map<string, string> = new Map<string, string>(); // of the answer; of one that came twice the first
  body: string = ""; // in base64, 700 KB at most
  static from(v: Value): Fetched {
    const x = new Fetched();
    x.error = faultOf(v);
    x.status = <i32>v.get("status").asInt();
    x.headers = readTexts(v.get("headers"));
    x.body = v.get("body").asString();
    return x;
  }
}

export class Fetch {
  method: string = ""; // one of the granted; GET is the default
  url: string = ""; // https, to a granted host
  headers: Map<string, string> = new Map<string, string>(); // of the request
  secrets: Map<string, string> = new Map<string, string>(); // header to value, where {{name}} is replaced by the secret of that name; the guest never sees it
  body: string = ""; // in base64, 700 KB at most
  constructor(url: string) { this.url = url; }
  toString(): string {
    const w = new Writer();
    w.text("method", this.method, false);
    w.text("url", this.url, true);
    w.map("headers", entries(this.headers), false);
    w.map("secrets", entries(this.secrets), false);
    w.text("body", this.body, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_http_fetch")
declare function or3_http_fetch(request: u64): u64;

// Fetches from a granted host. Capability http.fetch.
export function httpFetch(request: Fetch): Fetched { return Fetched.from(answered(ask(or3_http_fetch, request.toString()))); }

export class NoticeSent {
  error: Fault | null = null;
  id: string = ""; // its id
  static from(v: Value): NoticeSent {
    const x = new NoticeSent();
    x.error = faultOf(v);
    x.id = v.get("id").asString();
    return x;
  }
}

export class Notice {
  user_id: string = ""; // a member's id
  title: string = ""; // one line
  body: string = ""; // more of it
  link: string = ""; // a page of this server
  constructor(user_id: string, title: string) { this.user_id = user_id; this.title = title; }
  toString(): string {
    const w = new Writer();
    w.text("user_id", this.user_id, true);
    w.text("title", this.title, true);
    w.text("body", this.body, false);
    w.text("link", this.link, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_notify")
declare function or3_notify(request: u64): u64;

// Sends a notification to a member. Capability notify.send.
export function notify(request: Notice): NoticeSent { return NoticeSent.from(answered(ask(or3_notify, request.toString()))); }

export class AuditEntry {
  action: string = ""; // a word with dots; the plugin's id is put before it
  target: string = ""; // what it was done to
  details: Value = new Value(); // an object, 8 KiB at most
  constructor(action: string) { this.action = action; }
  toString(): string {
    const w = new Writer();
    w.text("action", this.action, true);
    w.text("target", this.target, false);
    w.value("details", this.details, false);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_audit")
declare function or3_audit(request: u64): u64;

// Adds an entry to the audit log. Capability audit.write.
export function audit(request: AuditEntry): Done { return Done.from(answered(ask(or3_audit, request.toString()))); }

export class LogLine {
  level: string = ""; // debug, info, warn, error; info is the default
  message: string = ""; // one line
  constructor(message: string) { this.message = message; }
  toString(): string {
    const w = new Writer();
    w.text("level", this.level, false);
    w.text("message", this.message, true);
    return w.end();
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_log")
declare function or3_log(request: u64): u64;

// Writes a line to the plugin's log. Needs no capability.
export function log(request: LogLine): Done { return Done.from(answered(ask(or3_log, request.toString()))); }

export class Now {
  error: Fault | null = null;
  unix_ms: i64 = 0; // milliseconds since 1970
  time_zone: string = ""; // the actor's, as in Europe/Vienna
  static from(v: Value): Now {
    const x = new Now();
    x.error = faultOf(v);
    x.unix_ms = <i64>v.get("unix_ms").asInt();
    x.time_zone = v.get("time_zone").asString();
    return x;
  }
}

// @ts-ignore: decorator
@external("extism:host/user", "or3_now")
declare function or3_now(request: u64): u64;

// Tells the time. Needs no capability.
export function now(): Now { return Now.from(answered(ask(or3_now, "{}"))); }


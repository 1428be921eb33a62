// Written by go generate ./plugins/host/describe from the types of plugins/host: do not
// change it by hand. docs/plugin-language.md tells what is what.

import { Value, Writer, entries, quoted, written } from "./json";

// Block is one part of a page.
export class Block {
  toString(): string { return "{}"; }
}

// Element is one part of a form.
export class Element {
  toString(): string { return "{}"; }
}

// Cell is one value, and how it looks: kind info, ok, warn or danger makes it a badge.
export class Cell {
  kind: string = "";
  link: string = "";
  constructor(public value: Value = new Value()) {}
  static of(text: string): Cell { return new Cell(Value.of(text)); }
  static number(n: f64): Cell { return new Cell(Value.number(n)); }
  static bool(b: bool): Cell { return new Cell(Value.bool(b)); }
  toString(): string {
    if (this.kind == "" && this.link == "") return this.value.toString();
    const w = new Writer();
    w.value("value", this.value, true);
    w.text("kind", this.kind, false);
    w.text("link", this.link, false);
    return w.end();
  }
}

export class Heading extends Block {
  text: string = ""; // the words
  level: i32 = 0; // 2 (the default) to 4; the page's own title is 1
  constructor(text: string) { super(); this.text = text; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"heading\"");
    w.text("text", this.text, true);
    w.number("level", <f64>this.level, false);
    return w.end();
  }
}

export class Text extends Block {
  text: string = ""; // Markdown: paragraphs, emphasis, code, links, lists, quotes; no HTML
  constructor(text: string) { super(); this.text = text; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"text\"");
    w.text("text", this.text, true);
    return w.end();
  }
}

export class Banner extends Block {
  kind: string = ""; // info, ok, warn, danger; info is the default
  title: string = ""; // what is the matter
  text: string = ""; // what follows from it and what to do
  constructor(title: string) { super(); this.title = title; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"banner\"");
    w.text("kind", this.kind, false);
    w.text("title", this.title, true);
    w.text("text", this.text, false);
    return w.end();
  }
}

export class Stats extends Block {
  items: Array<Stat> = []; // the figures
  constructor(items: Array<Stat>) { super(); this.items = items; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"stats\"");
    w.list("items", written(this.items), true);
    return w.end();
  }
}

export class Meter extends Block {
  label: string = ""; // what is used
  value: f64 = 0; // 0 to max
  max: f64 = 0; // more than 0
  text: string = ""; // in words, instead of a percentage
  constructor(label: string, max: f64) { super(); this.label = label; this.max = max; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"meter\"");
    w.text("label", this.label, true);
    w.number("value", <f64>this.value, true);
    w.number("max", <f64>this.max, true);
    w.text("text", this.text, false);
    return w.end();
  }
}

export class KeyValues extends Block {
  items: Array<KeyValue> = []; // the facts
  constructor(items: Array<KeyValue>) { super(); this.items = items; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"key_values\"");
    w.list("items", written(this.items), true);
    return w.end();
  }
}

export class Table extends Block {
  columns: Array<Column> = []; // the columns
  rows: Array<Row> = []; // the rows of this page
  caption: string = ""; // what the table shows, for those who hear it
  sort: string = ""; // the key of the column it is sorted by
  desc: bool = false; // largest first
  next: string = ""; // the cursor of the next page
  empty: string = ""; // what stands here when there are no rows
  constructor(columns: Array<Column>) { super(); this.columns = columns; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"table\"");
    w.list("columns", written(this.columns), true);
    w.list("rows", written(this.rows), true);
    w.text("caption", this.caption, false);
    w.text("sort", this.sort, false);
    w.bool("desc", this.desc, false);
    w.text("next", this.next, false);
    w.text("empty", this.empty, false);
    return w.end();
  }
}

export class List extends Block {
  items: Array<Item> = []; // the things
  ordered: bool = false; // numbers before them
  empty: string = ""; // what stands here when there are none
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"list\"");
    w.list("items", written(this.items), true);
    w.bool("ordered", this.ordered, false);
    w.text("empty", this.empty, false);
    return w.end();
  }
}

export class Chart extends Block {
  kind: string = ""; // line, bar; how it is drawn
  title: string = ""; // what it shows
  labels: Array<string> = []; // one for each point
  series: Array<Series> = []; // the lines, or groups of bars
  unit: string = ""; // after each number
  constructor(kind: string, title: string, labels: Array<string>, series: Array<Series>) { super(); this.kind = kind; this.title = title; this.labels = labels; this.series = series; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"chart\"");
    w.text("kind", this.kind, true);
    w.text("title", this.title, true);
    w.list("labels", written(this.labels), true);
    w.list("series", written(this.series), true);
    w.text("unit", this.unit, false);
    return w.end();
  }
}

export class Form extends Block {
  action: string = ""; // the id of an action of the manifest; none: the values go to the page itself, as its form
  elements: Array<Element> = []; // what is asked for
  submit: string = ""; // the words of its button; "Save" is the default
  confirm: string = ""; // what is asked before it is sent
  constructor(elements: Array<Element>) { super(); this.elements = elements; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"form\"");
    w.text("action", this.action, false);
    w.list("elements", written(this.elements), true);
    w.text("submit", this.submit, false);
    w.text("confirm", this.confirm, false);
    return w.end();
  }
}

export class Actions extends Block {
  items: Array<Button> = []; // the buttons
  constructor(items: Array<Button>) { super(); this.items = items; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"actions\"");
    w.list("items", written(this.items), true);
    return w.end();
  }
}

export class Tabs extends Block {
  items: Array<Tab> = []; // the parts
  constructor(items: Array<Tab>) { super(); this.items = items; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"tabs\"");
    w.list("items", written(this.items), true);
    return w.end();
  }
}

export class Columns extends Block {
  columns: Array<Array<Block>> = []; // one to three lists of blocks
  constructor(columns: Array<Array<Block>>) { super(); this.columns = columns; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"columns\"");
    w.list("columns", written(this.columns), true);
    return w.end();
  }
}

export class Card extends Block {
  title: string = ""; // its name
  text: string = ""; // a line below it
  blocks: Array<Block> = []; // what is in it
  actions: Array<Button> = []; // buttons at its end
  constructor(title: string) { super(); this.title = title; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"card\"");
    w.text("title", this.title, true);
    w.text("text", this.text, false);
    w.list("blocks", written(this.blocks), false);
    w.list("actions", written(this.actions), false);
    return w.end();
  }
}

export class Accordion extends Block {
  items: Array<Fold> = []; // the parts
  constructor(items: Array<Fold>) { super(); this.items = items; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"accordion\"");
    w.list("items", written(this.items), true);
    return w.end();
  }
}

export class Code extends Block {
  text: string = ""; // the text
  language: string = ""; // what it is, as a word above
  constructor(text: string) { super(); this.text = text; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"code\"");
    w.text("text", this.text, true);
    w.text("language", this.language, false);
    return w.end();
  }
}

export class Image extends Block {
  asset: string = ""; // its path below assets/
  alt: string = ""; // what is on it; empty for decoration
  constructor(asset: string) { super(); this.asset = asset; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"image\"");
    w.text("asset", this.asset, true);
    w.text("alt", this.alt, true);
    return w.end();
  }
}

export class Empty extends Block {
  title: string = ""; // what is not there
  text: string = ""; // why, and how it comes
  actions: Array<Button> = []; // the first step
  constructor(title: string) { super(); this.title = title; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"empty\"");
    w.text("title", this.title, true);
    w.text("text", this.text, false);
    w.list("actions", written(this.actions), false);
    return w.end();
  }
}

export class Divider extends Block {
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"divider\"");
    return w.end();
  }
}

export class Progress extends Block {
  label: string = ""; // what is being done
  value: f64 = 0; // 0 to max
  max: f64 = 0; // 0 means that nobody knows how much there is
  text: string = ""; // in words
  constructor(label: string) { super(); this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"progress\"");
    w.text("label", this.label, true);
    w.number("value", <f64>this.value, true);
    w.number("max", <f64>this.max, false);
    w.text("text", this.text, false);
    return w.end();
  }
}

export class HTML extends Block {
  html: string = ""; // no scripts, styles, forms or pictures from elsewhere
  constructor(html: string) { super(); this.html = html; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"html\"");
    w.text("html", this.html, true);
    return w.end();
  }
}

export class Frame extends Block {
  asset: string = ""; // an .html file below assets/
  title: string = ""; // what is in it, for those who hear the page
  height: string = ""; // small, medium, large; medium is the default
  constructor(asset: string, title: string) { super(); this.asset = asset; this.title = title; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"frame\"");
    w.text("asset", this.asset, true);
    w.text("title", this.title, true);
    w.text("height", this.height, false);
    return w.end();
  }
}

export class TextField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: string = ""; // what is in it
  placeholder: string = ""; // an example, seen while it is empty
  max_length: i32 = 0; // the most characters; 4,000 is the default
  kind: string = ""; // text, email, url, search; what it is
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"text\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.text("value", this.value, false);
    w.text("placeholder", this.placeholder, false);
    w.number("max_length", <f64>this.max_length, false);
    w.text("kind", this.kind, false);
    return w.end();
  }
}

export class TextArea extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: string = ""; // what is in it
  rows: i32 = 0; // how high it is; 4 is the default
  max_length: i32 = 0; // the most characters; 32,000 is the default
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"textarea\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.text("value", this.value, false);
    w.number("rows", <f64>this.rows, false);
    w.number("max_length", <f64>this.max_length, false);
    return w.end();
  }
}

export class NumberField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: f64 = NaN; // what is in it
  min: f64 = NaN; // the least
  max: f64 = NaN; // the most
  step: f64 = 0; // 1 is the default
  unit: string = ""; // after it
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"number\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.number("value", <f64>this.value, false);
    w.number("min", <f64>this.min, false);
    w.number("max", <f64>this.max, false);
    w.number("step", <f64>this.step, false);
    w.text("unit", this.unit, false);
    return w.end();
  }
}

export class Select extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  options: Array<Option> = []; // the values
  value: string = ""; // the chosen one
  constructor(name: string, label: string, options: Array<Option>) { super(); this.name = name; this.label = label; this.options = options; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"select\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.list("options", written(this.options), true);
    w.text("value", this.value, false);
    return w.end();
  }
}

export class Combobox extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  options: Array<Option> = []; // the proposals
  action: string = ""; // an action that proposes, instead
  value: string = ""; // what is in it
  free: bool = false; // whether something else than a proposal may be handed over
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"combobox\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.list("options", written(this.options), false);
    w.text("action", this.action, false);
    w.text("value", this.value, false);
    w.bool("free", this.free, false);
    return w.end();
  }
}

export class Checkbox extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: bool = false; // whether it is ticked
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"checkbox\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.bool("value", this.value, false);
    return w.end();
  }
}

export class Radio extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  options: Array<Option> = []; // the values
  value: string = ""; // the chosen one
  constructor(name: string, label: string, options: Array<Option>) { super(); this.name = name; this.label = label; this.options = options; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"radio\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.list("options", written(this.options), true);
    w.text("value", this.value, false);
    return w.end();
  }
}

export class Toggle extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: bool = false; // whether it is on
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"toggle\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.bool("value", this.value, false);
    return w.end();
  }
}

export class DateField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: string = ""; // YYYY-MM-DD
  min: string = ""; // the first day
  max: string = ""; // the last day
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"date\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.text("value", this.value, false);
    w.text("min", this.min, false);
    w.text("max", this.max, false);
    return w.end();
  }
}

export class SecretField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  set: bool = false; // whether there is one already; empty then keeps it
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"secret\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.bool("set", this.set, false);
    return w.end();
  }
}

export class FileField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  accept: Array<string> = []; // types, as in text/csv
  max_kb: i32 = 0; // at most 700, the default
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"file\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.list("accept", written(this.accept), false);
    w.number("max_kb", <f64>this.max_kb, false);
    return w.end();
  }
}

export class MemberField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: string = ""; // the chosen one's id
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"member\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.text("value", this.value, false);
    return w.end();
  }
}

export class WorkspaceField extends Element {
  name: string = ""; // the key of its value: letters, digits and _
  label: string = ""; // the words beside it
  hint: string = ""; // a line below it
  required: bool = false; // whether it may not stay empty
  error: string = ""; // what has to be changed
  value: string = ""; // the chosen one's id
  constructor(name: string, label: string) { super(); this.name = name; this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"workspace\"");
    w.text("name", this.name, true);
    w.text("label", this.label, true);
    w.text("hint", this.hint, false);
    w.bool("required", this.required, false);
    w.text("error", this.error, false);
    w.text("value", this.value, false);
    return w.end();
  }
}

export class ButtonField extends Element {
  label: string = ""; // what it does, as a verb
  action: string = ""; // the id of an action of the manifest
  link: string = ""; // an address instead of an action
  style: string = ""; // primary, plain, danger; plain is the default
  confirm: string = ""; // what is asked before it is done
  values: Value = new Value(); // given to the action
  constructor(label: string) { super(); this.label = label; }
  toString(): string {
    const w = new Writer();
    w.raw("type", "\"button\"");
    w.text("label", this.label, true);
    w.text("action", this.action, false);
    w.text("link", this.link, false);
    w.text("style", this.style, false);
    w.text("confirm", this.confirm, false);
    w.value("values", this.values, false);
    return w.end();
  }
}

export class Stat {
  label: string = ""; // what it counts
  value: string = ""; // as it is to be read, with its unit
  note: string = ""; // a small line below
  constructor(label: string, value: string) { this.label = label; this.value = value; }
  toString(): string {
    const w = new Writer();
    w.text("label", this.label, true);
    w.text("value", this.value, true);
    w.text("note", this.note, false);
    return w.end();
  }
}

export class KeyValue {
  key: string = ""; // its name
  value: Cell = new Cell(); // its value
  as: string = ""; // text, number, bytes, percent, date, time, badge, bool, member, code; how the value is written
  constructor(key: string, value: Cell) { this.key = key; this.value = value; }
  toString(): string {
    const w = new Writer();
    w.text("key", this.key, true);
    w.raw("value", this.value.toString());
    w.text("as", this.as, false);
    return w.end();
  }
}

export class Column {
  key: string = ""; // its name in the cells of a row
  title: string = ""; // its head
  as: string = ""; // text, number, bytes, percent, date, time, badge, bool, member, code; how its cells are written
  sortable: bool = false; // whether its head is a link that sorts
  constructor(key: string, title: string) { this.key = key; this.title = title; }
  toString(): string {
    const w = new Writer();
    w.text("key", this.key, true);
    w.text("title", this.title, true);
    w.text("as", this.as, false);
    w.bool("sortable", this.sortable, false);
    return w.end();
  }
}

export class Row {
  id: string = ""; // given to its actions as the value "row"
  cells: Map<string, Cell> = new Map<string, Cell>(); // by column
  link: string = ""; // where its first cell leads
  actions: Array<Button> = []; // what one can do with it
  constructor(id: string) { this.id = id; }
  toString(): string {
    const w = new Writer();
    w.text("id", this.id, true);
    w.map("cells", entries(this.cells), true);
    w.text("link", this.link, false);
    w.list("actions", written(this.actions), false);
    return w.end();
  }
}

export class Button {
  label: string = ""; // what it does, as a verb
  action: string = ""; // the id of an action of the manifest
  link: string = ""; // an address instead of an action
  style: string = ""; // primary, plain, danger; plain is the default
  confirm: string = ""; // what is asked before it is done
  values: Value = new Value(); // given to the action
  constructor(label: string) { this.label = label; }
  toString(): string {
    const w = new Writer();
    w.text("label", this.label, true);
    w.text("action", this.action, false);
    w.text("link", this.link, false);
    w.text("style", this.style, false);
    w.text("confirm", this.confirm, false);
    w.value("values", this.values, false);
    return w.end();
  }
}

export class Item {
  title: string = ""; // its name
  text: string = ""; // a line below
  meta: string = ""; // small, at the end of the line
  badge: string = ""; // a word with a ground
  link: string = ""; // where a click leads
  constructor(title: string) { this.title = title; }
  toString(): string {
    const w = new Writer();
    w.text("title", this.title, true);
    w.text("text", this.text, false);
    w.text("meta", this.meta, false);
    w.text("badge", this.badge, false);
    w.text("link", this.link, false);
    return w.end();
  }
}

export class Series {
  name: string = ""; // what it counts
  values: Array<f64> = []; // as many as there are labels, none beyond 1e100
  constructor(name: string, values: Array<f64>) { this.name = name; this.values = values; }
  toString(): string {
    const w = new Writer();
    w.text("name", this.name, true);
    w.list("values", written(this.values), true);
    return w.end();
  }
}

export class Tab {
  title: string = ""; // its name
  blocks: Array<Block> = []; // what is in it
  link: string = ""; // where it leads, instead of blocks
  open: bool = false; // whether it is the one that is seen; else the first
  constructor(title: string) { this.title = title; }
  toString(): string {
    const w = new Writer();
    w.text("title", this.title, true);
    w.list("blocks", written(this.blocks), false);
    w.text("link", this.link, false);
    w.bool("open", this.open, false);
    return w.end();
  }
}

export class Fold {
  title: string = ""; // what is seen while it is shut
  blocks: Array<Block> = []; // what is in it
  open: bool = false; // whether it is open at first
  constructor(title: string) { this.title = title; }
  toString(): string {
    const w = new Writer();
    w.text("title", this.title, true);
    w.list("blocks", written(this.blocks), false);
    w.bool("open", this.open, false);
    return w.end();
  }
}

export class Option {
  value: string = ""; // what is handed over
  label: string = ""; // what is read
  constructor(label: string) { this.label = label; }
  toString(): string {
    const w = new Writer();
    w.text("value", this.value, true);
    w.text("label", this.label, true);
    return w.end();
  }
}


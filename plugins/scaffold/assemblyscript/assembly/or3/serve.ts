// Carries a call to a function of the plugin, and its answer back.

import { ActionInput, Answer, Call, EventInput, FilterAnswer, FilterInput, JobInput, MigrateInput, PageInput, WidgetInput } from "./call";
import { Block } from "./blocks";
import { Fault } from "./host";
import { input, output } from "./extism";
import { parse } from "./json";


function call(): Call {
  return Call.from(parse(input()));
}

function done(f: Fault | null): i32 {
  output(f === null ? "{}" : "{\"error\":" + f.toString() + "}");
  return 0;
}

export function page(f: (call: Call, input: PageInput) => Answer): i32 {
  const c = call();
  output(f(c, PageInput.from(c.input)).toString());
  return 0;
}

export function widget(f: (call: Call, input: WidgetInput) => Answer): i32 {
  const c = call();
  output(f(c, WidgetInput.from(c.input)).toString());
  return 0;
}

export function action(f: (call: Call, input: ActionInput) => Answer): i32 {
  const c = call();
  output(f(c, ActionInput.from(c.input)).toString());
  return 0;
}

export function event(f: (call: Call, input: EventInput) => Fault | null): i32 {
  const c = call();
  return done(f(c, EventInput.from(c.input)));
}

export function job(f: (call: Call, input: JobInput) => Fault | null): i32 {
  const c = call();
  return done(f(c, JobInput.from(c.input)));
}

export function migrate(f: (call: Call, input: MigrateInput) => Fault | null): i32 {
  const c = call();
  return done(f(c, MigrateInput.from(c.input)));
}

export function filter(f: (call: Call, input: FilterInput) => FilterAnswer): i32 {
  const c = call();
  output(f(c, FilterInput.from(c.input)).toString());
  return 0;
}

// show answers with blocks.
export function show(title: string, blocks: Array<Block>): Answer {
  const a = new Answer();
  a.title = title;
  a.blocks = blocks;
  return a;
}

// say answers an action with one line above its page, which is drawn again.
export function say(words: string): Answer {
  const a = new Answer();
  a.flash = words;
  return a;
}

// go answers with a path below the plugin to go to, and a line that is shown there.
export function go(to: string, words: string = ""): Answer {
  const a = new Answer();
  a.redirect = to;
  a.flash = words;
  return a;
}

// fail answers with words for the person. code is for programs.
export function fail(code: string, message: string): Answer {
  return refuse(new Fault(code, message));
}

// refuse answers with what the server refused.
export function refuse(f: Fault): Answer {
  const a = new Answer();
  a.error = f;
  return a;
}

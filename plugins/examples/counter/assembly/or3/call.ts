// Written by go generate ./plugins/host/describe from the types of plugins/host: do not
// change it by hand. docs/plugin-language.md tells what is what.

import { Block } from "./blocks";
import { Fault } from "./host";
import { Value, Writer, quoted, readTexts, written } from "./json";

// Answer is what a page, a widget or an action gives back.
export class Answer {
  title: string = "";
  blocks: Array<Block> | null = null;
  redirect: string = ""; // a path below the plugin
  flash: string = ""; // one line that is shown once
  error: Fault | null = null;
  toString(): string {
    const w = new Writer();
    w.text("title", this.title, false);
    if (this.blocks) w.list("blocks", written(this.blocks!), true);
    w.text("redirect", this.redirect, false);
    w.text("flash", this.flash, false);
    if (this.error) w.raw("error", this.error!.toString());
    if (!this.blocks && !this.error && this.redirect == "" && this.flash == "") w.list("blocks", [], true);
    return w.end();
  }
}

export class Workspace {
  id: string = "";
  name: string = "";
  static from(v: Value): Workspace {
    const x = new Workspace();
    x.id = v.get("id").asString();
    x.name = v.get("name").asString();
    return x;
  }
}

export class Actor {
  id: string = "";
  role: string = "";
  locale: string = "";
  time_zone: string = "";
  static from(v: Value): Actor {
    const x = new Actor();
    x.id = v.get("id").asString();
    x.role = v.get("role").asString();
    x.locale = v.get("locale").asString();
    x.time_zone = v.get("time_zone").asString();
    return x;
  }
}

export class Plugin {
  id: string = "";
  version: string = "";
  static from(v: Value): Plugin {
    const x = new Plugin();
    x.id = v.get("id").asString();
    x.version = v.get("version").asString();
    return x;
  }
}

export class Call {
  api: string = "";
  request_id: string = "";
  workspace: Workspace = new Workspace();
  actor: Actor = new Actor();
  plugin: Plugin = new Plugin();
  settings: Value = new Value();
  input: Value = new Value();
  static from(v: Value): Call {
    const x = new Call();
    x.api = v.get("api").asString();
    x.request_id = v.get("request_id").asString();
    x.workspace = Workspace.from(v.get("workspace"));
    x.actor = Actor.from(v.get("actor"));
    x.plugin = Plugin.from(v.get("plugin"));
    x.settings = v.get("settings");
    x.input = v.get("input");
    return x;
  }
}

export class PageInput {
  path: string = "";
  query: Map<string, string> = new Map<string, string>();
  form: Value = new Value();
  static from(v: Value): PageInput {
    const x = new PageInput();
    x.path = v.get("path").asString();
    x.query = readTexts(v.get("query"));
    x.form = v.get("form");
    return x;
  }
}

export class WidgetInput {
  id: string = "";
  size: string = "";
  static from(v: Value): WidgetInput {
    const x = new WidgetInput();
    x.id = v.get("id").asString();
    x.size = v.get("size").asString();
    return x;
  }
}

export class ActionInput {
  id: string = "";
  values: Value = new Value();
  static from(v: Value): ActionInput {
    const x = new ActionInput();
    x.id = v.get("id").asString();
    x.values = v.get("values");
    return x;
  }
}

export class EventInput {
  type: string = "";
  payload: Value = new Value();
  static from(v: Value): EventInput {
    const x = new EventInput();
    x.type = v.get("type").asString();
    x.payload = v.get("payload");
    return x;
  }
}

export class JobInput {
  id: string = "";
  static from(v: Value): JobInput {
    const x = new JobInput();
    x.id = v.get("id").asString();
    return x;
  }
}

export class Decision {
  allowed: bool = false;
  permission: string = "";
  resource: string = "";
  user_id: string = "";
  role: string = "";
  static from(v: Value): Decision {
    const x = new Decision();
    x.allowed = v.get("allowed").asBool();
    x.permission = v.get("permission").asString();
    x.resource = v.get("resource").asString();
    x.user_id = v.get("user_id").asString();
    x.role = v.get("role").asString();
    return x;
  }
}

export class FilterInput {
  decision: Decision = new Decision();
  static from(v: Value): FilterInput {
    const x = new FilterInput();
    x.decision = Decision.from(v.get("decision"));
    return x;
  }
}

export class MigrateInput {
  from: i32 = 0;
  to: i32 = 0;
  static from(v: Value): MigrateInput {
    const x = new MigrateInput();
    x.from = <i32>v.get("from").asInt();
    x.to = <i32>v.get("to").asInt();
    return x;
  }
}

export class FilterAnswer {
  allowed: bool = false;
  reason: string = "";
  ttl_s: f64 = NaN;
  error: Fault | null = null;
  toString(): string {
    const w = new Writer();
    w.bool("allowed", this.allowed, true);
    w.text("reason", this.reason, false);
    w.number("ttl_s", <f64>this.ttl_s, false);
    if (this.error) w.raw("error", this.error!.toString());
    return w.end();
  }
}


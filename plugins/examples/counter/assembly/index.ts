// counter is a plugin for OR3 Cloud: a page that counts how often it was opened, and
// a widget that tells it. The exports are those that or3.manifest.json needs.

import { Answer, Block, Call, Cell, KVGet, KVSet, KeyValue, KeyValues, PageInput, Stat, Stats, Text, Value, WidgetInput, kvGet, kvSet, refuse, serve, show } from "./or3";

export function or3_page(): i32 { return serve.page(page); }
export function or3_widget(): i32 { return serve.widget(widget); }

function page(call: Call, input: PageInput): Answer {
  const visits = kvGet(new KVGet("visits"));
  if (visits.error) return refuse(visits.error!);
  const count = visits.value.asInt() + 1;
  const kept = kvSet(new KVSet("visits", Value.number(<f64>count)));
  if (kept.error) return refuse(kept.error!);
  return show("Counter", [
    new Text(call.settings.get("greeting").asString() + ", " + call.workspace.name + "."),
    new KeyValues([
      new KeyValue("Your role", Cell.of(call.actor.role)),
      new KeyValue("Opened", Cell.number(<f64>count)),
    ]),
  ]);
}

function widget(call: Call, input: WidgetInput): Answer {
  const visits = kvGet(new KVGet("visits"));
  if (visits.error) return refuse(visits.error!);
  return show("", [new Stats([new Stat("Opened", visits.value.asInt().toString())])]);
}

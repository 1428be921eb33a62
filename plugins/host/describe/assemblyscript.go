package describe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// AssemblyScript gives the files of the template in AssemblyScript that say what
// the types say, by their names below assembly/or3.
func AssemblyScript() map[string]string {
	return map[string]string{"blocks.ts": blocksTS(), "call.ts": callTS(), "host.ts": hostTS()}
}

const writtenTS = "// Written by go generate ./plugins/host/describe from the types of plugins/host: do not\n// change it by hand. docs/plugin-language.md tells what is what.\n\n"

func blocksTS() string {
	var b strings.Builder
	b.WriteString(writtenTS + `import { Value, Writer, entries, quoted, written } from "./json";

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

`)
	for _, t := range Blocks() {
		writeTS(&b, t, "Block", t.Name)
	}
	for _, t := range Elements() {
		writeTS(&b, t, "Element", t.Name)
	}
	for _, t := range Parts() {
		if t.Go != cell {
			writeTS(&b, t, "", "")
		}
	}
	return b.String()
}

func callTS() string {
	var b strings.Builder
	b.WriteString(writtenTS + `import { Block } from "./blocks";
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

`)
	for _, v := range []any{host.Workspace{}, host.Actor{}, host.Plugin{}, host.Call{}, host.PageInput{}, host.WidgetInput{}, host.ActionInput{},
		host.EventInput{}, host.JobInput{}, host.Decision{}, host.FilterInput{}, host.MigrateInput{}} {
		readTS(&b, reflect.TypeOf(v), false)
	}
	writeTS(&b, typeOf("FilterAnswer", reflect.TypeFor[host.FilterAnswer]()), "", "")
	return b.String()
}

func hostTS() string {
	var b strings.Builder
	b.WriteString(writtenTS + `import { ask } from "./extism";
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

`)
	seen := []reflect.Type{}
	once := func(t reflect.Type, write func()) {
		if !slices.Contains(seen, t) {
			seen = append(seen, t)
			write()
		}
	}
	for _, f := range host.Functions() {
		in, out := reflect.TypeOf(f.Request), reflect.TypeOf(f.Response)
		for _, field := range fieldsOf(out) {
			if p := part(field.Go); p != nil && p.PkgPath() == out.PkgPath() {
				once(p, func() { readTS(&b, p, false) })
			}
		}
		once(out, func() { readTS(&b, out, true) })
		if in.NumField() > 0 {
			once(in, func() { writeTS(&b, typeOf(in.Name(), in), "", "") })
		}
		functionTS(&b, f)
	}
	return b.String()
}

// functionTS writes the declaration of a host function and what authors call.
func functionTS(b *strings.Builder, f host.Function) {
	in, out := reflect.TypeOf(f.Request), reflect.TypeOf(f.Response)
	name := camel(strings.TrimPrefix(f.Name, "or3_"))
	capability := "Needs no capability."
	if f.Capability != "" {
		capability = "Capability " + f.Capability + "."
	}
	fmt.Fprintf(b, "// @ts-ignore: decorator\n@external(%q, %q)\ndeclare function %s(request: u64): u64;\n\n", host.Namespace, f.Name, f.Name)
	argument, text := "request: "+in.Name(), "request.toString()"
	if in.NumField() == 0 {
		argument, text = "", `"{}"`
	}
	fmt.Fprintf(b, "// %s %s\nexport function %s(%s): %s { return %s.from(answered(ask(%s, %s))); }\n\n", f.Doc, capability, name, argument, out.Name(), out.Name(), f.Name, text)
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// writeTS writes a class that becomes JSON. What has to be there is asked for when
// one is made.
func writeTS(b *strings.Builder, t Type, base, kind string) {
	fmt.Fprintf(b, "export class %s", t.Go.Name())
	if base != "" {
		fmt.Fprintf(b, " extends %s", base)
	}
	b.WriteString(" {\n")
	var need, set []string
	for _, f := range t.Fields {
		as, zero := typeTS(f)
		if f.Need || f.Kind == "cell" {
			need, set = append(need, f.Name+": "+as), append(set, "this."+f.Name+" = "+f.Name+";")
		}
		fmt.Fprintf(b, "  %s: %s = %s;%s\n", f.Name, as, zero, comment(f))
	}
	if len(need) > 0 {
		super := ""
		if base != "" {
			super = "super(); "
		}
		fmt.Fprintf(b, "  constructor(%s) { %s%s }\n", strings.Join(need, ", "), super, strings.Join(set, " "))
	}
	b.WriteString("  toString(): string {\n    const w = new Writer();\n")
	if kind != "" {
		fmt.Fprintf(b, "    w.raw(\"type\", %q);\n", `"`+kind+`"`)
	}
	for _, f := range t.Fields {
		fmt.Fprintf(b, "    %s\n", writeFieldTS(f))
	}
	b.WriteString("    return w.end();\n  }\n}\n\n")
}

func comment(f Field) string {
	words := f.Doc
	if f.Enum != nil {
		words = strings.TrimPrefix(strings.Join(f.Enum, ", ")+"; "+words, "; ")
	}
	if words == "" {
		return ""
	}
	return " // " + words
}

// typeTS is a field's type, and its value before anything was set.
func typeTS(f Field) (as, zero string) {
	if f.Go.Kind() == reflect.Pointer {
		if f.Go.Elem().Kind() == reflect.Struct {
			return nameTS(f.Kind) + " | null", "null"
		}
		return "f64", "NaN"
	}
	switch as = nameTS(f.Kind); {
	case f.Kind == "integer" && f.Go.Kind() == reflect.Int64:
		return "i64", "0"
	case f.Kind == "integer":
		return "i32", "0"
	case as == "string":
		return as, `""`
	case as == "f64":
		return as, "0"
	case as == "bool":
		return as, "false"
	case strings.HasPrefix(as, "Array<"):
		return as, "[]"
	default:
		return as, "new " + as + "()"
	}
}

func nameTS(kind string) string {
	if inner, ok := strings.CutPrefix(kind, "list of "); ok {
		return "Array<" + nameTS(inner) + ">"
	}
	if inner, ok := strings.CutPrefix(kind, "map of "); ok {
		if inner == "any" {
			return "Value"
		}
		return "Map<string, " + nameTS(inner) + ">"
	}
	switch kind {
	case "string", "bytes", "time":
		return "string"
	case "number":
		return "f64"
	case "integer":
		return "i64"
	case "boolean":
		return "bool"
	case "any":
		return "Value"
	case "blocks":
		return "Array<Block>"
	case "elements":
		return "Array<Element>"
	case "cell":
		return "Cell"
	case "Error":
		return "Fault"
	}
	return kind
}

func writeFieldTS(f Field) string {
	always := fmt.Sprint(f.Need || !f.Omit)
	as, _ := typeTS(f)
	to := func(method, value string) string {
		return fmt.Sprintf("w.%s(%q, %s, %s);", method, f.Name, value, always)
	}
	switch {
	case strings.HasSuffix(as, " | null"):
		return fmt.Sprintf("if (this.%s) w.raw(%q, this.%s!.toString());", f.Name, f.Name, f.Name)
	case as == "string":
		return to("text", "this."+f.Name)
	case as == "f64" || as == "i64" || as == "i32":
		return to("number", "<f64>this."+f.Name)
	case as == "bool":
		return to("bool", "this."+f.Name)
	case as == "Value":
		return to("value", "this."+f.Name)
	case strings.HasPrefix(as, "Array<"):
		return to("list", "written(this."+f.Name+")")
	case strings.HasPrefix(as, "Map<"):
		return to("map", "entries(this."+f.Name+")")
	}
	return fmt.Sprintf("w.raw(%q, this.%s.toString());", f.Name, f.Name)
}

// readTS writes a class that is read from JSON; one that is the answer of a function
// may be an error instead.
func readTS(b *strings.Builder, t reflect.Type, fails bool) {
	fmt.Fprintf(b, "export class %s {\n", t.Name())
	if fails {
		b.WriteString("  error: Fault | null = null;\n")
	}
	fields := fieldsOf(t)
	for _, f := range fields {
		as, zero := typeTS(f)
		fmt.Fprintf(b, "  %s: %s = %s;%s\n", f.Name, as, zero, comment(f))
	}
	fmt.Fprintf(b, "  static from(v: Value): %s {\n    const x = new %s();\n", t.Name(), t.Name())
	if fails {
		b.WriteString("    x.error = faultOf(v);\n")
	}
	for _, f := range fields {
		fmt.Fprintf(b, "    %s\n", readFieldTS(f))
	}
	b.WriteString("    return x;\n  }\n}\n\n")
}

func readFieldTS(f Field) string {
	from := fmt.Sprintf("v.get(%q)", f.Name)
	set := func(value string) string { return fmt.Sprintf("x.%s = %s;", f.Name, value) }
	switch as, _ := typeTS(f); as {
	case "string":
		return set(from + ".asString()")
	case "f64":
		return set(from + ".asNumber()")
	case "i64", "i32":
		return set("<" + as + ">" + from + ".asInt()")
	case "bool":
		return set(from + ".asBool()")
	case "Value":
		return set(from)
	case "Array<Value>":
		return set(from + ".asList()")
	case "Map<string, string>":
		return set("readTexts(" + from + ")")
	default:
		if inner, list := strings.CutPrefix(as, "Array<"); list {
			inner = strings.TrimSuffix(inner, ">")
			return fmt.Sprintf("const %sList = %s.asList(); for (let i = 0; i < %sList.length; i++) x.%s.push(%s.from(%sList[i]));", f.Name, from, f.Name, f.Name, inner, f.Name)
		}
		return set(as + ".from(" + from + ")")
	}
}

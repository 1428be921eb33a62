package describe

import (
	"fmt"
	"reflect"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// Tables is docs/plugin-language.md: every block, element, part and function.
func Tables() string {
	var b strings.Builder
	b.WriteString(`# The language of plugins

What a plugin answers and what it may ask the server for. This page is written by ` + "`go generate ./plugins/host/describe`" + ` from the
types of ` + "`plugins/host`" + `, which the server checks answers by; [plugins.md](plugins.md) tells how to use them. The same is served as a JSON
Schema, for editors.

`)
	fmt.Fprintf(&b, "An answer has at most %d KiB, %d blocks, elements, rows and items, and blocks in blocks %d deep. **Bold** keys have to be there.\n\n", host.MaxAnswer>>10, host.MaxNodes, host.MaxDepth)
	list(&b, "Blocks", Blocks())
	list(&b, "Form elements", Elements())
	list(&b, "Parts", Parts())
	b.WriteString("## Functions\n\nEach takes one JSON object and gives one, or `{\"error\":{code,message}}`. `bad_request`, `not_available` and `internal` may come from any.\n\n")
	b.WriteString("| function | capability | what it does | takes | gives |\n|---|---|---|---|---|\n")
	for _, f := range host.Functions() {
		capability := f.Capability
		if capability == "" {
			capability = "none"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, capability, f.Doc, keysOf(f.Request), keysOf(f.Response))
	}
	return b.String()
}

func list(b *strings.Builder, title string, types []Type) {
	fmt.Fprintf(b, "## %s\n\n", title)
	for _, t := range types {
		fmt.Fprintf(b, "### %s\n\n", t.Name)
		if len(t.Fields) == 0 {
			b.WriteString("No keys.\n\n")
			continue
		}
		b.WriteString("| key | is | |\n|---|---|---|\n")
		for _, f := range t.Fields {
			name := "`" + f.Name + "`"
			if f.Need {
				name = "**" + name + "**"
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", name, is(f), f.Doc)
		}
		b.WriteString("\n")
	}
}

// is says what a field holds: "string, at most 200", "list of Row, at most 200".
func is(f Field) string {
	words := f.Kind
	if f.Enum != nil {
		words = strings.Join(f.Enum, ", ")
	}
	if f.Max > 0 {
		words += fmt.Sprintf(", at most %d", f.Max)
	}
	return words
}

func keysOf(value any) string {
	var keys []string
	for _, f := range fieldsOf(reflect.TypeOf(value)) {
		key := "`" + f.Name + "`"
		if f.Need {
			key = "**" + key + "**"
		}
		words := f.Doc
		if f.Max > 0 && !strings.Contains(words, fmt.Sprint(f.Max)) {
			words += fmt.Sprintf("; at most %d", f.Max)
		}
		keys = append(keys, key+" "+words)
	}
	if len(keys) == 0 {
		return "nothing"
	}
	return strings.Join(keys, "<br>")
}

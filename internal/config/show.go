package config

import (
	"fmt"
	"strings"
)

// Setting is one key as `or3 config show` prints it.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // secrets are ******, lists comma separated
	Source string `json:"source"`
	Secret bool   `json:"secret"`
}

// Show lists every key with its value and source, in the order of the table.
func (c Config) Show() []Setting {
	keys := Keys()
	out := make([]Setting, len(keys))
	for i, k := range keys {
		out[i] = Setting{Key: k.Name, Value: k.show(&c), Source: c.sources[k.Name], Secret: k.Secret}
	}
	return out
}

// Markdown is the reference of every key, a table for docs/operations.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| key | environment | default | allowed | what it does |\n|---|---|---|---|---|\n")
	for _, k := range Keys() {
		def := "empty"
		if k.Default != "" {
			def = "`" + k.Default + "`"
		}
		env := "`" + k.Env() + "`"
		if k.Secret {
			env += ", `" + k.Env() + fileSuffix + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.Name, env, def, k.Allowed, k.Help)
	}
	return b.String()
}

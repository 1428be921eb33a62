// Command write puts what package describe says into its files; it is run by
// go generate ./plugins/host/describe.
package main

import (
	"fmt"
	"os"

	"or3.cloud/or3/plugins/host/describe"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	schema, err := describe.Schema()
	if err != nil {
		return err
	}
	files := map[string]string{"../answer.schema.json": string(schema) + "\n", "../../../docs/plugin-language.md": describe.Tables()}
	for name, text := range describe.AssemblyScript() {
		files["../../scaffold/assemblyscript/assembly/or3/"+name] = text
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

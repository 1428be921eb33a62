package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// renamed is a name that the kit has under another one, because two modules have it.
var renamed = regexp.MustCompile(`(\w+) as (\w+)`)

var kitLine = regexp.MustCompile(`(?m)^export \{ ([^}]+) \} from "([^"]+)";$`)

// module is what an import names, which modules that tests run without a bundle write with .js.
func module(folder, path string) string {
	return strings.TrimSuffix(filepath.Join(folder, path), ".js")
}

// withoutKit leaves out of a bundle what kit.ts shares: imports of those modules
// become the values that the running bundle put into globalThis.or3Kit. A name
// that kit.ts does not share is an error of the build.
func withoutKit(root string) (api.Plugin, error) {
	folder := filepath.Join(root, "client/src/app")
	text, err := os.ReadFile(filepath.Join(folder, "kit.ts"))
	if err != nil {
		return api.Plugin{}, err
	}
	shared := map[string]string{}
	for _, m := range kitLine.FindAllStringSubmatch(string(text), -1) {
		shared[module(folder, m[2])] = fmt.Sprintf("export const { %s } = globalThis.or3Kit;", renamed.ReplaceAllString(strings.ReplaceAll(m[1], "type ", ""), "$2: $1"))
	}
	return api.Plugin{Name: "kit", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^\.`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			at := module(a.ResolveDir, a.Path)
			if _, ok := shared[at]; ok {
				return api.OnResolveResult{Path: at, Namespace: "kit"}, nil
			}
			return api.OnResolveResult{}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "kit"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text := shared[a.Path]
			return api.OnLoadResult{Contents: &text}, nil
		})
	}}, nil
}

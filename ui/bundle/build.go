package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Build makes every generated file of ui/static, by name.
func Build(ui string) (map[string][]byte, error) {
	root, err := filepath.Abs(ui)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, entry := range entries {
		var err error
		if files[name], err = bundle(root, entry, name); err != nil {
			return nil, err
		}
	}
	icons, err := sprite(filepath.Join(root, "icons"))
	if err != nil {
		return nil, err
	}
	files["icons.svg"] = icons
	return files, nil
}

// entries are the bundles and what each starts from. app.js is on every page,
// early.js and early_look.js before the shell's first paint, cloud.js where the app runs, sw.js is
// the service worker. local.js and local.css are the whole app without
// accounts: what is for accounts alone is not in them. offer.js looks for what
// was written before there was an account, and loads adopt.js then. unsent.js,
// which app.js loads where this browser keeps anything, says what of it no server
// has. more.js are the pages that cloud.js loads once it runs, search.js is the
// worker of the search.
// admin.js is on the admin pages alone, plugins.js on pages that show parts of plugins.
// files.js is all about files, which more.js loads, and hash.js the worker that
// names them.
var entries = map[string]string{
	"app.css": "styles/app.css", "local.css": "styles/local.css",
	"app.js": "client/src/main.ts", "early.js": "client/src/early.ts", "early_look.js": "client/src/early_look.ts", "sw.js": "client/src/sw.ts",
	"offer.js": "client/src/adopt/offer.ts", "adopt.js": "client/src/adopt/adopt.ts",
	"cloud.js": "client/src/app/cloud.ts", "local.js": "client/src/app/local.ts", "more.js": "client/src/app/more.ts", "search.js": "client/src/search/worker.ts",
	"unsent.js": "client/src/unsent/unsent.ts", "admin.js": "client/src/admin/admin.ts", "plugins.js": "client/src/plugins/plugins.ts",
	"files.js": "client/src/files/files.ts", "hash.js": "client/src/files/hash_worker.ts",
}

// modernDexie is Dexie for browsers of our floor: the package's own entry is
// written for much older ones, larger and slower.
const modernDexie = "../sync/client/node_modules/dexie/dist/modern/dexie.mjs"

// bundle runs esbuild on one entry point. Browsers of the last two years are
// the floor: they know @layer, nesting, light-dark() and popovers.
func bundle(root, entry, name string) ([]byte, error) {
	options, err := optionsOf(root, entry, name)
	if err != nil {
		return nil, err
	}
	result := api.Build(options)
	if messages := append(result.Errors, result.Warnings...); len(messages) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(messages, api.FormatMessagesOptions{}), "\n"))
	}
	return result.OutputFiles[0].Contents, nil
}

func optionsOf(root, entry, name string) (api.BuildOptions, error) {
	lean, err := leanDexie(root)
	if err != nil {
		return api.BuildOptions{}, err
	}
	plugins := []api.Plugin{lean}
	if name == "more.js" || name == "files.js" {
		kit, err := withoutKit(root)
		if err != nil {
			return api.BuildOptions{}, err
		}
		plugins = append(plugins, kit)
	}
	return api.BuildOptions{
		AbsWorkingDir:     root,
		EntryPoints:       []string{entry},
		Outfile:           filepath.Join(root, "static", name),
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		Charset:           api.CharsetUTF8,
		Alias:             map[string]string{"dexie": filepath.Join(root, modernDexie)},
		LegalComments:     api.LegalCommentsNone,
		Format:            api.FormatIIFE,
		External:          []string{"/assets/*"},
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "125"}, {Name: api.EngineFirefox, Version: "128"}, {Name: api.EngineSafari, Version: "17.5"}},
		Define:            map[string]string{"globalThis.OR3_LOCAL": strconv.FormatBool(strings.HasPrefix(name, "local."))},
		LogLevel:          api.LogLevelSilent,
		Plugins:           plugins,
	}, nil
}

var (
	inside  = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
	gaps    = regexp.MustCompile(`>\s+<`)
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// sprite gathers the icons into one file of symbols. Lucide draws with a stroke
// of 2 on 24 units; the design asks for 1.75.
func sprite(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide, ISC; some icons Feather, MIT. See THIRD_PARTY.md -->`)
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".svg")
		if !ok {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		drawing := inside.FindSubmatch(comment.ReplaceAll(text, nil))
		if drawing == nil {
			return nil, fmt.Errorf("%s is not an icon", entry.Name())
		}
		body := gaps.ReplaceAll(bytes.TrimSpace(drawing[1]), []byte("><"))
		fmt.Fprintf(&out, `<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">%s</symbol>`,
			name, bytes.ReplaceAll(body, []byte(" />"), []byte("/>")))
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

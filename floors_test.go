package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "or3.cloud/or3"

// floors orders the rooms of the house: a package may import what stands lower,
// and its own room (ui/fixtures belongs to ui). Two rooms
// of one floor do not know each other. A name ending in /* stands for every
// folder below it. docs/architecture.md tells the reasons.
var floors = [][]string{
	{"internal/fault", "internal/mistake", "internal/durable", "internal/excerpt", "internal/plain"},
	{"internal/hook", "plugins/host", "plugins/theme"},
	{"policies", "storage", "sync/wire", "plugins/wasm", "ui", "internal/config", "internal/telemetry"},
	{"internal/db", "storage/*", "sync/convex", "plugins/archive", "plugins/manifest", "plugins/signing", "plugins/runtime", "plugins/sdk"},
	{"internal/audit", "internal/fetch"},
	{"plugins", "sync/engine", "internal/account", "internal/workspace", "internal/file", "internal/job", "internal/backup"},
	{"server"},
	{"internal/cli", "internal/testkit"},
	{"tests/browser", "tests/device"},
	{".", "tests/*"},
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Dir                                string
}

// folder is the package's path below the module, "." for its root.
func (p listed) folder() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func goTool(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("SKIP: the go command is not on the PATH")
	}
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

func packages(t *testing.T) []listed {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(goTool(t, "list", "-e",
		"-json=ImportPath,Imports,TestImports,XTestImports,GoFiles,TestGoFiles,XTestGoFiles,Dir", "./...")))
	var all []listed
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// place finds the storey of a folder and the room it belongs to: the nearest
// one that the plan names, itself or above it. The floor is -1 for a stranger.
func place(folder string) (floor int, room string) {
	for at := folder; ; {
		parent, below := above(at)
		for floor, names := range floors {
			if slices.Contains(names, at) || below && slices.Contains(names, parent+"/*") {
				return floor, at
			}
		}
		if !below {
			return -1, folder
		}
		at = parent
	}
}

func above(folder string) (parent string, ok bool) {
	i := strings.LastIndexByte(folder, '/')
	return folder[:max(i, 0)], i >= 0
}

func TestAPackageImportsOnlyLowerFloors(t *testing.T) {
	for _, p := range packages(t) {
		folder := p.folder()
		floor, room := place(folder)
		if floor < 0 {
			t.Errorf("%s stands on no floor: give it a place in floors (and in docs/architecture.md)", folder)
			continue
		}
		for _, path := range p.Imports {
			other, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				continue
			}
			switch theirs, neighbour := place(other); {
			case neighbour == room:
			case theirs == floor:
				t.Errorf("%s imports %s sideways: declare the two or three methods it needs, and let server/open.go pass them", folder, other)
			case theirs > floor:
				t.Errorf("%s imports %s, which stands above it", folder, other)
			}
		}
	}
}

func TestTheFloorPlanKnowsRoomsAndStrangers(t *testing.T) {
	for folder, want := range map[string]string{
		"internal/fault":               "internal/fault",
		"internal/db/dbtest":           "internal/db",
		"internal/account/accounttest": "internal/account",
		"storage":                      "storage",
		"storage/disk/fsync":           "storage/disk",
		"ui/fixtures":                  "ui",
		"plugins/examples/clock":       "plugins",
		"plugins/runtime":              "plugins/runtime",
		"plugins/wasm/wat":             "plugins/wasm",
		"tests/load/peers":             "tests/load",
	} {
		if floor, room := place(folder); floor < 0 || room != want {
			t.Errorf("%s is in room %s on floor %d, want room %s", folder, room, floor, want)
		}
	}
	for _, folder := range []string{"utils", "internal/utils", "internal", "sync", "tests"} {
		if floor, _ := place(folder); floor != -1 {
			t.Errorf("%s stands on floor %d, but the plan does not name it", folder, floor)
		}
	}
}

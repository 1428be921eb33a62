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
// and its own room (internal/db and internal/db/dbtest are one room). Two rooms
// of one floor do not know each other. A name ending in /* stands for every
// folder below it. docs/architecture.md tells the reasons.
var floors = [][]string{
	{"internal/fault"},
	{"internal/hook"},
	{"policies", "storage", "sync/wire", "plugins/host", "ui", "internal/config", "internal/telemetry"},
	{"internal/db", "storage/*", "sync/convex", "plugins/archive", "plugins/runtime", "plugins/sdk"},
	{"internal/audit"},
	{"plugins", "sync/engine", "internal/account", "internal/workspace", "internal/job"},
	{"server"},
	{"internal/cli", "internal/testkit"},
	{".", "tests/*"},
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Dir                                string
}

func (p listed) room() string {
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

// floorOf is the storey of a room, or -1. A folder inside a room belongs to it,
// unless it is named itself.
func floorOf(room string) int {
	for at := room; ; {
		for floor, names := range floors {
			if slices.Contains(names, at) {
				return floor
			}
			if parent, _, ok := cutLast(at); ok && slices.Contains(names, parent+"/*") {
				return floor
			}
		}
		parent, _, ok := cutLast(at)
		if !ok {
			return -1
		}
		at = parent
	}
}

func cutLast(path string) (parent, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// sameRoom reports whether one folder lies inside the other.
func sameRoom(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

func TestAPackageImportsOnlyLowerFloors(t *testing.T) {
	for _, p := range packages(t) {
		room := p.room()
		floor := floorOf(room)
		if floor < 0 {
			t.Errorf("%s stands on no floor: give it a place in floors (and in docs/architecture.md)", room)
			continue
		}
		for _, path := range p.Imports {
			other, ours := strings.CutPrefix(path, module+"/")
			if !ours || sameRoom(room, other) {
				continue
			}
			switch theirs := floorOf(other); {
			case theirs == floor:
				t.Errorf("%s imports %s sideways: declare the two or three methods it needs, and let server/open.go pass them", room, other)
			case theirs > floor:
				t.Errorf("%s imports %s, which stands above it", room, other)
			}
		}
	}
}

func TestTheFloorPlanKnowsRoomsAndStrangers(t *testing.T) {
	for room, want := range map[string]string{
		"internal/fault":               "internal/fault",
		"internal/db/dbtest":           "internal/db",
		"internal/account/accounttest": "internal/account",
		"storage/disk":                 "internal/db",
		"storage/disk/fsync":           "internal/db",
		"ui/fixtures":                  "ui",
		"tests/load/peers":             "tests/e2e",
	} {
		if got := floorOf(room); got < 0 || got != floorOf(want) {
			t.Errorf("%s stands on floor %d, want that of %s", room, got, want)
		}
	}
	for _, room := range []string{"utils", "internal/utils", "internal", "sync"} {
		if got := floorOf(room); got != -1 {
			t.Errorf("%s stands on floor %d, but the plan does not name it", room, got)
		}
	}
	if sameRoom("storage", "storagex") || !sameRoom("internal/db", "internal/db/migrations") {
		t.Error("a room ends at a slash")
	}
}

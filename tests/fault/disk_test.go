//go:build linux

package fault

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// sector is what a disk writes whole.
const sector = 512

// disk is what a power cut would leave: what was synced, and what may or may
// not have got that far. Files and names are apart, as POSIX has it: a file that
// was synced in a directory that was not may have no name.
type disk struct {
	content map[uint64][]byte
	pending map[uint64][]event // of files: writes and sizes
	names   map[uint64]map[string]entry
	renamed map[uint64][]event // of directories: entries that came and went
}

type entry struct {
	file  uint64
	isDir bool
}

func newDisk() *disk {
	return &disk{content: map[uint64][]byte{}, pending: map[uint64][]event{},
		names: map[uint64]map[string]entry{rootDir: {}}, renamed: map[uint64][]event{}}
}

// play takes the next event of a recording.
func (d *disk) play(e event) {
	switch e.what {
	case wrote, resized:
		d.pending[e.file] = append(d.pending[e.file], e)
	case synced:
		for _, p := range d.pending[e.file] {
			d.content[e.file] = apply(d.content[e.file], p)
		}
		delete(d.pending, e.file)
	case entered, left:
		d.renamed[e.dir] = append(d.renamed[e.dir], e)
	case moved:
		d.renamed[e.dir] = append(d.renamed[e.dir], e)
		if e.otherDir != e.dir {
			d.renamed[e.otherDir] = append(d.renamed[e.otherDir], e)
		}
	case dirSynced:
		d.names[e.dir] = d.rename(d.names[e.dir], e.dir, d.renamed[e.dir])
		delete(d.renamed, e.dir)
	}
}

func apply(content []byte, e event) []byte {
	if e.what == resized {
		return resize(content, e.offset)
	}
	return patch(content, e.data, e.offset)
}

// rename gives a directory's names after some of its changes. A move between
// directories is seen from each side, each with its own sync: until both are on
// the disk the file may have both names, one of them or none.
func (d *disk) rename(names map[string]entry, dir uint64, changes []event) map[string]entry {
	after := maps.Clone(names)
	if after == nil {
		after = map[string]entry{}
	}
	for _, e := range changes {
		switch {
		case e.what == entered:
			after[e.name] = entry{file: e.file, isDir: e.isDir}
		case e.what == left:
			delete(after, e.name)
		case e.what == moved && e.dir == dir && e.otherDir == dir:
			after[e.other] = after[e.name]
			delete(after, e.name)
		case e.what == moved && e.otherDir == dir:
			after[e.other] = entry{file: e.file, isDir: e.isDir}
		case e.what == moved:
			delete(after, e.name)
		}
	}
	return after
}

// fate is what a power cut does to what was not synced.
type fate int

const (
	forgets fate = iota // all of it is lost
	keeps               // all of it had got to the disk, by luck
	picks               // some writes had, in any order
	cuts                // an unbroken beginning had
	tears               // some sectors of some writes had
	fates               // how many there are
)

func (f fate) String() string {
	return [...]string{"forgets", "keeps", "picks", "cuts", "tears"}[f]
}

// image writes what a power cut leaves now into a directory.
func (d *disk) image(t *testing.T, into string, f fate, random *rand.Rand) {
	t.Helper()
	d.write(t, into, rootDir, f, random)
}

func (d *disk) write(t *testing.T, into string, dir uint64, f fate, random *rand.Rand) {
	changes := d.renamed[dir]
	switch f { // a journal keeps the order of names
	case forgets:
		changes = nil
	case picks, cuts, tears:
		changes = changes[:random.IntN(len(changes)+1)]
	case keeps, fates:
	}
	names := d.rename(d.names[dir], dir, changes)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		path := filepath.Join(into, name)
		if names[name].isDir {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			d.write(t, path, names[name].file, f, random)
			continue
		}
		if err := os.WriteFile(path, d.survived(names[name].file, f, random), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// survived is a file's content after the cut.
func (d *disk) survived(file uint64, f fate, random *rand.Rand) []byte {
	content := slices.Clone(d.content[file])
	pending := d.pending[file]
	whole := len(pending)
	if f == cuts {
		whole = random.IntN(len(pending) + 1)
	}
	for i, e := range pending {
		switch {
		case f == forgets, f == cuts && i >= whole, f == picks && random.IntN(2) == 0, f == tears && random.IntN(4) == 0:
			continue
		case f == tears && e.what == wrote && random.IntN(2) == 0:
			content = tear(content, e, random)
		default:
			content = apply(content, e)
		}
	}
	return content
}

// tear writes some of the sectors that a write touches.
func tear(content []byte, e event, random *rand.Rand) []byte {
	for from := int64(0); from < int64(len(e.data)); {
		to := min((e.offset+from)/sector*sector+sector-e.offset, int64(len(e.data)))
		if random.IntN(2) == 0 {
			content = patch(content, e.data[from:to], e.offset+from)
		}
		from = to
	}
	return content
}

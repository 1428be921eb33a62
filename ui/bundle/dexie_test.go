package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are the client's files, without its tests.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range []string{"../client/src", "../../sync/client/src"} {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".ts" {
				return err
			}
			text, err := os.ReadFile(path)
			found[path] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 100 {
		t.Fatalf("only %d sources", len(found))
	}
	return found
}

// What is cut out of Dexie must not be called: types do not know of it. A hook is
// also had without a call: `db.messages.hook.creating.subscribe(…)`.
func TestTheClientCallsNothingThatIsCutOutOfDexie(t *testing.T) {
	var names []string
	for _, c := range dexieCuts {
		names = append(names, c.unused...)
	}
	use := regexp.MustCompile(`(?:\.|\["|\[')(` + strings.Join(names, "|") + `)(?:"\]|'\])?!?(?:\?\.)?[(.\[]`)
	for _, seen := range []string{
		"db.messages.hook(1)", "db.messages.hook.creating.subscribe(f)", "db.messages?.hook?.(1)", `db.messages["hook"]("creating", f)`, "t.hook['creating']", "Dexie.async(f)", "where(k).noneOf([1])",
	} {
		if !use.MatchString(seen) {
			t.Fatalf("the test does not see %s", seen)
		}
	}
	for _, other := range []string{"store.hooks.on(f)", "asyncOf(f)", "await async()", "webhook.send()", "row.exists"} {
		if use.MatchString(other) {
			t.Fatalf("the test takes %s for a use of Dexie", other)
		}
	}
	for path, text := range sources(t) {
		if m := use.FindString(text); m != "" {
			t.Errorf("%s uses %s of Dexie: see dexieCuts", path, m)
		}
	}
}

// Queries name an index: what finds one for the fields of an object is cut out.
func TestNoQueryOfTheClientIsAnObject(t *testing.T) {
	object := regexp.MustCompile(`\.where\(\s*\{|\bdb\.\w+\.get\(\s*\{`)
	for _, seen := range []string{"t.where({ id })", "store.db.threads.get({ id: 1 })", "t.where(\n{"} {
		if !object.MatchString(seen) {
			t.Fatalf("the test does not see %s", seen)
		}
	}
	for path, text := range sources(t) {
		if m := object.FindString(text); m != "" {
			t.Errorf("%s asks %s of Dexie: see dexieCuts", path, m)
		}
	}
}

// A transaction whose work is a generator would end before its first yield, and
// say nothing: what runs it step by step is cut out of Dexie.
func TestNoTransactionOfTheClientIsAGenerator(t *testing.T) {
	generator := regexp.MustCompile(`function\s*\*|(?m)^\s*(?:(?:static|async|private|readonly|public) )*\*\s*(?:[\w#]+|\[[\w.]+\])(?:<[^>]*>)?\(.*\{$`)
	transaction := regexp.MustCompile(`\.(?:transaction|transact)\(`)
	for _, seen := range []string{"async function* linesOf() {", "db.transaction('rw', t, function *() {", "  *work(): Generator<number> {", "  async *[Symbol.asyncIterator]() {", "  static *of<T>(a: T) {"} {
		if !generator.MatchString(seen) {
			t.Fatalf("the test does not see %s", seen)
		}
	}
	for _, other := range []string{" * unsent (listLocalDatabases) and offer it", "  a *b(c) {", "const n = 2 * f(3);"} {
		if generator.MatchString(other) {
			t.Fatalf("the test takes %s for a generator", other)
		}
	}
	transactions := 0
	for path, text := range sources(t) {
		if !transaction.MatchString(text) {
			continue
		}
		transactions++
		if m := generator.FindString(text); m != "" {
			t.Errorf("%s has a generator beside its transactions: %s: see dexieCuts", path, m)
		}
	}
	if transactions < 10 {
		t.Errorf("only %d files with transactions", transactions)
	}
}

// A newer Dexie may have something else between the two ends of a cut.
func TestACutTakesTheMethodsItNamesAndNoOther(t *testing.T) {
	needDexie(t)
	script, err := os.ReadFile(filepath.Join("..", modernDexie))
	if err != nil {
		t.Fatal(err)
	}
	method := regexp.MustCompile(`(?m)^    (?:static )?(\w+)(?:\(.*\) \{$|: (?:function|\w+,$))`)
	text := string(script)
	for _, c := range dexieCuts {
		left, err := c.take(text)
		if err != nil {
			t.Fatal(err)
		}
		at := strings.Index(text, c.from)
		var taken []string
		for _, m := range method.FindAllStringSubmatch(text[at:at+len(text)-len(left)], -1) {
			taken = append(taken, m[1])
		}
		slices.Sort(taken)
		named := slices.Sorted(slices.Values(c.unused))
		if len(taken) > 0 && !slices.Equal(taken, named) { // else it is a statement
			t.Errorf("the cut %q takes %q and names %q", c.from, taken, named)
		}
		text = left
	}
}

// Dexie's cache of queries is cut out: a database that counts on it would show
// rows that are not on the disk.
func TestEveryDatabaseIsOpenedWithoutDexiesCache(t *testing.T) {
	opened := regexp.MustCompile(`new Dexie\([^)]*\)`)
	n := 0
	for path, text := range sources(t) {
		for _, call := range opened.FindAllString(text, -1) {
			n++
			if !strings.Contains(call, `cache: "disabled"`) {
				t.Errorf("%s: %s", path, call)
			}
		}
	}
	if n < 3 {
		t.Errorf("only %d databases are opened", n)
	}
}

func TestACutThatDoesNotFitIsAnErrorOfTheBuild(t *testing.T) {
	c := cut{from: "b", to: "d"}
	if got, err := c.take("abcde"); err != nil || got != "ade" {
		t.Errorf("took %q, %v", got, err)
	}
	for _, text := range []string{"acde", "abcbde", "adbc"} {
		if got, err := c.take(text); err == nil {
			t.Errorf("of %q is left %q", text, got)
		}
	}
}

func TestTheBundlesHoldTheDexieTheNoticeNames(t *testing.T) {
	files := built(t)
	script, err := os.ReadFile(filepath.Join("..", modernDexie))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(script)
	notice, err := os.ReadFile("../static/THIRD_PARTY.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(notice), hex.EncodeToString(sum[:])) {
		t.Errorf("THIRD_PARTY.md does not describe %s: %x", modernDexie, sum)
	}
	for _, name := range []string{"cloud.js", "local.js", "adopt.js", "search.js"} {
		if !strings.Contains(string(files[name]), "storagemutated") {
			t.Errorf("%s holds no Dexie, and THIRD_PARTY.md says that it does", name)
		}
		if strings.Contains(string(files[name]), "HooksMiddleware") || strings.Contains(string(files[name]), "optimisticOps") {
			t.Errorf("%s holds what is cut out of Dexie", name)
		}
	}
}

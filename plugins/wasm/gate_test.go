package wasm_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/wasm"
	"or3.cloud/or3/plugins/wasm/wat"
)

// rules are those of a plugin that was granted kv and shows a page.
var rules = wasm.Rules{Host: []string{"or3_kv_get"}, Exports: []string{"or3_page"}, MemoryPages: 256}

const page = `(func (export "or3_page") (result i32) (i32.const 0))`

func codes(t *testing.T, data []byte, rules wasm.Rules) []string {
	t.Helper()
	m, refusal := wasm.Read(data, rules.Limits)
	if refusal != nil {
		return []string{refusal.Code}
	}
	var all []string
	for _, r := range m.Check(rules) {
		if r.Message == "" {
			t.Errorf("%s says nothing", r.Code)
		}
		all = append(all, r.Code)
	}
	return all
}

func TestTheGateSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"a plain page passes":                     {page, ""},
		"a granted host function passes":          {`(import "extism:host/user" "or3_kv_get" (func (param i64) (result i64)))` + page, ""},
		"Extism's own functions pass":             {`(import "extism:host/env" "alloc" (func (param i64) (result i64)))` + page, ""},
		"a host function nobody granted":          {`(import "extism:host/user" "or3_rows_put" (func (param i64) (result i64)))` + page, wasm.ImportNotGranted},
		"a host function with other types":        {`(import "extism:host/user" "or3_kv_get" (func (param i32) (result i64)))` + page, wasm.ImportSignature},
		"an Extism function with other types":     {`(import "extism:host/env" "alloc" (func (param i32) (result i64)))` + page, wasm.ImportSignature},
		"an Extism function that is not there":    {`(import "extism:host/env" "shell" (func (param i64) (result i64)))` + page, wasm.ImportUnknown},
		"Extism's HTTP":                           {`(import "extism:host/env" "http_request" (func (param i64 i64) (result i64)))` + page, wasm.ImportHTTP},
		"WASI the manifest does not ask for":      {`(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))` + page, wasm.ImportWASI},
		"a module nobody has":                     {`(import "env" "system" (func (param i32) (result i32)))` + page, wasm.ImportUnknown},
		"imported memory":                         {`(import "env" "memory" (memory 1))` + page, wasm.ImportKind},
		"an imported table":                       {`(import "env" "table" (table 1))` + page, wasm.ImportKind},
		"no page":                                 {`(func (export "or3_widget") (result i32) (i32.const 0))`, wasm.ExportMissing},
		"a page with parameters":                  {`(func (export "or3_page") (param i32) (result i32) (i32.const 0))`, wasm.ExportSignature},
		"a page that is a memory":                 {`(memory (export "or3_page") 1)`, wasm.ExportSignature},
		"a start section":                         {`(func $s) (start $s)` + page, wasm.StartSection},
		"more memory than it may have":            {`(memory 257)` + page, wasm.MemoryMinimum},
		"a table of a hundred million":            {`(table 100000000 funcref)` + page, wasm.TableMinimum},
		"many tables that are too much together":  {`(@repeat 8 (table 60000 funcref))` + page, wasm.TableMinimum},
		"more tables than anybody has":            {`(@repeat 9 (table 1 funcref))` + page, wasm.TooMany},
		"too many locals":                         {`(func (local (@repeat 1001 i32)))` + page, wasm.TooManyLocals},
		"blocks × locals":                         {`(func (local (@repeat 1000 i32)) (@repeat 200 (loop)))` + page, wasm.TooComplex},
		"blocks × parameters":                     {`(func (param (@repeat 100 i32)) (@repeat 2000 (loop)))` + page, wasm.TooComplex},
		"a type of a thousand parameters":         {`(func (param (@repeat 1000 i32)))` + page, wasm.TypeTooWide},
		"calls that pass very many values":        {`(func $f (param (@repeat 100 i64))) (func (@repeat 10001 unreachable call $f))` + page, wasm.TooComplex},
		"very many loops in a row":                {`(func (@repeat 4001 (loop)))` + page, wasm.TooComplex},
		"very many blocks in each other":          {"(func (param i32) " + strings.Repeat("(block (br_if 0 (local.get 0)) ", 2700) + strings.Repeat(")", 2700) + ")" + page, wasm.TooComplex},
		"very many bulk instructions":             {`(memory 1) (func (@repeat 1200 (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))` + page, wasm.TooComplex},
		"many functions of very many loops":       {`(@repeat 17 (func (@repeat 3990 (loop))))` + page, wasm.TooComplex},
		"a body of more than 256 KiB":             {`(func (@repeat 140000 (drop (i32.const 0))))` + page, wasm.BodyTooLarge},
		"fifty thousand and one functions":        {`(@repeat 50000 (func))` + page, wasm.TooManyFunctions},
		"more globals than anybody has":           {`(@repeat 10001 (global i32 (i32.const 0)))` + page, wasm.TooMany},
		"tables filled again and again":           {`(table 1 funcref) (func $f) (elem (i32.const 0) (@repeat 131073 $f))` + page, wasm.TooMany},
		"many functions of moderate complexity":   {`(@repeat 61 (func (local (@repeat 1000 i32)) (@repeat 198 (loop))))` + page, wasm.TooComplex},
		"a page, a widget, and nothing else asks": {page + `(func (export "or3_widget"))`, ""},
	} {
		got := codes(t, wat.Compile("(module "+c.text+")"), rules)
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: refused with %v, want %q", name, got, c.want)
		}
	}
}

func TestWASIPassesWhenTheManifestAsks(t *testing.T) {
	asked := rules
	asked.WASI = true
	text := `(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))` + page + `)`
	if got := codes(t, wat.Compile(text), asked); len(got) > 0 {
		t.Errorf("refused with %v", got)
	}
}

func TestSeveralReasonsAreToldAtOnce(t *testing.T) {
	text := `(module (import "env" "a" (func)) (memory 1000) (func $s) (start $s))`
	want := []string{wasm.ImportUnknown, wasm.ExportMissing, wasm.StartSection, wasm.MemoryMinimum}
	if got := codes(t, wat.Compile(text), rules); !slices.Equal(got, want) {
		t.Errorf("refused with %v, want %v", got, want)
	}
}

// code puts instructions by their bytes into a module of one page.
func code(instructions ...byte) []byte {
	body := append(append([]byte{0}, instructions...), 0x41, 0, 0x0b)
	marker := wat.Compile(`(module (memory 1) (func (export "or3_page") (result i32) (i32.const 0)))`)
	i := bytes.LastIndex(marker, []byte{0x0a, 6, 1, 4})
	return append(append(marker[:i:i], 0x0a, byte(len(body)+2), 1, byte(len(body))), body...)
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	good := wat.Compile("(module " + page + ")")
	component := bytes.Clone(good)
	component[4] = 0x0d
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                        {nil, wasm.Malformed},
		"text":                           {[]byte("(module)"), wasm.Malformed},
		"a component":                    {component, wasm.NotCore},
		"a section of exceptions":        {append(bytes.Clone(good), 13, 1, 0), wasm.UnknownSection},
		"a section of nobody":            {append(bytes.Clone(good), 77, 0), wasm.UnknownSection},
		"a section twice":                {append(bytes.Clone(good), 1, 1, 0), wasm.Malformed},
		"a list longer than the file":    {append(bytes.Clone(good), 11, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), wasm.Malformed},
		"a number of six bytes":          {append(bytes.Clone(good), 11, 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0), wasm.Malformed},
		"an opcode of nobody":            {code(0xff), wasm.UnknownOpcode},
		"a thread's opcode":              {code(0xfe, 0x03, 0), wasm.UnknownOpcode},
		"a tail call":                    {code(0x12, 0), wasm.UnknownOpcode},
		"an exception's try_table":       {code(0x1f, 0x40, 0, 0x0b), wasm.UnknownOpcode},
		"call_ref":                       {code(0x14, 0), wasm.UnknownOpcode},
		"an unknown bulk opcode":         {code(0xfc, 0x12), wasm.UnknownOpcode},
		"a bulk opcode in two bytes":     {code(0xfc, 0x8b, 0x00, 0x00), wasm.UnknownOpcode},
		"a relaxed vector":               {code(0xfd, 0x80, 0x02), wasm.UnknownOpcode},
		"a vector opcode that has a gap": {code(0xfd, 0xa2, 0x01), wasm.UnknownOpcode},
		// The engine would take 0x8c alone for a shift and the rest for code.
		"v128.const spelled in two bytes": {code(append([]byte{0xfd, 0x8c, 0x00}, make([]byte, 16)...)...), wasm.UnknownOpcode},
		"memory 1 of many":                {code(0x3f, 1), wasm.Malformed},
		"a block of no type":              {code(0x02, 0x60, 0x0b), wasm.Malformed},
	} {
		if got := codes(t, c.data, rules); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	if got := codes(t, code(0xfd, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x1a), rules); len(got) > 0 {
		t.Errorf("a vector constant: %v", got)
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	whole := wat.Compile(`(module (import "extism:host/user" "or3_kv_get" (func $get (param i64) (result i64)))
		(memory 1) (table 2 funcref) (global (mut i32) (i32.const 7)) (elem (i32.const 0) $f) (data (i32.const 8) "tide")
		(func $f (param i32) (local i64) (if (local.get 0) (then (drop (call $get (i64.const 1)))))) ` + page + `)`)
	complete := 0
	for n := range whole {
		m, refusal := wasm.Read(whole[:n], wasm.Limits{})
		if refusal == nil {
			complete++ // ends between two sections
			m.Harden(rules)
		}
	}
	if complete > 7 {
		t.Errorf("%d beginnings of a module passed for a whole one", complete)
	}
}

func TestTheRewriteCountsItsChecks(t *testing.T) {
	check := []byte{0x03, 0x40, 0x0b}
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"one for each function":               {`(func) (func)`, 2},
		"before memory.fill":                  {`(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)))`, 2},
		"before memory.copy":                  {`(memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 9)))`, 2},
		"before memory.grow":                  {`(memory 1) (func (drop (memory.grow (i32.const 0))))`, 2},
		"before table.fill":                   {`(table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 1)))`, 2},
		"before table.grow":                   {`(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))`, 2},
		"before table.copy":                   {`(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1)))`, 2},
		"before memory.init":                  {`(memory 1) (data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))`, 2},
		"before a slow call of Extism":        {`(import "extism:host/env" "log_info" (func $f (param i64))) (func (call $f (i64.const 0)))`, 2},
		"not before a quick one":              {`(import "extism:host/env" "error_set" (func $f (param i64))) (func (call $f (i64.const 0)))`, 1},
		"not before ours, which looks":        {`(import "extism:host/user" "or3_now" (func $f (param i64) (result i64))) (func (drop (call $f (i64.const 0))))`, 1},
		"a slow one behind a table":           {`(import "extism:host/env" "log_info" (func $f (param i64))) (table 1 funcref) (elem (i32.const 0) $f) (func (call_indirect (param i64) (i64.const 0) (i32.const 0)))`, 2},
		"a table without one":                 {`(func $f (param i64)) (table 1 funcref) (elem (i32.const 0) $f) (func (call_indirect (param i64) (i64.const 0) (i32.const 0)))`, 2},
		"constants that look like the opcode": {`(func (drop (i32.const 0x0bfc)))`, 1},
	} {
		m, refusal := wasm.Read(wat.Compile("(module "+c.text+")"), wasm.Limits{})
		if refusal != nil {
			t.Errorf("%s: %v", name, refusal)
			continue
		}
		if got := bytes.Count(m.Harden(rules), check); got != c.want {
			t.Errorf("%s: %d checks, want %d", name, got, c.want)
		}
	}
}

func TestOnlyNamesOfFunctionsStayOfCustomSections(t *testing.T) {
	custom := func(name, content string) []byte {
		return append([]byte{0, byte(1 + len(name) + len(content)), byte(len(name))}, name+content...)
	}
	whole := slices.Concat(wat.Compile("(module "+page+")"), custom(".debug_info", "ship"), custom("name", "\x00\x02\x01m\x01\x04\x01\x00\x01f\x02\x01\x00"))
	m, refusal := wasm.Read(whole, wasm.Limits{})
	if refusal != nil {
		t.Fatal(refusal)
	}
	out := m.Harden(rules)
	if bytes.Contains(out, []byte("ship")) {
		t.Error("a custom section stayed")
	}
	if !bytes.HasSuffix(out, []byte("\x04name\x01\x04\x01\x00\x01f")) {
		t.Errorf("the names of functions went: %x", out[len(out)-16:])
	}
}

func TestARefusalReadsAsASentence(t *testing.T) {
	_, refusal := wasm.Read(code(0xff), wasm.Limits{})
	if s := refusal.Error(); !strings.HasPrefix(s, "module/unknown_opcode: function 0 has an instruction (0xff") {
		t.Error(s)
	}
	if s := fmt.Sprint((&wasm.Refusal{Code: "module/x", Message: "why"}).Error()); s != "module/x: why" {
		t.Error(s)
	}
}

// A module may call what it imports as it likes: a megabyte, or what drives a
// terminal. A refusal quotes a little of it, and points to where it stands.
func TestARefusalQuotesNamesAndCutsThem(t *testing.T) {
	long := "\x1b[2J" + strings.Repeat("a", 1<<20)
	for _, name := range []string{"or3_rows_put", "\x1b[31mor3_kv_get\nok", long} {
		for _, module := range []string{wasm.HostModule, wasm.KernelModule, wasm.WASIModule, "env", long} {
			text := wat.Compile(`(module (import "MODULE" "NAME" (func (param i32))) ` + page + `)`)
			for _, part := range []struct{ old, new string }{{"MODULE", module}, {"NAME", name}} {
				text = renamed(text, part.old, part.new)
			}
			m, refusal := wasm.Read(text, wasm.Limits{})
			if refusal != nil {
				t.Fatal(refusal)
			}
			for _, r := range m.Check(rules) {
				if len(r.Message) > 600 || strings.ContainsFunc(r.Message, func(r rune) bool { return r < ' ' }) {
					t.Errorf("%.20q of %.20q: %s has %d bytes: %.80q", name, module, r.Code, len(r.Message), r.Message)
				}
				if at := r.Offset; !bytes.Contains(text[at:at+4], []byte(module[:1])) {
					t.Errorf("%.20q of %.20q: %#x is not where the import begins", name, module, at)
				}
			}
		}
	}
}

// renamed gives the only import of a module another name in one of its two places.
func renamed(module []byte, old, name string) []byte {
	at := bytes.Index(module, append([]byte{byte(len(old))}, old...))
	section := bytes.LastIndexByte(module[:at], 2) // the imports' section
	_, read := uvarint(module[section+1:])
	size, _ := uvarint(module[section+1:])
	text := append(appendUvarint(nil, len(name)), name...)
	out := append(bytes.Clone(module[:section+1]), appendUvarint(nil, size-1-len(old)+len(text))...)
	out = append(out, module[section+1+read:at]...)
	return append(append(out, text...), module[at+1+len(old):]...)
}

func uvarint(b []byte) (value, read int) {
	v, n := binary.Uvarint(b)
	return int(v), n
}

func appendUvarint(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// Whatever comes, reading ends without a panic, and what it lets through can be
// written again and read again.
func FuzzRead(f *testing.F) {
	f.Add(wat.Compile("(module " + page + ")"))
	f.Add(wat.Compile(`(module (memory 1) (table 3 funcref) (global $g (mut i64) (i64.const -5)) (func $f (param i32) (result i64)
		(block $b (br_if $b (local.get 0)) (br_table $b $b (i32.const 1))) (i64.extend_i32_s (call_indirect (result i32) (i32.const 0))))
		(elem (i32.const 0) $f $f) (data (i32.const 1) "aa") (func (export "or3_page") (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))`))
	f.Add(code(0xfd, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x1a))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, refusal := wasm.Read(data, wasm.Limits{})
		if refusal != nil {
			return
		}
		m.Check(rules)
		if _, again := wasm.Read(m.Harden(rules), wasm.Limits{}); again != nil && again.Code != wasm.TooLarge {
			t.Fatalf("the rewritten module is refused: %v", again)
		}
	})
}

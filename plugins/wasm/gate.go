package wasm

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Limits are the static limits of a module; what is 0 has the value in brackets.
type Limits struct {
	Bytes           int // of the file (32 MiB)
	Functions       int // (50,000)
	Body            int // bytes of one function's code (256 KiB)
	Locals          int // of one function, without its parameters (1,000)
	Complexity      int // blocks × locals of one function (200,000)
	Branches        int // of one function: compiling takes their square (8,000)
	TotalComplexity int // of all functions (12,000,000)
	TableEntries    int // of all tables at the start, and of each for ever (65,536)
}

func (l Limits) orDefaults() Limits {
	or := func(v *int, fallback int) {
		if *v == 0 {
			*v = fallback
		}
	}
	or(&l.Bytes, 32<<20)
	or(&l.Functions, 50_000)
	or(&l.Body, 256<<10)
	or(&l.Locals, 1_000)
	or(&l.Complexity, 200_000)
	or(&l.Branches, 8_000)
	or(&l.TotalComplexity, 12_000_000)
	or(&l.TableEntries, 65_536)
	return l
}

// Rules are what a plugin's manifest and its granted capabilities allow and ask for.
type Rules struct {
	// Host names the functions of HostModule that are linked. Each takes one
	// block and gives one back.
	Host []string
	// WASI: the manifest asks for it.
	WASI bool
	// Exports must be there, without parameters and with no result or one i32.
	Exports []string
	// MemoryPages of 64 KiB are what an instance may have.
	MemoryPages uint32
	Limits      Limits
}

// The modules a guest may import from.
const (
	HostModule   = "extism:host/user"
	KernelModule = "extism:host/env"
	WASIModule   = "wasi_snapshot_preview1"
)

// EndingModule is where a module that was written again finds the functions that
// Extism has as well, but carries out in code of its own that no deadline reaches:
// a guest can send that code in circles by writing into the memory they share. No
// guest may import from it by itself.
const EndingModule = "or3:env"

// endless are those functions.
var endless = []string{"config_get", "var_get", "var_set", "log_trace", "log_debug", "log_info", "log_warn", "log_error"}

// kernel holds the signatures of Extism's own functions: parameters, then results.
var kernel = map[string]string{
	"alloc": "I>I", "free": "I>", "length": "I>I", "length_unsafe": "I>I",
	"load_u8": "I>i", "load_u64": "I>I", "input_load_u8": "I>i", "input_load_u64": "I>I",
	"store_u8": "Ii>", "store_u64": "II>", "input_length": ">I", "input_offset": ">I", "input_set": "II>",
	"output_set": "II>", "output_length": ">I", "output_offset": ">I", "reset": ">", "memory_bytes": ">I",
	"error_set": "I>", "error_get": ">I", "config_get": "I>I", "var_get": "I>I", "var_set": "II>",
	"http_status_code": ">i", "http_headers": ">I", "get_log_level": ">i",
	"log_trace": "I>", "log_debug": "I>", "log_info": "I>", "log_warn": "I>", "log_error": "I>",
}

// quick are those that take a moment whatever they are given, and are called for
// every eight bytes. A call of any other gets a check of the deadline.
var quick = []string{"load_u8", "load_u64", "input_load_u8", "input_load_u64", "store_u8", "store_u64", "length_unsafe",
	"input_length", "input_offset", "input_set", "output_set", "output_length", "output_offset", "memory_bytes",
	"error_set", "error_get", "http_status_code", "get_log_level"}

// heavy tells whether a function of the host may take long. Those of HostModule
// look at the deadline themselves.
func heavy(module, name string) bool {
	return module != HostModule && !(module == KernelModule && slices.Contains(quick, name))
}

func (t funcType) String() string {
	letters := map[byte]string{i32: "i", i64: "I", f32: "f", f64: "F", v128: "v"}
	var s strings.Builder
	for _, p := range t.params {
		s.WriteString(letters[p])
	}
	s.WriteByte('>')
	for _, p := range t.results {
		s.WriteString(letters[p])
	}
	return s.String()
}

// Check says what of a module is not allowed, nothing when it may be run.
func (m *Module) Check(rules Rules) []Refusal {
	limits := rules.Limits.orDefaults()
	found := slices.Clone(m.found)
	find := func(code string, offset int, format string, args ...any) {
		found = append(found, *refuse(code, offset, format, args...))
	}
	for _, im := range m.imports {
		if r := m.checkImport(im, rules); r != nil {
			found = append(found, *r)
		}
	}
	for _, name := range rules.Exports {
		m.checkExport(name, find)
	}
	if m.start {
		find(StartSection, 0, "it has a start section, which would run code before a call and its budget begin: build a reactor (AssemblyScript: --exportStart _initialize)")
	}
	if m.memory != nil && m.memory.min > rules.MemoryPages {
		find(MemoryMinimum, m.memory.offset, "it wants %d KiB of memory to begin with and may have %d KiB: raise runtime.memory_mb or need less",
			uint64(m.memory.min)*64, uint64(rules.MemoryPages)*64)
	}
	entries := uint64(0)
	for _, t := range m.tables {
		entries += uint64(t.min)
	}
	if entries > uint64(limits.TableEntries) {
		find(TableMinimum, m.tables[0].offset, "its tables have %d entries to begin with; at most %d are taken", entries, limits.TableEntries)
	}
	return found
}

func (m *Module) checkImport(im imported, rules Rules) *Refusal {
	if im.kind != 0 {
		return refuse(ImportKind, im.offset, "it imports %s.%s, which is no function: export memory, tables and globals, import functions alone", shown(im.module), shown(im.name))
	}
	signature := m.types[im.typ].String()
	switch im.module {
	case HostModule:
		if !slices.Contains(rules.Host, im.name) {
			return refuse(ImportNotGranted, im.offset, "it imports %s, which no capability it was granted gives: ask for the capability in the manifest, or do not link the function", shown(im.name))
		}
		if signature != "I>I" {
			return refuse(ImportSignature, im.offset, "it imports %s with other types: host functions take one i64 and give one", im.name)
		}
	case KernelModule:
		if im.name == "http_request" {
			return refuse(ImportHTTP, im.offset, "it imports Extism's http_request, which is not offered: use or3_http_fetch and the capability http.fetch")
		}
		want, ok := kernel[im.name]
		if !ok {
			return refuse(ImportUnknown, im.offset, "%s has no function %s", KernelModule, shown(im.name))
		}
		if signature != want {
			return refuse(ImportSignature, im.offset, "it imports %s with other types than it has", im.name)
		}
	case WASIModule:
		if !rules.WASI {
			return refuse(ImportWASI, im.offset, "it imports %s.%s: set runtime.wasi in the manifest, or build without WASI", WASIModule, shown(im.name))
		}
	default:
		return refuse(ImportUnknown, im.offset, "it imports %s.%s; a plugin may import from %s, %s and, when its manifest asks, %s",
			shown(im.module), shown(im.name), HostModule, KernelModule, WASIModule)
	}
	return nil
}

// shown is a name of the module as a refusal says it: what is not a plain word is
// quoted, and cut where it is long.
func shown(name string) string {
	const most = 60
	plain := name != "" && len(name) <= most && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && r != ':' && r != '/' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	switch {
	case plain:
		return name
	case len(name) > most:
		return strconv.QuoteToASCII(name[:most]) + "…"
	}
	return strconv.QuoteToASCII(name)
}

func (m *Module) checkExport(name string, find func(string, int, string, ...any)) {
	for _, e := range m.exports {
		if e.name != name {
			continue
		}
		if e.kind != 0 || int64(e.index) >= int64(len(m.functions)) {
			find(ExportSignature, 0, "its export %s is no function", name)
			return
		}
		if t := m.types[m.functions[e.index]]; len(t.params) != 0 || len(t.results) != 0 && !bytes.Equal(t.results, []byte{i32}) {
			find(ExportSignature, 0, "its export %s takes parameters or gives more than one i32: it reads its input from Extism and returns 0", name)
		}
		return
	}
	find(ExportMissing, 0, "it does not export %s, which its manifest makes necessary", name)
}

package wasm

import "bytes"

// The numbers that no real guest comes near, above which instances or compiling
// would cost memory that no other limit counts.
const (
	maxTypes    = 10_000
	maxParams   = 128
	maxResults  = 32
	maxImports  = 1_000
	maxGlobals  = 10_000
	maxExports  = 10_000
	maxTables   = 8
	maxSegments = 100_000
	maxElements = 131_072
	maxSquares  = 1_000_000_000
)

// Value types of the binary format.
const (
	i32       = 0x7f
	i64       = 0x7e
	f32       = 0x7d
	f64       = 0x7c
	v128      = 0x7b
	funcref   = 0x70
	externref = 0x6f
)

// Module is a module that was read to its end.
type Module struct {
	data     []byte
	sections []section

	types     []funcType
	imports   []imported
	functions []uint32 // the type of each function, imported ones first
	tables    []table
	memory    *memory
	exports   []exported
	start     bool
	elements  int

	bodies []body
	found  []Refusal // what is too much, but no obstacle to reading on
	// heavyIndirect: a function of the host that may take long can be called
	// through a table, so that each such call needs a check.
	heavyIndirect bool
	heavy         []bool // by index, of imported functions
	total         int    // blocks × locals of all bodies
	squares       int    // of the branches of all bodies: compiling takes so long
}

type section struct {
	id         byte
	start, end int // of its content
	name       string
}

type funcType struct{ params, results []byte }

type imported struct {
	module, name string
	kind         byte
	typ          uint32
	offset       int
	from, end    int // of what stands after the module's name
}

type exported struct {
	name  string
	kind  byte
	index uint32
}

type table struct {
	kind     byte
	min, max uint32
	offset   int
}

type memory struct {
	min, max uint32
	offset   int
}

// Section ids.
const (
	secCustom, secType, secImport, secFunction, secTable, secMemory, secGlobal = 0, 1, 2, 3, 4, 5, 6
	secExport, secStart, secElement, secCode, secData, secDataCount            = 7, 8, 9, 10, 11, 12
)

// order is the place of each section in the file.
var order = [...]int{secType: 1, secImport: 2, secFunction: 3, secTable: 4, secMemory: 5, secGlobal: 6, secExport: 7,
	secStart: 8, secElement: 9, secDataCount: 10, secCode: 11, secData: 12}

// Read reads a module. It refuses what it cannot read for certain; what is read
// but not wanted is what Check finds.
func Read(data []byte, limits Limits) (*Module, *Refusal) {
	limits = limits.orDefaults()
	if len(data) > limits.Bytes {
		return nil, refuse(TooLarge, 0, "the module has %d bytes; at most %d are taken", len(data), limits.Bytes)
	}
	if !bytes.HasPrefix(data, []byte("\x00asm")) {
		return nil, refuse(Malformed, 0, "this is not a WebAssembly module")
	}
	if !bytes.HasPrefix(data, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, refuse(NotCore, 4, "this is a component or another version of WebAssembly: build a core module, version 1")
	}
	m := &Module{data: data}
	r := &reader{data: data, at: 8, end: len(data)}
	last, bodies := 0, 0
	for r.err == nil && r.left() > 0 {
		at := r.at
		id := r.byte()
		if int(id) >= len(order) {
			r.at = at
			r.fail(UnknownSection, "section %d is of no feature that is taken here", id)
			break
		}
		if id != secCustom {
			if order[id] <= last {
				r.fail(Malformed, "section %d stands twice or in the wrong place", id)
				break
			}
			last = order[id]
		}
		size := r.u32()
		s := section{id: id, start: r.at, end: r.at + int(size)}
		r.within(size, "a section", func() {
			switch id {
			case secCustom:
				s.name = r.name()
				s.start = r.at
				r.at = r.end
			case secCode:
				bodies = m.readCode(r, limits)
			default:
				m.readSection(r, id, limits)
			}
		})
		m.sections = append(m.sections, s)
	}
	if r.err == nil && len(m.functions)-m.importedFunctions() != bodies {
		r.fail(Malformed, "%d functions are announced and %d are there", len(m.functions)-m.importedFunctions(), bodies)
	}
	if r.err != nil {
		return nil, r.err
	}
	if m.total > limits.TotalComplexity {
		m.found = append(m.found, *refuse(TooComplex, 0,
			"its functions have %d blocks × locals together; at most %d are taken", m.total, limits.TotalComplexity))
	}
	if m.squares > maxSquares {
		m.found = append(m.found, *refuse(TooComplex, 0, "too many of its functions have very many branches: split them"))
	}
	return m, nil
}

// MemoryMinimum is the memory in bytes that an instance begins with.
func (m *Module) MemoryMinimum() int64 {
	if m.memory == nil {
		return 0
	}
	return int64(m.memory.min) << 16
}

// Exports lists the exported functions that take nothing, which are those a host may call.
func (m *Module) Exports() []string {
	var names []string
	for _, e := range m.exports {
		if e.kind == 0 && int64(e.index) < int64(len(m.functions)) && len(m.types[m.functions[e.index]].params) == 0 {
			names = append(names, e.name)
		}
	}
	return names
}

func (m *Module) importedFunctions() int { return len(m.heavy) }

func (m *Module) readSection(r *reader, id byte, limits Limits) {
	switch id {
	case secType:
		for range r.count(maxTypes, "types") {
			m.readType(r)
		}
	case secImport:
		for range r.count(maxImports, "imports") {
			m.readImport(r)
		}
	case secFunction:
		n := r.count(0, "functions")
		if n > limits.Functions {
			r.fail(TooManyFunctions, "%d functions; at most %d are taken", n, limits.Functions)
			return
		}
		for range n {
			m.functions = append(m.functions, m.typeIndex(r))
		}
	case secTable:
		for range r.count(maxTables, "tables") {
			m.readTable(r)
		}
	case secMemory:
		for range r.count(1, "memories") {
			at := r.at
			min, max, bounded := readLimits(r, MemoryKind)
			if !bounded {
				max = ^uint32(0)
			}
			m.memory = &memory{min, max, at}
		}
	case secGlobal:
		for range r.count(maxGlobals, "globals") {
			m.valueType(r)
			if r.byte() > 1 {
				r.fail(Malformed, "a global is neither constant nor variable")
			}
			m.constant(r)
		}
	case secExport:
		for range r.count(maxExports, "exports") {
			e := exported{name: r.name(), kind: r.byte(), index: r.u32()}
			if e.kind > 3 {
				r.fail(Malformed, "an export of an unknown kind")
			}
			if e.kind == 0 {
				m.reach(e.index)
			}
			m.exports = append(m.exports, e)
		}
	case secStart:
		m.start = true
		r.u32()
	case secElement:
		for range r.count(maxSegments, "element segments") {
			m.readElements(r)
		}
	case secDataCount:
		r.u32()
	case secData:
		for range r.count(maxSegments, "data segments") {
			m.readData(r)
		}
	}
}

func (m *Module) readType(r *reader) {
	if at := r.at; r.byte() != 0x60 {
		r.at = at
		r.fail(Malformed, "a type that is not a function's")
		return
	}
	var t funcType
	for range r.count(0, "parameters") {
		t.params = append(t.params, m.valueType(r))
	}
	for range r.count(0, "results") {
		t.results = append(t.results, m.valueType(r))
	}
	if len(t.params) > maxParams || len(t.results) > maxResults {
		r.fail(TypeTooWide, "a type has %d parameters and %d results; at most %d and %d are taken",
			len(t.params), len(t.results), maxParams, maxResults)
	}
	m.types = append(m.types, t)
}

func (m *Module) valueType(r *reader) byte {
	switch t := r.byte(); t {
	case i32, i64, f32, f64, v128, funcref, externref:
		return t
	default:
		r.fail(Malformed, "%#x is no type of a value that is taken here", t)
		return i32
	}
}

func (m *Module) typeIndex(r *reader) uint32 {
	i := r.u32()
	if int64(i) >= int64(len(m.types)) {
		r.fail(Malformed, "type %d does not exist", i)
		return 0
	}
	return i
}

func (m *Module) readImport(r *reader) {
	im := imported{offset: r.at} // before anything moves on
	im.module = r.name()
	im.from = r.at
	im.name, im.kind = r.name(), r.byte()
	switch im.kind {
	case 0:
		im.typ = m.typeIndex(r)
		m.functions = append(m.functions, im.typ)
		m.heavy = append(m.heavy, heavy(im.module, im.name))
	case 1:
		r.byte()
		readLimits(r, Malformed)
	case 2:
		readLimits(r, MemoryKind)
	case 3:
		m.valueType(r)
		r.byte()
	default:
		r.fail(Malformed, "an import of an unknown kind")
	}
	im.end = r.at
	m.imports = append(m.imports, im)
}

func (m *Module) readTable(r *reader) {
	t := table{offset: r.at} // before anything moves on
	t.kind = r.byte()
	if t.kind != funcref && t.kind != externref {
		r.fail(Malformed, "a table of a kind that is not taken here")
		return
	}
	var bounded bool
	t.min, t.max, bounded = readLimits(r, Malformed)
	if !bounded {
		t.max = ^uint32(0)
	}
	m.tables = append(m.tables, t)
}

func readLimits(r *reader, code string) (min, max uint32, bounded bool) {
	switch flag := r.byte(); flag {
	case 0:
		return r.u32(), 0, false
	case 1:
		min, max = r.u32(), r.u32()
		if max < min {
			r.fail(Malformed, "a maximum is below its minimum")
		}
		return min, max, true
	default:
		r.fail(code, "shared memory and 64-bit memory are not taken")
		return 0, 0, false
	}
}

// constant reads an expression that gives a start value.
func (m *Module) constant(r *reader) {
	for r.err == nil {
		switch op := r.byte(); op {
		case opEnd:
			return
		case 0x41:
			r.signed(32)
		case 0x42:
			r.signed(64)
		case 0x43:
			r.skip(4)
		case 0x44:
			r.skip(8)
		case 0x23:
			r.u32()
		case opRefNull:
			m.refType(r)
		case opRefFunc:
			m.reach(r.u32())
		case prefixVector:
			if r.byte() != 0x0c {
				r.fail(UnknownOpcode, "an instruction that gives no constant")
			}
			r.skip(16)
		default:
			r.at--
			r.fail(UnknownOpcode, "instruction %#x gives no constant", op)
		}
	}
}

func (m *Module) refType(r *reader) {
	if t := r.byte(); t != funcref && t != externref {
		r.fail(Malformed, "%#x is no type of a reference that is taken here", t)
	}
}

// reach notes that a function can be called without being named.
func (m *Module) reach(function uint32) {
	if int64(function) < int64(len(m.heavy)) && m.heavy[function] {
		m.heavyIndirect = true
	}
}

func (m *Module) readElements(r *reader) {
	flag := r.u32()
	if flag > 7 {
		r.fail(Malformed, "an element segment of an unknown kind")
		return
	}
	active, explicit, expressions := flag&1 == 0, flag&2 != 0, flag&4 != 0
	if active && explicit {
		r.u32() // the table
	}
	if active {
		m.constant(r)
	}
	if !active || explicit {
		if expressions {
			m.refType(r)
		} else {
			r.zero("the kind of an element")
		}
	}
	n := r.count(0, "elements")
	if m.elements += n; m.elements > maxElements {
		r.fail(TooMany, "%d elements of tables; at most %d are taken", m.elements, maxElements)
		return
	}
	for range n {
		if expressions {
			m.constant(r)
		} else {
			m.reach(r.u32())
		}
	}
}

func (m *Module) readData(r *reader) {
	switch flag := r.u32(); flag {
	case 0:
		m.constant(r)
	case 1:
	case 2:
		r.u32()
		m.constant(r)
	default:
		r.fail(Malformed, "a data segment of an unknown kind")
		return
	}
	if n := r.u32(); int64(n) > int64(r.left()) {
		r.fail(Malformed, "a data segment is longer than its section")
	} else {
		r.skip(int(n))
	}
}

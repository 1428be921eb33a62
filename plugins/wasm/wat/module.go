package wat

import (
	"slices"
	"strconv"
	"strings"
)

// builder collects a module's sections.
type builder struct {
	types     [][]byte
	imports   [][]byte
	functions []function
	names     map[string]map[string]uint32 // func, global, table, memory → $name → index
	counts    map[string]uint32
	imported  uint32
	tables    [][]byte
	memory    []byte
	globals   [][]byte
	exports   [][]byte
	start     []byte
	elements  [][]byte
	data      [][]byte
}

type function struct {
	n         node
	signature uint32
	params    []string
}

// Compile turns the text of one module into its binary form.
func Compile(text string) []byte {
	file := parse(text)
	if len(file) != 1 || !file[0].is("module") {
		fail(1, "one (module …) is wanted")
	}
	b := &builder{names: map[string]map[string]uint32{}, counts: map[string]uint32{}}
	fields := file[0].list[1:]
	if len(fields) > 0 && fields[0].leaf() {
		fields = fields[1:] // the module's name
	}
	// Names first: text may use what it declares later.
	for _, pass := range []string{"import", "func", "table", "memory", "global"} {
		for _, f := range fields {
			if f.is(pass) {
				b.declare(f)
			}
		}
	}
	var bodies [][]byte
	for _, f := range fields {
		b.field(f)
	}
	for _, f := range b.functions {
		bodies = append(bodies, b.body(f))
	}
	return b.assemble(bodies)
}

func (b *builder) named(kind string, n node) {
	index := b.counts[kind]
	b.counts[kind]++
	if len(n.list) > 1 && n.list[1].leaf() && strings.HasPrefix(n.list[1].atom, "$") && !n.list[1].text {
		if b.names[kind] == nil {
			b.names[kind] = map[string]uint32{}
		}
		b.names[kind][n.list[1].atom] = index
	}
}

// declare gives indices to names, and signatures to functions.
func (b *builder) declare(n node) {
	switch n.list[0].atom {
	case "import":
		b.declareImport(n)
	case "func":
		b.named("func", n)
		signature, params := b.signature(n.list)
		b.functions = append(b.functions, function{n, signature, params})
	default:
		b.named(n.list[0].atom, n)
	}
}

func (b *builder) declareImport(n node) {
	what := n.list[3]
	im := slices.Concat(str(n.list[1].atom), str(n.list[2].atom))
	b.named(what.list[0].atom, what)
	switch what.list[0].atom {
	case "func":
		signature, _ := b.signature(what.list)
		b.imports = append(b.imports, slices.Concat(im, []byte{0}, u32(signature)))
		b.imported++
	case "memory":
		b.imports = append(b.imports, slices.Concat(im, []byte{2}, limits(what.list[1:])))
	case "table":
		b.imports = append(b.imports, slices.Concat(im, []byte{1, 0x70}, limits(what.list[1:])))
	case "global":
		b.imports = append(b.imports, slices.Concat(im, []byte{3}, globalType(what.list[len(what.list)-1])))
	}
}

// signature finds (param …) and (result …), and the names of the parameters.
func (b *builder) signature(list []node) (index uint32, params []string) {
	var in, out []byte
	for _, n := range list {
		switch {
		case n.is("param"):
			if rest := n.list[1:]; len(rest) == 2 && strings.HasPrefix(rest[0].atom, "$") {
				params = append(params, rest[0].atom)
				in = append(in, valueType(rest[1]))
			} else {
				for _, t := range rest {
					params = append(params, "")
					in = append(in, valueType(t))
				}
			}
		case n.is("result"):
			for _, t := range n.list[1:] {
				out = append(out, valueType(t))
			}
		}
	}
	return b.typeIndex(in, out), params
}

func (b *builder) typeIndex(in, out []byte) uint32 {
	t := slices.Concat([]byte{0x60}, vec(in), vec(out))
	for i, have := range b.types {
		if slices.Equal(have, t) {
			return uint32(i)
		}
	}
	b.types = append(b.types, t)
	return uint32(len(b.types) - 1)
}

func (b *builder) field(n node) {
	rest := n.list[1:]
	for len(rest) > 0 && rest[0].leaf() && strings.HasPrefix(rest[0].atom, "$") && !rest[0].text && n.list[0].atom != "start" {
		rest = rest[1:]
	}
	kind := n.list[0].atom
	for len(rest) > 0 && rest[0].is("export") {
		b.export(rest[0].list[1].atom, kind, b.index(kind, n))
		rest = rest[1:]
	}
	switch kind {
	case "import", "func":
	case "memory":
		b.memory = limits(rest)
	case "table":
		reference := byte(0x70)
		if rest[len(rest)-1].atom == "externref" {
			reference = 0x6f
		}
		b.tables = append(b.tables, append([]byte{reference}, limits(rest)...))
	case "global":
		b.globals = append(b.globals, slices.Concat(globalType(rest[0]), b.constant(rest[1:])))
	case "export":
		what := rest[1]
		b.export(rest[0].atom, what.list[0].atom, b.find(what.list[0].atom, what.list[1]))
	case "start":
		b.start = u32(b.find("func", rest[0]))
	case "elem":
		e := slices.Concat([]byte{0}, b.constant(rest[:1]), u32(uint32(len(rest)-1)))
		for _, f := range rest[1:] {
			e = append(e, u32(b.find("func", f))...)
		}
		b.elements = append(b.elements, e)
	case "data":
		segment := []byte{1}
		if !rest[0].text {
			segment = append([]byte{0}, b.constant(rest[:1])...)
			rest = rest[1:]
		}
		var content string
		for _, s := range rest {
			content += s.atom
		}
		b.data = append(b.data, append(segment, str(content)...))
	default:
		fail(n.line, "unknown field %s", kind)
	}
}

// index is the one a declared thing got: by its name, or by counting those before it.
func (b *builder) index(kind string, n node) uint32 {
	if n.list[1].leaf() && !n.list[1].text {
		return b.names[kind][n.list[1].atom]
	}
	if kind == "func" {
		for i, f := range b.functions {
			if &f.n.list[0] == &n.list[0] {
				return b.imported + uint32(i)
			}
		}
	}
	return 0
}

func (b *builder) find(kind string, n node) uint32 {
	if i, ok := b.names[kind][n.atom]; ok {
		return i
	}
	v, err := strconv.ParseUint(n.atom, 0, 32)
	if err != nil {
		fail(n.line, "no %s is called %s", kind, n.atom)
	}
	return uint32(v)
}

func (b *builder) export(name, kind string, index uint32) {
	code := byte(slices.Index([]string{"func", "table", "memory", "global"}, kind))
	b.exports = append(b.exports, slices.Concat(str(name), []byte{code}, u32(index)))
}

func (b *builder) constant(list []node) []byte {
	c := &coder{b: b}
	c.all(list)
	return append(c.out, 0x0b)
}

func (b *builder) assemble(bodies [][]byte) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) {
		out = slices.Concat(out, []byte{id}, u32(uint32(len(content))), content)
	}
	list := func(id byte, items [][]byte) {
		if len(items) > 0 {
			section(id, append(u32(uint32(len(items))), slices.Concat(items...)...))
		}
	}
	list(1, b.types)
	list(2, b.imports)
	var signatures [][]byte
	for _, f := range b.functions {
		signatures = append(signatures, u32(f.signature))
	}
	list(3, signatures)
	list(4, b.tables)
	if b.memory != nil {
		list(5, [][]byte{b.memory})
	}
	list(6, b.globals)
	list(7, b.exports)
	if b.start != nil {
		section(8, b.start)
	}
	list(9, b.elements)
	if len(b.data) > 0 {
		section(12, u32(uint32(len(b.data))))
	}
	list(10, bodies)
	list(11, b.data)
	return out
}

func limits(list []node) []byte {
	var numbers []uint32
	for _, n := range list {
		if v, err := strconv.ParseUint(strings.ReplaceAll(n.atom, "_", ""), 0, 32); err == nil {
			numbers = append(numbers, uint32(v))
		}
	}
	if len(numbers) == 2 {
		return slices.Concat([]byte{1}, u32(numbers[0]), u32(numbers[1]))
	}
	return slices.Concat([]byte{0}, u32(numbers[0]))
}

func globalType(n node) []byte {
	if n.is("mut") {
		return []byte{valueType(n.list[1]), 1}
	}
	return []byte{valueType(n), 0}
}

func valueType(n node) byte {
	code, ok := map[string]byte{"i32": 0x7f, "i64": 0x7e, "f32": 0x7d, "f64": 0x7c, "v128": 0x7b, "funcref": 0x70, "externref": 0x6f}[n.atom]
	if !ok {
		fail(n.line, "unknown type %s", n.atom)
	}
	return code
}

func str(s string) []byte { return append(u32(uint32(len(s))), s...) }

func vec(b []byte) []byte { return append(u32(uint32(len(b))), b...) }

func u32(v uint32) []byte {
	var b []byte
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

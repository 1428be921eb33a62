package wat

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"or3.cloud/or3/plugins/wasm"
)

// ops finds an instruction by its name.
var ops = func() map[string]wasm.Op {
	all := map[string]wasm.Op{}
	for _, op := range wasm.Ops() {
		all[op.Name] = op
	}
	return all
}()

func (b *builder) body(f function) []byte {
	c := &coder{b: b, locals: map[string]uint32{}}
	for i, name := range f.params {
		c.locals[name] = uint32(i)
	}
	next := uint32(len(f.params))
	var runs [][]byte // like types that follow each other
	last, length := byte(0), uint32(0)
	flush := func() {
		if length > 0 {
			runs = append(runs, append(u32(length), last))
		}
	}
	var code []node
	for _, n := range f.n.list[1:] {
		switch {
		case n.is("local"):
			types := n.list[1:]
			if strings.HasPrefix(types[0].atom, "$") {
				c.locals[types[0].atom] = next
				types = types[1:]
			}
			for _, t := range types {
				if v := valueType(t); v != last {
					flush()
					last, length = v, 0
				}
				length++
				next++
			}
		case n.is("param"), n.is("result"), n.is("export"):
		case n.leaf() && strings.HasPrefix(n.atom, "$") && len(code) == 0:
		default:
			code = append(code, n)
		}
	}
	flush()
	c.all(code)
	return vec(slices.Concat(u32(uint32(len(runs))), slices.Concat(runs...), c.out, []byte{0x0b}))
}

// coder writes instructions.
type coder struct {
	b      *builder
	locals map[string]uint32
	labels []string // of the blocks around, innermost last
	out    []byte
}

// all writes a list of instructions, folded ones and flat ones with their
// immediates behind them.
func (c *coder) all(list []node) {
	for len(list) > 0 {
		if n := list[0]; !n.leaf() {
			c.folded(n)
			list = list[1:]
			continue
		}
		list = c.flat(list)
	}
}

// folded writes (op immediates… operands…), operands first.
func (c *coder) folded(n node) {
	head := n.list[0].atom
	switch head {
	case "block", "loop":
		rest := c.open(head, n.list[1:])
		c.all(rest)
		c.close()
		return
	case "if":
		label, result, rest := c.header(n.list[1:])
		for len(rest) > 0 && !rest[0].is("then") {
			c.folded(rest[0])
			rest = rest[1:]
		}
		c.begin("if", label, result)
		c.all(rest[0].list[1:])
		if len(rest) > 1 {
			c.out = append(c.out, 0x05)
			c.all(rest[1].list[1:])
		}
		c.close()
		return
	}
	i := 1
	for i < len(n.list) && (n.list[i].leaf() || n.list[i].is("type") || n.list[i].is("param") || n.list[i].is("result")) {
		i++
	}
	c.all(n.list[i:])
	if rest := c.flat(n.list[:i]); len(rest) > 0 {
		fail(n.line, "%s has too many immediates", head)
	}
}

// header reads a block's label and result.
func (c *coder) header(list []node) (label string, result byte, rest []node) {
	result = 0x40
	if len(list) > 0 && list[0].leaf() && strings.HasPrefix(list[0].atom, "$") {
		label, list = list[0].atom, list[1:]
	}
	if len(list) > 0 && list[0].is("result") {
		result, list = valueType(list[0].list[1]), list[1:]
	}
	return label, result, list
}

func (c *coder) open(head string, list []node) []node {
	label, result, rest := c.header(list)
	c.begin(head, label, result)
	return rest
}

func (c *coder) begin(head, label string, result byte) {
	c.out = append(c.out, ops[head].Code, result)
	c.labels = append(c.labels, label)
}

func (c *coder) close() {
	c.out = append(c.out, 0x0b)
	c.labels = c.labels[:len(c.labels)-1]
}

// flat writes the first instruction of a list and returns what is behind it.
func (c *coder) flat(list []node) []node {
	n := list[0]
	list = list[1:]
	op, ok := ops[n.atom]
	if !ok {
		fail(n.line, "unknown instruction %s", n.atom)
	}
	if op.Immediate == wasm.BlockType {
		return c.open(n.atom, list)
	}
	if n.atom == "end" {
		c.close()
		return list
	}
	if op.Prefix != 0 {
		c.out = append(c.out, op.Prefix)
	}
	c.out = append(c.out, op.Code)
	take := func() node {
		if len(list) == 0 {
			fail(n.line, "%s lacks an immediate", n.atom)
		}
		first := list[0]
		list = list[1:]
		return first
	}
	optional := func(kind string) uint32 {
		if len(list) > 0 && list[0].leaf() {
			if _, isOp := ops[list[0].atom]; !isOp {
				return c.b.find(kind, take())
			}
		}
		return 0
	}
	switch op.Immediate {
	case wasm.Label:
		c.index(c.label(take()))
	case wasm.LabelTable:
		var labels []uint32
		for len(list) > 0 && list[0].leaf() && (strings.HasPrefix(list[0].atom, "$") || isNumber(list[0].atom)) {
			labels = append(labels, c.label(take()))
		}
		c.index(uint32(len(labels) - 1))
		for _, l := range labels {
			c.index(l)
		}
	case wasm.Func:
		c.index(c.b.find("func", take()))
	case wasm.TypeAndTable:
		at := optional("table")
		var types []node
		for len(list) > 0 && (list[0].is("param") || list[0].is("result")) {
			types = append(types, take())
		}
		signature, _ := c.b.signature(types)
		c.index(signature)
		c.index(at)
	case wasm.SelectType:
		c.out = append(c.out, 1, valueType(take()))
	case wasm.Local:
		name := take()
		if i, ok := c.locals[name.atom]; ok {
			c.index(i)
		} else {
			c.index(c.b.find("local", name))
		}
	case wasm.Global:
		c.index(c.b.find("global", take()))
	case wasm.Table:
		c.index(optional("table"))
	case wasm.MemArg:
		c.memArg(n.atom, &list)
	case wasm.Memory:
		c.out = append(c.out, 0)
	case wasm.TwoMemories, wasm.TwoTables:
		c.out = append(c.out, 0, 0)
	case wasm.I32, wasm.I64:
		c.number(take(), op.Immediate)
	case wasm.Bytes4:
		v, _ := strconv.ParseFloat(take().atom, 32)
		c.out = binary.LittleEndian.AppendUint32(c.out, math.Float32bits(float32(v)))
	case wasm.Bytes8:
		v, _ := strconv.ParseFloat(take().atom, 64)
		c.out = binary.LittleEndian.AppendUint64(c.out, math.Float64bits(v))
	case wasm.RefType:
		c.out = append(c.out, map[string]byte{"func": 0x70, "extern": 0x6f}[take().atom])
	case wasm.DataAndMemory, wasm.ElemAndTable:
		c.index(c.b.find("segment", take()))
		c.out = append(c.out, 0)
	case wasm.Data, wasm.Elem:
		c.index(c.b.find("segment", take()))
	}
	return list
}

func (c *coder) index(v uint32) { c.out = append(c.out, u32(v)...) }

func (c *coder) label(n node) uint32 {
	for i := range c.labels {
		if c.labels[len(c.labels)-1-i] == n.atom {
			return uint32(i)
		}
	}
	return c.b.find("label", n)
}

func (c *coder) memArg(name string, list *[]node) {
	offset, align := uint32(0), uint32(0)
	for len(*list) > 0 && strings.HasPrefix((*list)[0].atom, "offset=") {
		v, err := strconv.ParseUint(strings.TrimPrefix((*list)[0].atom, "offset="), 0, 32)
		if err != nil {
			fail((*list)[0].line, "%s: an offset that is no number", name)
		}
		offset, *list = uint32(v), (*list)[1:]
	}
	c.index(align)
	c.index(offset)
}

func (c *coder) number(n node, imm wasm.Immediate) {
	text := strings.ReplaceAll(n.atom, "_", "")
	v, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		u, err := strconv.ParseUint(text, 0, 64)
		if err != nil {
			fail(n.line, "%s is no number", n.atom)
		}
		v = int64(u)
	}
	if imm == wasm.I32 {
		v = int64(int32(v))
	}
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			c.out = append(c.out, b)
			return
		}
		c.out = append(c.out, b|0x80)
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 0, 32)
	return err == nil
}

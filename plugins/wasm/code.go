package wasm

// body is the code of one function.
type body struct {
	start, end int // behind its size
	code       int // behind its locals
	cuts       []int
}

// maxPassed bounds the values that calls and branches of one body pass on,
// because the compiler keeps each of them.
const maxPassed = 1_000_000

func (m *Module) readCode(r *reader, limits Limits) int {
	n := r.count(limits.Functions, "bodies")
	for i := range n {
		if r.err != nil {
			return 0
		}
		if m.importedFunctions()+i >= len(m.functions) {
			r.fail(Malformed, "more bodies than functions")
			return 0
		}
		size := r.u32()
		b := body{start: r.at, end: r.at + int(size)}
		if int64(size) > int64(limits.Body) {
			m.find(BodyTooLarge, r.at, "function %d has %d bytes of code; at most %d are taken: split it", i, size, limits.Body)
			r.skip(int(size))
			m.bodies = append(m.bodies, b)
			continue
		}
		signature := m.types[m.functions[m.importedFunctions()+i]]
		r.within(size, "a body", func() {
			w := walk{m: m, r: r, b: &b, locals: len(signature.params), function: i, widest: len(signature.results)}
			w.read(limits)
		})
		m.bodies = append(m.bodies, b)
	}
	return n
}

// find notes something that is too much. A hundred are enough to tell.
func (m *Module) find(code string, offset int, format string, args ...any) {
	if len(m.found) < 100 {
		m.found = append(m.found, *refuse(code, offset, format, args...))
	}
}

// walk goes through the instructions of one body.
type walk struct {
	m                  *Module
	r                  *reader
	b                  *body
	function           int
	locals             int // parameters included
	complexity, passed int
	points             int // where the flow of control parts or meets, which a bulk instruction does within
	widest             int // the most values that a branch can pass
}

func (w *walk) read(limits Limits) {
	r, declared := w.r, 0
	for range r.count(0, "locals") {
		declared += int(r.u32())
		w.m.valueType(r)
	}
	if declared > limits.Locals {
		w.m.find(TooManyLocals, w.b.start, "function %d has %d locals; at most %d are taken", w.function, declared, limits.Locals)
	}
	w.locals += min(declared, 1<<20)
	w.b.code = r.at
	w.b.cuts = append(w.b.cuts, r.at)
	last := byte(0)
	for r.err == nil && r.left() > 0 {
		last = w.instruction()
	}
	if r.err == nil && last != opEnd {
		r.fail(Malformed, "a body has no end")
	}
	w.points += 2 * len(w.b.cuts)
	w.m.squares += w.points * w.points
	w.m.total += w.complexity
	if w.complexity > limits.Complexity {
		w.m.find(TooComplex, w.b.start, "function %d has %d blocks × locals; at most %d are taken: split it",
			w.function, w.complexity, limits.Complexity)
	}
	if w.points > limits.Branches {
		w.m.find(TooComplex, w.b.start, "function %d has %d branches and bulk instructions, counted by what they cost; at most %d are taken: split it",
			w.function, w.points, limits.Branches)
	}
	if w.passed > maxPassed {
		w.m.find(TooComplex, w.b.start, "the calls and branches of function %d pass %d values; at most %d are taken: split it",
			w.function, w.passed, maxPassed)
	}
}

// instruction reads one and returns its opcode.
func (w *walk) instruction() byte {
	r := w.r
	at := r.at
	op := r.byte()
	imm := plain[op]
	switch op {
	case prefixMisc:
		sub := r.byte()
		if imm = misc[sub]; bulk(sub) {
			w.b.cuts = append(w.b.cuts, at)
			w.points += 5
		}
	case prefixVector:
		// The engine reads one byte of the number and takes the second of the
		// larger ones, which is 1, for a nop. So no other spelling is taken.
		sub := r.byte()
		if imm = vector[sub]; sub >= 0x80 && r.byte() != 1 {
			imm = Unknown
		}
	case opMemoryGrow:
		w.b.cuts = append(w.b.cuts, at)
	}
	if imm == Unknown {
		r.at = at
		r.fail(UnknownOpcode, "function %d has an instruction (%#x) of no feature that is taken here: WebAssembly 2.0 without threads, tail calls, exceptions and relaxed vectors is",
			w.function, w.m.data[at:min(at+3, r.end)])
		return 0
	}
	w.immediate(op, at, imm)
	return op
}

func (w *walk) immediate(op byte, at int, imm Immediate) {
	r, m := w.r, w.m
	switch imm {
	case None:
	case BlockType:
		w.block()
	case Label:
		r.u32()
		w.points++
		w.passed += w.widest
	case LabelTable:
		n := r.count(0, "labels")
		for range n {
			r.u32()
		}
		r.u32()
		w.passed += n * (1 + w.widest)
		w.points += 1 + n/16
	case Func:
		i := r.u32()
		if int64(i) >= int64(len(m.functions)) {
			r.fail(Malformed, "function %d does not exist", i)
			return
		}
		if op == opCall {
			w.call(m.types[m.functions[i]])
			if int(i) < len(m.heavy) && m.heavy[i] {
				w.b.cuts = append(w.b.cuts, at)
			}
		}
	case TypeAndTable:
		if i := m.typeIndex(r); r.err == nil {
			w.call(m.types[i])
		}
		r.u32()
		if m.heavyIndirect {
			w.b.cuts = append(w.b.cuts, at)
		}
	case SelectType:
		if r.byte() != 1 {
			r.fail(Malformed, "a select of more than one type")
		}
		m.valueType(r)
	case Local, Global, Table, Data, Elem:
		r.u32()
	case MemArg, MemArgLane:
		if r.u32() > 4 {
			r.fail(Malformed, "an alignment of more than 16 bytes")
		}
		r.u32()
		if imm == MemArgLane {
			r.byte()
		}
	case Memory:
		r.zero("the memory")
	case TwoMemories:
		r.zero("the memory")
		r.zero("the memory")
	case I32:
		r.signed(32)
	case I64:
		r.signed(64)
	case Bytes4:
		r.skip(4)
	case Bytes8:
		r.skip(8)
	case Bytes16:
		r.skip(16)
	case RefType:
		m.refType(r)
	case DataAndMemory:
		r.u32()
		r.zero("the memory")
	case ElemAndTable, TwoTables:
		r.u32()
		r.u32()
	case Lane:
		r.byte()
	}
}

func (w *walk) call(t funcType) { w.passed += len(t.params) + len(t.results) }

func (w *walk) block() {
	width := 0
	switch t := w.r.signed(33); t {
	case -64: // nothing
	case -1, -2, -3, -4, -5, -16, -17: // i32 to v128, funcref, externref
		width = 1
	default:
		if t < 0 || t >= int64(len(w.m.types)) {
			w.r.fail(Malformed, "a block of type %d, which does not exist", t)
			return
		}
		width = len(w.m.types[t].params) + len(w.m.types[t].results)
	}
	w.widest = max(w.widest, width)
	w.points += 2
	w.complexity += 1 + w.locals + width
}

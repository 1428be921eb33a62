package wasm

import "slices"

// check is an empty loop. wazero looks at the deadline where a loop begins and
// nowhere else, so this is where a guest can be stopped.
var check = [...]byte{opLoop, 0x40, opEnd}

// Harden writes the module again so that it stops when its time is up: a check
// at the entry of every function, and before every instruction and every call of
// the host that can take long. Functions of Extism's that take no deadline are
// imported from EndingModule instead. Tables and the memory get a maximum. Of the custom
// sections only the names of functions stay: nothing else is needed, and the
// engine need not read it.
func (m *Module) Harden(rules Rules) []byte {
	limits := rules.Limits.orDefaults()
	out := make([]byte, 0, len(m.data)+len(m.data)/64+4*len(m.bodies)+64)
	out = append(out, m.data[:8]...)
	add := func(id byte, content []byte) {
		out = append(out, id)
		out = appendU32(out, uint32(len(content)))
		out = append(out, content...)
	}
	for _, s := range m.sections {
		switch s.id {
		case secImport:
			add(s.id, m.endingImports())
		case secTable:
			add(s.id, m.cappedTables(uint32(limits.TableEntries)))
		case secMemory:
			add(s.id, m.cappedMemory(rules.MemoryPages))
		case secCode:
			add(s.id, m.checkedCode(s))
		case secCustom:
			if s.name == "name" {
				if names := m.functionNames(s); names != nil {
					add(s.id, names)
				}
			}
		default:
			add(s.id, m.data[s.start:s.end])
		}
	}
	return out
}

func (m *Module) endingImports() []byte {
	b := appendU32(nil, uint32(len(m.imports)))
	for _, im := range m.imports {
		module := im.module
		if module == KernelModule && slices.Contains(endless, im.name) {
			module = EndingModule
		}
		b = appendU32(b, uint32(len(module)))
		b = append(b, module...)
		b = append(b, m.data[im.from:im.end]...)
	}
	return b
}

func (m *Module) cappedTables(limit uint32) []byte {
	b := appendU32(nil, uint32(len(m.tables)))
	for _, t := range m.tables {
		b = append(b, t.kind, 1)
		b = appendU32(b, t.min)
		b = appendU32(b, max(t.min, min(t.max, limit)))
	}
	return b
}

func (m *Module) cappedMemory(limit uint32) []byte {
	if m.memory == nil {
		return []byte{0}
	}
	b := appendU32([]byte{1, 1}, m.memory.min)
	return appendU32(b, max(m.memory.min, min(m.memory.max, limit)))
}

func (m *Module) checkedCode(s section) []byte {
	b := make([]byte, 0, s.end-s.start+(s.end-s.start)/64+4*len(m.bodies))
	b = appendU32(b, uint32(len(m.bodies)))
	for _, f := range m.bodies {
		b = appendU32(b, uint32(f.end-f.start+len(f.cuts)*len(check)))
		from := f.start
		for _, cut := range f.cuts {
			b = append(b, m.data[from:cut]...)
			b = append(b, check[:]...)
			from = cut
		}
		b = append(b, m.data[from:f.end]...)
	}
	return b
}

// functionNames keeps what makes a trace readable. A section of names that is
// not in order is left out, as the format wants it.
func (m *Module) functionNames(s section) []byte {
	r := &reader{data: m.data, at: s.start, end: s.end}
	for r.err == nil && r.left() > 0 {
		id, size := r.byte(), r.u32()
		var kept []byte
		r.within(size, "names", func() {
			start := r.at
			if id != 1 {
				r.at = r.end
				return
			}
			n, last := r.count(len(m.functions), "names of functions"), int64(-1)
			for range n {
				i := int64(r.u32())
				if name := r.name(); i <= last || len(name) > 1<<10 {
					r.fail(Malformed, "names out of order")
				}
				last = i
			}
			kept = m.data[start:r.at]
		})
		if r.err == nil && kept != nil {
			b := append([]byte{4}, "name"...)
			b = append(b, 1)
			b = appendU32(b, uint32(len(kept)))
			return append(b, kept...)
		}
	}
	return nil
}

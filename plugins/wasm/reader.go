package wasm

import "unicode/utf8"

// reader walks through a module. The first thing that does not fit is kept in
// err; from then on it reads zeros, so that callers look at err once in a while
// and not at each byte. Positions are those of the whole file.
type reader struct {
	data []byte
	at   int
	end  int // where the part being read ends
	err  *Refusal
}

func (r *reader) fail(code, format string, args ...any) {
	if r.err == nil {
		r.err = refuse(code, r.at, format, args...)
	}
	r.at = r.end
}

func (r *reader) left() int { return r.end - r.at }

func (r *reader) byte() byte {
	if r.at >= r.end {
		r.fail(Malformed, "the module ends in the middle of something")
		return 0
	}
	b := r.data[r.at]
	r.at++
	return b
}

func (r *reader) skip(n int) {
	if n < 0 || n > r.left() {
		r.fail(Malformed, "a length reaches beyond its section")
		return
	}
	r.at += n
}

// zero reads a byte that has to be 0.
func (r *reader) zero(what string) {
	if r.byte() != 0 {
		r.fail(Malformed, "%s has to be 0", what)
	}
}

// u32 reads an unsigned number of at most 32 bits in LEB128.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v > 0xffffffff {
				break
			}
			return uint32(v)
		}
	}
	r.fail(Malformed, "a number is too large")
	return 0
}

// signed reads a signed number of at most so many bits in LEB128.
func (r *reader) signed(bits int) int64 {
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if shift+7 < 64 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			if bits < 64 && (v < -(1<<(bits-1)) || v >= 1<<(bits-1)) {
				break
			}
			return v
		}
	}
	r.fail(Malformed, "a number is too large")
	return 0
}

// count reads the length of a list whose items take at least one byte each, so
// that nobody makes room for items that cannot be there.
func (r *reader) count(limit int, what string) int {
	n := r.u32()
	if int64(n) > int64(r.left()) {
		r.fail(Malformed, "the list of %s is longer than its section", what)
		return 0
	}
	if limit > 0 && int64(n) > int64(limit) {
		r.fail(TooMany, "%d %s; at most %d are taken", n, what, limit)
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	n := r.u32()
	if int64(n) > int64(r.left()) {
		r.fail(Malformed, "a name reaches beyond its section")
		return ""
	}
	s := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	if !utf8.Valid(s) {
		r.fail(Malformed, "a name is not UTF-8")
		return ""
	}
	return string(s)
}

// within reads the next n bytes as a part of their own.
func (r *reader) within(n uint32, what string, read func()) {
	if int64(n) > int64(r.left()) {
		r.fail(Malformed, "%s is longer than what holds it", what)
		return
	}
	outer := r.end
	r.end = r.at + int(n)
	end := r.end
	read()
	if r.err == nil && r.at != end {
		r.fail(Malformed, "%s has %d bytes too many", what, end-r.at)
	}
	r.at, r.end = end, outer
}

// appendU32 writes a number in LEB128.
func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

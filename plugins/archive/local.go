package archive

import (
	"cmp"
	"io"
	"slices"
)

// checkLocal holds every local header against the central directory. Headers and
// data have to follow each other without gap from the first byte of the file to
// the central directory. It sets where each entry's data is.
func checkLocal(ra io.ReaderAt, entries []entry, directory int64) error {
	order := make([]*entry, len(entries))
	for i := range entries {
		order[i] = &entries[i]
	}
	slices.SortStableFunc(order, func(a, b *entry) int { return cmp.Compare(a.local, b.local) })
	at := int64(0)
	for i, e := range order {
		switch {
		case e.local < at:
			return refuse(Overlap, "")
		case e.local > at && i == 0:
			return refuse(Prefix, "")
		case e.local > at:
			return refuse(Gap, "")
		}
		next := directory
		if i+1 < len(order) {
			next = order[i+1].local
		}
		var err error
		if at, err = e.readLocal(ra, min(next, directory), directory); err != nil {
			return err
		}
	}
	if at != directory {
		return refuse(Gap, "")
	}
	return nil
}

// readLocal compares one local header, and the data descriptor where there is
// one, and says where the entry ends. next is where something else begins.
func (e *entry) readLocal(ra io.ReaderAt, next, directory int64) (int64, error) {
	var b [localSize]byte
	if e.local+localSize > directory {
		return 0, refuse(Overlap, "")
	}
	if err := readAt(ra, b[:], e.local); err != nil {
		return 0, err
	}
	nameLen, extraLen := int64(little.Uint16(b[26:])), int64(little.Uint16(b[28:]))
	if string(b[:4]) != localMark || nameLen != int64(len(e.name)) || little.Uint16(b[4:]) != e.needs ||
		little.Uint16(b[6:]) != e.flags || little.Uint16(b[8:]) != e.method {
		return 0, refuse(Mismatch, e.name)
	}
	e.data = e.local + localSize + nameLen + extraLen
	if e.data+e.packed > directory {
		return 0, refuse(Overlap, "")
	}
	rest := make([]byte, nameLen+extraLen)
	if err := readAt(ra, rest, e.local+localSize); err != nil {
		return 0, err
	}
	if string(rest[:nameLen]) != e.name {
		return 0, refuse(Mismatch, e.name)
	}
	if code := checkExtra(rest[nameLen:]); code != "" {
		return 0, refuse(code, e.name)
	}
	crc, packed, size := little.Uint32(b[14:]), int64(little.Uint32(b[18:])), int64(little.Uint32(b[22:]))
	later := e.flags&flagDescriptor != 0 && crc == 0 && packed == 0 && size == 0
	if !later && (crc != e.crc || packed != e.packed || size != e.size) {
		return 0, refuse(Mismatch, e.name)
	}
	if e.flags&flagDescriptor == 0 {
		return e.data + e.packed, nil
	}
	return e.readDescriptor(ra, next)
}

// readDescriptor compares what follows the data of an entry that was written
// before its size was known: crc and sizes, with or without a mark of their own.
func (e *entry) readDescriptor(ra io.ReaderAt, next int64) (int64, error) {
	at := e.data + e.packed
	n := next - at
	switch {
	case n < 12:
		return 0, refuse(Overlap, "")
	case n != 12 && n != 16:
		return 0, refuse(Gap, "")
	}
	b := make([]byte, n)
	if err := readAt(ra, b, at); err != nil {
		return 0, err
	}
	if n == 16 {
		if string(b[:4]) != descriptorMark {
			return 0, refuse(Mismatch, e.name)
		}
		b = b[4:]
	}
	if little.Uint32(b) != e.crc || int64(little.Uint32(b[4:])) != e.packed || int64(little.Uint32(b[8:])) != e.size {
		return 0, refuse(Mismatch, e.name)
	}
	return next, nil
}

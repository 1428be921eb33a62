package archive

import "io"

// entry is one file or folder as the central directory describes it.
type entry struct {
	name   string // as the zip has it
	folder bool
	host   byte // which system made it
	needs  uint16
	flags  uint16
	method uint16
	crc    uint32
	packed int64
	size   int64
	attrs  uint32
	local  int64 // where its local header begins
	data   int64 // where its bytes begin
}

// What a header may say.
const (
	flagEncrypted  = 1 << 0
	flagLevel      = 3 << 1
	flagDescriptor = 1 << 3
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11
	flagMasked     = 1 << 13

	methodStore   = 0
	methodDeflate = 8
)

// readCentral reads the central directory, which has to fill the space between
// the last file and the end record exactly.
func readCentral(ra io.ReaderAt, size int64, e end, limits Limits) ([]entry, error) {
	switch {
	case e.count == 0 && e.length == 0 && size == endSize:
		return nil, refuse(Empty, "")
	case e.count > limits.Files:
		return nil, refuse(TooManyFiles, "")
	case e.length > maxDirectory:
		return nil, refuse(CentralDirectory, "")
	}
	dir := make([]byte, e.length)
	if err := readAt(ra, dir, e.directory); err != nil {
		return nil, err
	}
	if e.directory+e.length < size-endSize {
		return nil, misplaced(ra, size-endSize-e.length)
	}
	var entries []entry
	for len(dir) > 0 {
		if len(entries) == e.count {
			return nil, refuse(Count, "")
		}
		one, n, err := decodeCentral(dir)
		if err != nil {
			return nil, err
		}
		entries, dir = append(entries, one), dir[n:]
	}
	if len(entries) != e.count {
		return nil, refuse(Count, "")
	}
	return entries, nil
}

// misplaced tells why the central directory does not end where the end record
// begins: every offset counts from a later place, or something lies between.
func misplaced(ra io.ReaderAt, expected int64) error {
	var mark [4]byte
	if err := readAt(ra, mark[:], expected); err != nil {
		return err
	}
	if string(mark[:]) == centralMark {
		return refuse(Prefix, "")
	}
	return refuse(Gap, "")
}

// decodeCentral reads one header of the central directory and says how many
// bytes it takes.
func decodeCentral(b []byte) (entry, int, error) {
	if len(b) < centralSize || string(b[:4]) != centralMark {
		return entry{}, 0, refuse(CentralDirectory, "")
	}
	nameLen, extraLen, commentLen := int(little.Uint16(b[28:])), int(little.Uint16(b[30:])), int(little.Uint16(b[32:]))
	n := centralSize + nameLen + extraLen + commentLen
	if n > len(b) {
		return entry{}, 0, refuse(CentralDirectory, "")
	}
	e := entry{
		name: string(b[centralSize:][:nameLen]), host: b[5], needs: little.Uint16(b[6:]),
		flags: little.Uint16(b[8:]), method: little.Uint16(b[10:]), crc: little.Uint32(b[16:]),
		packed: int64(little.Uint32(b[20:])), size: int64(little.Uint32(b[24:])),
		attrs: little.Uint32(b[38:]), local: int64(little.Uint32(b[42:])),
	}
	e.folder = nameLen > 0 && e.name[nameLen-1] == '/'
	disk := little.Uint16(b[34:])
	switch {
	case disk == 0xffff, e.packed == 0xffffffff, e.size == 0xffffffff, e.local == 0xffffffff:
		return e, 0, refuse(Zip64, e.name)
	case disk != 0:
		return e, 0, refuse(Split, e.name)
	case commentLen > 0:
		return e, 0, refuse(Comment, e.name)
	case e.flags&(flagEncrypted|flagStrong|flagMasked) != 0:
		return e, 0, refuse(Encrypted, e.name)
	case e.flags&^(flagLevel|flagDescriptor|flagUTF8) != 0:
		return e, 0, refuse(Flags, e.name)
	}
	if code := checkExtra(b[centralSize+nameLen:][:extraLen]); code != "" {
		return e, 0, refuse(code, e.name)
	}
	switch {
	case e.method != methodStore && e.method != methodDeflate:
		return e, 0, refuse(Method, e.name)
	case e.needs&0xff > 45: // what later versions added, packages do not use
		return e, 0, refuse(Flags, e.name)
	case e.method == methodStore && e.packed != e.size:
		return e, 0, refuse(Size, e.name)
	}
	return e, n, nil
}

package archive

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Sizes and marks of the records of a zip.
const (
	localMark      = "PK\x03\x04"
	centralMark    = "PK\x01\x02"
	endMark        = "PK\x05\x06"
	locatorMark    = "PK\x06\x07" // of zip64
	descriptorMark = "PK\x07\x08"

	localSize   = 30
	centralSize = 46
	endSize     = 22
	locatorSize = 20

	maxComment = 0xffff
)

var little = binary.LittleEndian

// end is the record that ends a zip.
type end struct {
	count     int
	directory int64 // where the central directory begins
	length    int64 // and how long it is
}

// readEnd finds the end record in the file's last 22 bytes, where alone it may
// be, and says what is wrong with a file that has it elsewhere.
func readEnd(ra io.ReaderAt, size int64) (end, error) {
	tail := make([]byte, min(size, endSize+maxComment))
	if err := readAt(ra, tail, size-int64(len(tail))); err != nil {
		return end{}, err
	}
	if len(tail) < endSize || string(tail[len(tail)-endSize:][:4]) != endMark || little.Uint16(tail[len(tail)-2:]) != 0 {
		return end{}, withoutEnd(ra, size, tail)
	}
	last := len(tail) - endSize
	if commented(tail, last) { // a second end record, whose comment is the last one
		return end{}, refuse(Comment, "")
	}
	if last >= locatorSize && string(tail[last-locatorSize:][:4]) == locatorMark {
		return end{}, refuse(Zip64, "")
	}
	return decodeEnd(tail[last:], size)
}

func decodeEnd(b []byte, size int64) (end, error) {
	disk, first := little.Uint16(b[4:]), little.Uint16(b[6:])
	here, all := little.Uint16(b[8:]), little.Uint16(b[10:])
	length, start := little.Uint32(b[12:]), little.Uint32(b[16:])
	switch {
	case disk == 0xffff, first == 0xffff, here == 0xffff, all == 0xffff, length == 0xffffffff, start == 0xffffffff:
		return end{}, refuse(Zip64, "")
	case disk != 0, first != 0:
		return end{}, refuse(Split, "")
	case here != all:
		return end{}, refuse(Count, "")
	}
	e := end{count: int(all), directory: int64(start), length: int64(length)}
	if e.directory+e.length > size-endSize {
		return end{}, refuse(CentralDirectory, "")
	}
	return e, nil
}

// withoutEnd tells why there is no end record where one has to be.
func withoutEnd(ra io.ReaderAt, size int64, tail []byte) error {
	switch at := bytes.LastIndex(tail, []byte(endMark)); {
	case commented(tail, len(tail)):
		return refuse(Comment, "")
	case at >= 0 && at+endSize < len(tail):
		return refuse(Trailing, "")
	}
	head := make([]byte, min(size, int64(len(localMark))))
	if err := readAt(ra, head, 0); err != nil {
		return err
	}
	if string(head) != localMark {
		return refuse(NotZip, "")
	}
	return refuse(Truncated, "")
}

// commented reports whether an end record that begins before a place in the
// tail has a comment which ends with the file.
func commented(tail []byte, before int) bool {
	for at := 0; at < before; at++ {
		next := bytes.Index(tail[at:min(before+len(endMark)-1, len(tail))], []byte(endMark))
		if next < 0 {
			return false
		}
		at += next
		if at+endSize > len(tail) {
			return false
		}
		if length := int(little.Uint16(tail[at+endSize-2:])); length > 0 && at+endSize+length == len(tail) {
			return true
		}
	}
	return false
}

// readAt fills b or fails.
func readAt(ra io.ReaderAt, b []byte, at int64) error {
	n, err := ra.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

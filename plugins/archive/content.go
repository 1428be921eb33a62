package archive

import (
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// member is an entry that is a file, once it has been judged.
type member struct {
	entry
	File
}

// copyTo unpacks a member into w and counts what flows: not a byte more than the
// header says, the check sum right, nothing left over. It returns the SHA-256.
func (m *member) copyTo(w io.Writer, ra io.ReaderAt) (sum [sha256.Size]byte, err error) {
	packed := bufio.NewReaderSize(io.NewSectionReader(ra, m.data, m.packed), 32<<10)
	var plain io.Reader = packed
	if m.method == methodDeflate {
		inflate := flate.NewReader(packed) // reads byte by byte: what follows the stream stays in packed
		defer func() { _ = inflate.Close() }()
		plain = inflate
	}
	crc, hash := crc32.NewIEEE(), sha256.New()
	n, err := io.Copy(io.MultiWriter(crc, hash, target{w}), io.LimitReader(plain, m.size+1))
	var stopped *targetError
	switch {
	case errors.As(err, &stopped):
		return sum, stopped.err
	case err != nil:
		return sum, unpacking(err, m.name)
	case n != m.size:
		return sum, refuse(Size, m.name)
	}
	if _, err := packed.ReadByte(); err == nil {
		return sum, refuse(Gap, m.name)
	} else if !errors.Is(err, io.EOF) {
		return sum, err
	}
	if crc.Sum32() != m.crc {
		return sum, refuse(CRC, m.name)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

// unpacking tells a damaged stream from a disk that cannot be read.
func unpacking(err error, name string) error {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	if errors.As(err, &corrupt) || errors.As(err, &internal) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &Error{Code: Data, Entry: name, Err: err}
	}
	return fmt.Errorf("reading the package: %w", err)
}

// target marks the errors of the writer, so that they are not taken for damage
// of the package.
type target struct{ io.Writer }

type targetError struct{ err error }

func (e *targetError) Error() string { return e.err.Error() }
func (e *targetError) Unwrap() error { return e.err }

func (t target) Write(p []byte) (int, error) {
	n, err := t.Writer.Write(p)
	if err != nil {
		err = &targetError{err}
	}
	return n, err
}

// checkSizes judges what the headers say before anything is unpacked.
func checkSizes(members []member, limits Limits) error {
	left := limits.Unpacked
	for i := range members {
		m := &members[i]
		switch {
		case m.Path == ManifestName && m.size > limits.Manifest:
			return refuse(ManifestSize, m.name)
		case m.Path == SignatureName && m.size > limits.Signed:
			return refuse(SignatureSize, m.name)
		case isWasm(m.Path) && m.size > limits.Wasm:
			return refuse(WasmSize, m.name)
		case m.size > left:
			return refuse(Unpacked, "")
		case m.size > limits.RatioOf && m.size > m.packed*limits.Ratio:
			return refuse(Ratio, m.name)
		}
		left -= m.size
	}
	return nil
}

package storage

import (
	"strconv"
	"strings"
)

// Span is a part of a blob: Length bytes from Offset, up to the end if Length
// is 0 or reaches behind it. The zero Span is all of it.
type Span struct {
	Offset int64
	Length int64
	// Hashed says that the caller has hashed the whole blob and knows that it is
	// as it was: a store need not hash it again, and can leave the copying to the
	// kernel.
	Hashed bool
}

// Within fits the span into a blob of a size. It is Unsatisfiable if it begins
// behind the end.
func (s Span) Within(size int64) (Span, error) {
	switch {
	case s.Offset < 0 || s.Length < 0 || s.Offset > size, s.Offset == size && s != (Span{}):
		return Span{}, Unsatisfiable(size)
	case s.Length == 0 || s.Length > size-s.Offset:
		s.Length = size - s.Offset
	}
	return s, nil
}

// Whole reports whether the span is all of a blob of a size.
func (s Span) Whole(size int64) bool { return s.Offset == 0 && (s.Length == 0 || s.Length >= size) }

// ContentRange is the header of a partial answer from a blob of a size.
func (s Span) ContentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.Offset, 10) + "-" + strconv.FormatInt(s.Offset+s.Length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// ParseRange reads a Range header (RFC 9110 §14.2) for a blob of a size.
// partial is false where the answer is the whole blob: no header, one that
// cannot be read, an other unit, or several ranges at once, which a server
// need not answer. A range that begins behind the end is Unsatisfiable.
func ParseRange(header string, size int64) (span Span, partial bool, err error) {
	unit, set, ok := strings.Cut(header, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return Span{}, false, nil
	}
	first, last, ok := strings.Cut(strings.Trim(set, " \t"), "-")
	if !ok {
		return Span{}, false, nil
	}
	if first == "" {
		return suffix(last, size)
	}
	from, ok := digits(first)
	if !ok {
		return Span{}, false, nil
	}
	to := size - 1
	if last != "" {
		end, ok := digits(last)
		if !ok || end < from {
			return Span{}, false, nil
		}
		to = min(to, end)
	}
	if from >= size {
		return Span{}, false, Unsatisfiable(size)
	}
	return Span{Offset: from, Length: to - from + 1}, true, nil
}

// suffix is the range of the last so many bytes.
func suffix(text string, size int64) (Span, bool, error) {
	n, ok := digits(text)
	if !ok {
		return Span{}, false, nil
	}
	if n == 0 || size == 0 {
		return Span{}, false, Unsatisfiable(size)
	}
	n = min(n, size)
	return Span{Offset: size - n, Length: n}, true, nil
}

// digits reads a number of digits alone; one that is too great is the greatest.
func digits(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = 1<<63 - 1
	}
	return n, true
}

package inspect

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

const (
	// mostInflated is how much of a PDF's compressed objects is unpacked, in bytes.
	mostInflated = 64 << 20
	// mostObjects is how many objects of a PDF are looked at.
	mostObjects = 2_000_000
	// longestHead is how much of an object is its dictionary, before a stream.
	longestHead = 64 << 10
)

var (
	errNoPages   = errors.New("the PDF's pages were not found")
	errTooPacked = errors.New("the PDF's objects are too many, or too large unpacked")
)

// PDF counts the pages of a PDF. It follows what every PDF has, the catalogue's
// Pages and its Count, and reads nothing else: libraries read every object of a
// file into memory, which a hostile file makes as large as it likes. It goes
// over the bytes once for each of the two objects, whatever the tables of the
// file claim, keeps none of the others, and ends when ctx does. An encrypted file
// whose objects are packed, or a broken one, is an error.
func PDF(ctx context.Context, content []byte) (pages int64, err error) {
	defer recovered(&err)
	p := pdf{ctx: ctx, text: content}
	root, err := p.root()
	if err != nil {
		return 0, err
	}
	catalogue, err := p.object(root)
	if err != nil {
		return 0, err
	}
	tree, ok := reference(catalogue, "Pages")
	if !ok {
		return 0, errNoPages
	}
	node, err := p.object(tree)
	if err != nil {
		return 0, err
	}
	count, ok := number(node, "Count")
	if !ok || count < 0 || count > 10_000_000 {
		return 0, errNoPages
	}
	return count, nil
}

type pdf struct {
	ctx   context.Context
	text  []byte
	steps int
}

// step is called for each thing that a hostile file may have millions of.
func (p *pdf) step() error {
	if p.steps++; p.steps%1024 != 0 {
		return nil
	}
	return p.ctx.Err()
}

var (
	rootEntry = regexp.MustCompile(`^/Root\s{1,16}(\d{1,10})\s{1,16}\d{1,5}\s{1,16}R`)
	packed    = regexp.MustCompile(`/Type\s*/ObjStm\b`)
	flate     = regexp.MustCompile(`/Filter\s*\[?\s*/(?:FlateDecode|Fl)\b`)
)

// root is the number of the catalogue, as the last trailer names it.
func (p *pdf) root() (int, error) {
	for end := len(p.text); ; {
		at := bytes.LastIndex(p.text[:end], []byte("/Root"))
		if at < 0 {
			return 0, fmt.Errorf("looking for the catalogue: %w", errNoPages)
		}
		if found := rootEntry.FindSubmatch(p.text[at:min(len(p.text), at+80)]); found != nil {
			return strconv.Atoi(string(found[1]))
		}
		if err := p.step(); err != nil {
			return 0, err
		}
		end = at
	}
}

// object is the text of an object's dictionary: of the last one in the file that
// has this number, also of one that is packed; nil if there is none.
func (p *pdf) object(n int) (last []byte, err error) {
	inflated, heads := 0, 0
	head, ok := p.next(0)
	for ok {
		if heads++; heads > mostObjects {
			return nil, errTooPacked
		}
		if err := p.step(); err != nil {
			return nil, err
		}
		after, more := p.next(head.end)
		end := len(p.text)
		if more {
			end = after.begin
		}
		body := p.text[head.end:end]
		dictionary := body[:min(len(body), longestHead)]
		if head.number == n {
			last = dictionary
		}
		if at := bytes.Index(dictionary, []byte("stream")); at >= 0 && packed.Match(dictionary[:at]) {
			text, err := unpack(dictionary[:at], body[at+len("stream"):], mostInflated-inflated)
			if err != nil {
				return nil, err
			}
			inflated += len(text)
			if found, err := p.among(text, dictionary[:at], n); err != nil {
				return nil, err
			} else if found != nil {
				last = bytes.Clone(found[:min(len(found), longestHead)])
			}
		}
		head, ok = after, more
	}
	return last, nil
}

// head is where an object begins: "7 0 obj".
type head struct {
	number     int
	begin, end int // of these words
}

// next finds the first head from a place on.
func (p *pdf) next(from int) (head, bool) {
	const word = "obj"
	for at := from; ; {
		i := bytes.Index(p.text[at:], []byte(word))
		if i < 0 {
			return head{}, false
		}
		at += i + len(word)
		if at < len(p.text) && isWord(p.text[at]) {
			continue
		}
		if h, ok := headBefore(p.text, from, at-len(word)); ok {
			h.end = at
			return h, true
		}
		if p.step() != nil {
			return head{}, false // object sees it, too
		}
	}
}

// headBefore reads the two numbers before the word "obj", backwards.
func headBefore(text []byte, from, at int) (h head, ok bool) {
	back := func(most int, is func(byte) bool) int {
		n := 0
		for n < most && at > from && is(text[at-1]) {
			at--
			n++
		}
		return n
	}
	if back(16, isSpace) == 0 || back(5, isDigit) == 0 || back(16, isSpace) == 0 {
		return h, false
	}
	end := at
	if back(10, isDigit) == 0 || at > 0 && !isSpace(text[at-1]) && text[at-1] != '>' {
		return h, false
	}
	n, err := strconv.Atoi(string(text[at:end]))
	return head{number: n, begin: at}, err == nil
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' || b == 0 }

func isWord(b byte) bool {
	return isDigit(b) || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_'
}

// unpack reads an object stream; nothing for one that is encrypted or broken.
func unpack(dictionary, data []byte, most int) ([]byte, error) {
	if !flate.Match(dictionary) {
		return nil, nil
	}
	data = bytes.TrimPrefix(bytes.TrimPrefix(data, []byte("\r")), []byte("\n"))
	from, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, nil
	}
	text, _ := io.ReadAll(io.LimitReader(from, int64(most)+1)) // what was readable of a broken one
	if len(text) > most {
		return nil, errTooPacked
	}
	return text, nil
}

// among finds an object in an object stream: pairs of numbers and offsets, then
// the objects; of several with its number the last.
func (p *pdf) among(text, dictionary []byte, n int) (found []byte, err error) {
	first, ok := number(dictionary, "First")
	if !ok || first > int64(len(text)) {
		return nil, nil
	}
	pairs, objects := text[:first], text[first:]
	begin := -1 // of the object that was found and has no end yet
	for {
		if err := p.step(); err != nil {
			return nil, err
		}
		id, more := numeral(&pairs)
		offset, whole := numeral(&pairs)
		if !more || !whole || offset > len(objects) {
			break
		}
		if begin >= 0 {
			found = objects[begin:max(begin, offset)]
			begin = -1
		}
		if id == n {
			begin = offset
		}
	}
	if begin >= 0 {
		found = objects[begin:]
	}
	return found, nil
}

// numeral takes the next number off a text; false at its end, or where none is.
func numeral(text *[]byte) (int, bool) {
	t := bytes.TrimLeftFunc(*text, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })
	end := 0
	for end < len(t) && end < 11 && isDigit(t[end]) {
		end++
	}
	n, err := strconv.Atoi(string(t[:end]))
	*text = t[end:]
	return n, err == nil && (end == len(t) || isSpace(t[end]))
}

// reference reads /name n g R.
func reference(text []byte, name string) (int, bool) {
	rest, ok := entry(text, name)
	if !ok {
		return 0, false
	}
	fields := bytes.Fields(rest[:min(len(rest), 40)])
	if len(fields) < 3 || len(fields[2]) == 0 || fields[2][0] != 'R' {
		return 0, false
	}
	n, err := strconv.Atoi(string(fields[0]))
	return n, err == nil
}

// number reads /name n.
func number(text []byte, name string) (int64, bool) {
	rest, ok := entry(text, name)
	if !ok {
		return 0, false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n\f\x00")
	end := 0
	for end < len(rest) && end < 19 && isDigit(rest[end]) {
		end++
	}
	n, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	return n, err == nil
}

// entry finds what follows a name in a dictionary.
func entry(text []byte, name string) ([]byte, bool) {
	for {
		at := bytes.Index(text, []byte("/"+name))
		if at < 0 {
			return nil, false
		}
		text = text[at+1+len(name):]
		if len(text) == 0 || bytes.IndexByte([]byte(" \t\r\n\f\x00"), text[0]) >= 0 || isDigit(text[0]) {
			return text, true
		}
	}
}

// Package wat turns a part of WebAssembly's text format into modules, so that
// hostile and tiny guests can be kept as text and tested without a tool. It is
// for tests and trusts its input: a mistake in the text is a panic that tells
// the line.
//
// Of the format it knows types in place, imports and exports of functions,
// functions, one memory, tables, globals, start, element and data segments,
// folded and flat instructions without vectors. Beyond the format it knows
// (@repeat N …), which stands for its content N times.
package wat

import (
	"fmt"
	"strconv"
	"strings"
)

// node is an atom or a list.
type node struct {
	atom string
	text bool // a string in quotes, already unescaped
	list []node
	line int
}

func (n node) is(head string) bool {
	return n.atom == "" && !n.text && len(n.list) > 0 && n.list[0].atom == head
}

func (n node) leaf() bool { return n.list == nil }

func fail(line int, format string, args ...any) {
	panic(fmt.Sprintf("wat: line %d: %s", line, fmt.Sprintf(format, args...)))
}

type parser struct {
	text string
	at   int
	line int
}

// parse reads a whole file of lists.
func parse(text string) []node {
	p := &parser{text: text, line: 1}
	var all []node
	for p.space(); p.at < len(p.text); p.space() {
		all = append(all, p.nodes()...)
	}
	return all
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch rest := p.text[p.at:]; {
		case rest[0] == '\n':
			p.line++
			p.at++
		case strings.HasPrefix(rest, ";;"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.text)
			}
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			p.at++
		default:
			return
		}
	}
}

// nodes reads one thing, which @repeat makes many.
func (p *parser) nodes() []node {
	line := p.line
	switch p.text[p.at] {
	case '(':
		p.at++
		list := []node{}
		for p.space(); ; p.space() {
			if p.at >= len(p.text) {
				fail(line, "this list has no end")
			}
			if p.text[p.at] == ')' {
				p.at++
				break
			}
			list = append(list, p.nodes()...)
		}
		n := node{list: list, line: line}
		if !n.is("@repeat") {
			return []node{n}
		}
		count, err := strconv.Atoi(list[1].atom)
		if err != nil {
			fail(line, "@repeat wants a number")
		}
		var many []node
		for range count {
			many = append(many, list[2:]...)
		}
		return many
	case '"':
		return []node{{atom: p.quoted(), text: true, line: line}}
	}
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\r\n()\";", rune(p.text[p.at])) {
		p.at++
	}
	if start == p.at {
		fail(line, "unexpected %q", p.text[p.at])
	}
	return []node{{atom: p.text[start:p.at], line: line}}
}

func (p *parser) quoted() string {
	var s strings.Builder
	for p.at++; ; p.at++ {
		if p.at >= len(p.text) {
			fail(p.line, "this string has no end")
		}
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return s.String()
		case c == '\\':
			p.at++
			switch e := p.text[p.at]; e {
			case 'n':
				s.WriteByte('\n')
			case 't':
				s.WriteByte('\t')
			case '"', '\\':
				s.WriteByte(e)
			default: // two hexadecimal digits
				v, err := strconv.ParseUint(p.text[p.at:p.at+2], 16, 8)
				if err != nil {
					fail(p.line, "unknown escape")
				}
				s.WriteByte(byte(v))
				p.at++
			}
		default:
			s.WriteByte(c)
		}
	}
}

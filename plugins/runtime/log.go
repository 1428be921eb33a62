package runtime

import (
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Level of a line of a plugin's log.
type Level string

// The levels.
const (
	Debug Level = "debug"
	Info  Level = "info"
	Warn  Level = "warn"
	Error Level = "error"
)

// Line is a line of a plugin's log. Its text has no control characters.
type Line struct {
	At        time.Time `json:"at"`
	Level     Level     `json:"level"`
	Version   string    `json:"version"` // of the plugin
	Workspace string    `json:"workspace"`
	Export    string    `json:"export"`
	Text      string    `json:"text"`
}

const (
	logBytes  = 64 << 10
	lineBytes = 2 << 10
	lineCost  = 64 // what a line costs besides its text
)

// logRing keeps the last 64 KiB of a plugin's log.
type logRing struct {
	mu    sync.Mutex
	lines []Line
	bytes int
}

func (l *logRing) add(line Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.bytes += len(line.Text) + lineCost
	for l.bytes > logBytes {
		l.bytes -= len(l.lines[0].Text) + lineCost
		l.lines[0] = Line{}
		l.lines = l.lines[1:]
	}
}

func (l *logRing) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.bytes = nil, 0
}

// of returns the lines of a workspace, of all when it is "", oldest first.
func (l *logRing) of(workspace string) []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Line
	for _, line := range l.lines {
		if workspace == "" || line.Workspace == workspace {
			out = append(out, line)
		}
	}
	return out
}

// clean makes a guest's words harmless to look at: no sequences that a terminal
// obeys, no control characters, nothing that turns the direction of text, valid
// UTF-8, at most so many bytes. It looks at no more than it keeps.
func clean(s string, limit int) string {
	if len(s) > 4*limit {
		s = s[:4*limit]
	}
	var b strings.Builder
	for len(s) > 0 && b.Len() < limit {
		if s[0] == 0x1b {
			s = s[escape(s):]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case r == utf8.RuneError && n < 2:
			b.WriteRune('\uFFFD')
		case r == '\t' || r == '\n':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
		default:
			b.WriteRune(r)
		}
	}
	if len(s) > 0 {
		return b.String() + "…"
	}
	return b.String()
}

// escape tells the length of a terminal's sequence at the start of s.
func escape(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[': // up to a letter
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_': // up to BEL or ESC \
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return len(s)
	}
	return 2
}

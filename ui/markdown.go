package ui

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Markdown draws a document's text: headings, lists, check boxes, tables,
// quotes, code and links. HTML in the text is left out, images are: a picture
// from elsewhere would tell its server who reads here. Headings move down one
// step, because the page has its own.
func Markdown(source string) template.HTML {
	m := markdown()
	var out bytes.Buffer
	if costly(source) || m.convert.Convert([]byte(source), &out) != nil {
		return template.HTML(`<p class="as-written">` + template.HTMLEscapeString(source) + "</p>") //nolint:gosec // escaped here
	}
	return template.HTML(m.policy.SanitizeBytes(out.Bytes())) //nolint:gosec // sanitised here
}

// Bounds of what is drawn as Markdown, here and in the browser, which has the
// same rule in ui/client/src/app/markdown_bounds.ts; both are held to
// testdata/markdown_bounds.json. Nobody writes beyond them by hand, and there a
// parser takes the square of the text's length, or a page the product of its
// lines and columns: a short text would keep the server or a tab busy for minutes.
const (
	mostLines    = 20_000
	mostBrackets = 4000       // "[" in a text
	mostCells    = 80_000     // "|" of the line with most of them, times the lines
	mostDepth    = 50         // quotes and lists in each other, in one line
	mostNested   = 5000       // the same, of all lines together
	mostSigns    = 4_000_000  // each block's signs of emphasis, code, links, images and tags, squared and added up
	mostAddress  = 50_000_000 // the length of what may be an address before an "@", squared and added up
)

var (
	lineHead   = regexp.MustCompile(`^(?:[ \t>]|(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$))*`)
	lineMarker = regexp.MustCompile(`>|[-*+]|[0-9]+[.)]`)
	// blockOpens is a line that is never a paragraph's next one.
	blockOpens = regexp.MustCompile(`^[ \t\r]*$|^#{1,6} |^ {0,3}[-*+] +[^ \t\r]`)
)

// costly reports whether a text is beyond the bounds; it is shown as it was written.
func costly(source string) bool {
	lines := strings.Count(source, "\n") + 1
	if lines > mostLines || strings.Count(source, "[") > mostBrackets {
		return true
	}
	pipes, nested, signs, block := 0, 0, 0, 0
	for line := range strings.SplitSeq(source, "\n") {
		pipes = max(pipes, strings.Count(line, "|"))
		depth := lineDepth(line)
		if depth > mostDepth {
			return true
		}
		nested += depth
		if blockOpens.MatchString(line) {
			signs, block = signs+block*block, 0
		}
		block += countAny(line, "*_~`<![\\@")
	}
	return pipes*lines > mostCells || nested > mostNested || signs+block*block > mostSigns || addresses(source) > mostAddress
}

// lineDepth is how deep in quotes and lists a line begins; 0 when it opens none.
func lineDepth(line string) int {
	head := lineHead.FindString(line)
	markers := len(lineMarker.FindAllStringIndex(head, -1))
	if markers == 0 {
		return 0
	}
	return markers + countAny(head, " \t")/2
}

// addresses is what the addresses in a text may cost.
func addresses(source string) int {
	all, run := 0, 0
	for i := range len(source) {
		switch c := source[i]; {
		case c == '@':
			all, run = all+run*run, 0
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(".!#$%&'*+/=?^_`{|}~-", c) >= 0:
			run++
		default:
			run = 0
		}
	}
	return all
}

func countAny(s, signs string) int {
	n := 0
	for i := range len(s) {
		if strings.IndexByte(signs, s[i]) >= 0 {
			n++
		}
	}
	return n
}

type markdownParts struct {
	convert goldmark.Markdown
	policy  *bluemonday.Policy
}

// markdown is made once: both parts are safe for many callers.
var markdown = sync.OnceValue(func() markdownParts {
	policy := bluemonday.NewPolicy()
	policy.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code",
		"em", "strong", "del", "table", "thead", "tbody", "tr", "th", "td")
	policy.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	policy.AllowAttrs("type").Matching(bluemonday.SpaceSeparatedTokens).OnElements("input")
	policy.AllowAttrs("checked", "disabled").OnElements("input")
	policy.AllowAttrs("href").OnElements("a")
	policy.AllowURLSchemes("http", "https", "mailto")
	policy.AllowRelativeURLs(true)
	policy.RequireNoFollowOnLinks(true)
	policy.RequireNoReferrerOnLinks(true)
	return markdownParts{
		convert: goldmark.New(goldmark.WithExtensions(extension.GFM),
			goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(lowerHeadings{}, 100)))),
		policy: policy,
	}
})

type lowerHeadings struct{}

// Transform implements parser.ASTTransformer.
func (lowerHeadings) Transform(document *ast.Document, _ gtext.Reader, _ parser.Context) {
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			h.Level = min(h.Level+1, 6)
		}
		return ast.WalkContinue, nil
	})
}

package ui

import (
	"bytes"
	"html/template"
	"regexp"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// marks is what may be Markdown in a message: emphasis, code, a link, a heading,
// a list, a quote, a table. The browser has the same rule in message_words.ts,
// and both are held to testdata/message_marks.json. Everything else is shown by
// TextOf, as it was typed.
var marks = regexp.MustCompile("[*_`~\\[\\\\]|(?m:^ {0,3}(?:#{1,6} |>|[-+] |[0-9]{1,9}[.)] ))|\\|[ :]*-")

// MarkedText draws a message that may have Markdown in it, with the renderer of
// documents; "" for one that has none. A message is typed rather than written:
// every line keeps its break, and HTML is shown as the words it is.
func MarkedText(source string) template.HTML {
	if !marks.MatchString(source) || costly(source) {
		return ""
	}
	var out bytes.Buffer
	if messageMarkdown().Convert([]byte(source), &out) != nil {
		return ""
	}
	return template.HTML(markdown().policy.SanitizeBytes(out.Bytes())) //nolint:gosec // sanitised here
}

var messageMarkdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())...),
		parser.WithInlineParsers(without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithASTTransformers(util.Prioritized(lowerHeadings{}, 100)),
	)), goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithHardWraps()))
})

// without leaves a parser out: the package hands out one value of each.
func without(all []util.PrioritizedValue, one any) []util.PrioritizedValue {
	left := make([]util.PrioritizedValue, 0, len(all))
	for _, p := range all {
		if p.Value != one {
			left = append(left, p)
		}
	}
	return left
}

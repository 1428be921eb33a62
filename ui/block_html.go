package ui

import (
	"bytes"
	"html/template"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"or3.cloud/or3/plugins/host"
)

// CleanHTML is a plugin's own markup, made harmless: no scripts, styles, forms,
// ids, attributes of htmx or pictures from elsewhere, and nothing that closes
// more than it has opened. Links lead to https and to this server.
func CleanHTML(source string) template.HTML {
	clean := blockPolicy().Sanitize(source)
	context := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(clean), context)
	if err != nil {
		return template.HTML(template.HTMLEscapeString(source)) //nolint:gosec // escaped here
	}
	var out bytes.Buffer
	for _, n := range nodes {
		dropLinks(n)
		if err := html.Render(&out, n); err != nil {
			return template.HTML(template.HTMLEscapeString(source)) //nolint:gosec // escaped here
		}
	}
	return template.HTML(out.String()) //nolint:gosec // sanitised and balanced above
}

// dropLinks takes from an element and all inside of it the links that no block of a
// plugin could have: one to "//example.org" would leave this server without https,
// and one with a name before an @ looks like another host.
func dropLinks(n *html.Node) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "href" && host.CheckLink(a.Val) != nil })
	for inner := range n.ChildNodes() {
		dropLinks(inner)
	}
}

var blockPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "kbd", "samp",
		"strong", "em", "b", "i", "s", "u", "small", "sub", "sup", "mark", "abbr", "time", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
		"div", "span", "section", "details", "summary", "figure", "figcaption")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https")
	p.AllowRelativeURLs(true)
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	p.AllowAttrs("scope").Matching(bluemonday.SpaceSeparatedTokens).OnElements("th")
	p.AllowAttrs("colspan", "rowspan", "start").Matching(bluemonday.Integer).OnElements("th", "td", "ol")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time")
	p.AllowAttrs("open").OnElements("details")
	return p
})

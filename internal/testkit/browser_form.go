package testkit

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// offered is what the form would send as it stands, its buttons aside.
func offered(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			if kind := attr(n, "type"); (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
				continue
			}
			values.Add(name, attr(n, "value"))
		case "textarea":
			values.Add(name, words(n))
		case "select":
			values.Add(name, chosen(n))
		}
	}
	return values
}

// chosen is the selected option, or the first as browsers have it.
func chosen(sel *html.Node) string {
	first, found := "", false
	for n := range sel.Descendants() {
		if n.Data != "option" {
			continue
		}
		if has(n, "selected") {
			return attr(n, "value")
		}
		if !found {
			first, found = attr(n, "value"), true
		}
	}
	return first
}

func namesIn(form *html.Node) []string {
	var names []string
	for n := range form.Descendants() {
		if name := attr(n, "name"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func checkable(form *html.Node, name string) bool {
	for n := range form.Descendants() {
		if attr(n, "name") == name && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio") {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// words is the text inside a node, scripts aside.
func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Data == "script" || n.Data == "style" || n.Data == "template" {
		return ""
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(words(c))
		if c.Type == html.ElementNode && c.Data != "strong" && c.Data != "span" && c.Data != "code" && c.Data != "a" && c.Data != "time" {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

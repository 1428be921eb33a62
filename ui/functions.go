package ui

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// functions are what templates may call besides html/template's own.
func (r *Renderer) functions() template.FuncMap {
	return template.FuncMap{
		"asset":  r.options.Assets.URL,
		"url":    r.url,
		"path":   localPath,
		"json":   jsonText,
		"icon":   r.icon,
		"avatar": Avatar,
		"hue":    Hue,
		"plural": Plural,
		"number": Number,
		"bytes":  Bytes,
		"binary": Binary,
		"breaks": breaks,
		"list":   func(items ...any) []any { return items },
	}
}

// breaks lets a dotted name break where a reader would break it: after dots and
// underscores.
func breaks(name string) template.HTML {
	return template.HTML(strings.NewReplacer(".", ".<wbr>", "_", "_<wbr>").Replace(template.HTMLEscapeString(name))) //nolint:gosec // escaped above
}

// url builds a local address: {{url "/w/:id/t/:thread" "id" .Workspace "thread" .ID "page" 2}}.
// Pairs named in the pattern are escaped into it, the rest become the query;
// empty query values are left out. Patterns below /admin follow admin.base_path.
func (r *Renderer) url(pattern string, pairs ...any) (string, error) {
	address, err := Path(pattern, pairs...)
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(address, "/admin"); ok && (rest == "" || rest[0] == '/' || rest[0] == '?') {
		address = r.options.AdminBase + rest
	}
	return address, nil
}

// Path is the url function without admin.base_path, for Go code.
func Path(pattern string, pairs ...any) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("url %q: names and values must come in pairs", pattern)
	}
	segments := strings.Split(pattern, "/")
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), text(pairs[i+1])
		used := false
		for n, segment := range segments {
			if segment == ":"+name {
				if value == "" {
					return "", fmt.Errorf("url %q: %s is empty", pattern, name)
				}
				segments[n], used = url.PathEscape(value), true
			}
		}
		if !used && value != "" {
			query.Set(name, value)
		}
	}
	for _, segment := range segments {
		if strings.HasPrefix(segment, ":") {
			return "", fmt.Errorf("url %q: no value for %s", pattern, segment)
		}
	}
	address, err := localPath(strings.Join(segments, "/"))
	if err != nil {
		return "", err
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address, nil
}

// localPath lets a ready-made address through when it stays on this server, and
// fails otherwise. hx-* attributes need it: html/template does not know them as
// addresses and would let javascript: through.
func localPath(address string) (string, error) {
	if address == "" || address[0] != '/' && address[0] != '?' && address[0] != '#' ||
		strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "", fmt.Errorf("not a local address: %q", address)
	}
	return address, nil
}

// jsonText is for attributes such as hx-vals: JSON first, HTML escaping after.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// Plural picks the word for a count and puts the number in front: "1 person", "6 people".
func Plural(n any, one, many string) string {
	if text(n) == "1" {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number groups thousands: 18,402.
func Number(n any) string {
	digits := text(n)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, rest, found := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		whole += "." + rest
	}
	return sign + whole
}

// Bytes writes a size in decimal units: 412 KB, 18.3 MB.
func Bytes(n int64) string { return fault.Size(n) }

// Binary is Bytes for what is read beside a bound of packages or of memory, which
// have these units: 26.3 MiB.
func Binary(n int64) string { return fault.Binary(n) }

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case fmt.Stringer:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

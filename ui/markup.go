package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html/template"
	"strings"
	"unicode"
)

// icon draws one icon of the sprite. Sizes: "s" 14 px, "" 16 px, "l" 20 px.
// Icons are decoration: what they mean stands beside them in words.
func (r *Renderer) icon(name string, size ...string) (template.HTML, error) {
	sprite, err := r.options.Assets.URL("icons.svg")
	if err != nil {
		return "", err
	}
	class := "icon"
	if len(size) > 0 && size[0] != "" {
		class += " icon-" + size[0]
	}
	if !isIconName(name) || !isIconName(strings.ReplaceAll(class, " ", "-")) {
		return "", fmt.Errorf("not an icon name: %q %q", name, size)
	}
	return template.HTML(`<svg class="` + class + `" aria-hidden="true" focusable="false"><use href="` + sprite + "#" + name + `"/></svg>`), nil //nolint:gosec // every part is checked above
}

// HasIcon reports whether a name is one of the sprite's.
func (r *Renderer) HasIcon(name string) bool {
	if !isIconName(name) {
		return false
	}
	sprite, ok := r.options.Assets.Named("icons.svg")
	return ok && bytes.Contains(sprite.Data, []byte(`<symbol id="`+name+`"`))
}

func isIconName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Avatar draws a person's initials on one of six hues. It is hidden from screen
// readers because the name stands next to it. Sizes: "s" 24 px, "m" 28 px, "l" 32 px.
func Avatar(id, name, size string) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="avatar avatar-%s hue-%d" aria-hidden="true">%s</span>`, //nolint:gosec // escaped here
		template.HTMLEscapeString(size), Hue(id), template.HTMLEscapeString(Initials(name))))
}

// Hue is the avatar colour class 1…6 of an id.
func Hue(id string) int {
	sum := sha256.Sum256([]byte(id))
	return int(binary.BigEndian.Uint32(sum[:])%6) + 1
}

// Initials are the first letters of the first and last word of a name, at most two.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '\'' && c != '’' && !unicode.IsMark(c)
	})
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return initial(words[0])
	}
	return initial(words[0]) + initial(words[len(words)-1])
}

func initial(word string) string {
	for _, c := range word {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return string(unicode.ToUpper(c))
		}
	}
	return ""
}

// timeElement wraps words about a moment in <time> with the exact moment as tooltip.
func timeElement(datetime, title, words string) template.HTML {
	return template.HTML(`<time datetime="` + template.HTMLEscapeString(datetime) + `" title="` + //nolint:gosec // escaped here
		template.HTMLEscapeString(title) + `">` + template.HTMLEscapeString(words) + `</time>`)
}

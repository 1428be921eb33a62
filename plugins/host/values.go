//go:build !wasip1

package host

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// CheckValues tells for each element of a form what is wrong with the value that
// came for it, as words for the person who filled it in; nothing when all is
// well. It makes the values what the plugin gets: numbers, truths and strings of
// the declared shape; what no element asks for is left out. Which member or
// workspace an id names is the caller's to look up.
func CheckValues(es Elements, given map[string]any) (values map[string]any, wrong map[string]string) {
	values, wrong = make(map[string]any), make(map[string]string)
	for _, e := range es {
		f, ok := e.(Fielded)
		if !ok {
			continue
		}
		name := f.FieldOf().Name
		value, problem := valueOf(f, given[name])
		if problem != "" {
			wrong[name] = problem
		} else if value != nil {
			values[name] = value
		}
	}
	return values, wrong
}

func valueOf(e Fielded, given any) (value any, problem string) {
	text, _ := given.(string)
	required := e.FieldOf().Required
	switch e := e.(type) {
	case *Checkbox:
		return truth(given, required)
	case *Toggle:
		return truth(given, required)
	case *FileField:
		return file(e, given)
	case *NumberField:
		return number(e, given)
	case *SecretField:
		if text == "" && e.Set {
			return nil, ""
		}
	}
	if _, is := given.(string); given != nil && !is {
		return nil, "Write text here."
	}
	if strings.TrimSpace(text) == "" {
		if required {
			return nil, "Fill this in."
		}
		return "", ""
	}
	return text, textProblem(e, text)
}

func textProblem(e Fielded, text string) string {
	switch e := e.(type) {
	case *TextField:
		if p := tooLong(text, e.MaxLength, 4000); p != "" {
			return p
		}
		return e.kindProblem(text)
	case *TextArea:
		return tooLong(text, e.MaxLength, 32000)
	case *Select:
		return oneOf(e.Options, text)
	case *Radio:
		return oneOf(e.Options, text)
	case *Combobox:
		if !e.Free && e.Action == "" {
			return oneOf(e.Options, text)
		}
		return tooLong(text, 0, 200)
	case *DateField:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return "Write a day as YYYY-MM-DD."
		}
		if e.Min != "" && text < e.Min {
			return "Not before " + e.Min + "."
		}
		if e.Max != "" && text > e.Max {
			return "Not after " + e.Max + "."
		}
	case *SecretField:
		return tooLong(text, 0, 4000)
	case *MemberField, *WorkspaceField:
		return tooLong(text, 0, 128)
	}
	return ""
}

func (e *TextField) kindProblem(text string) string {
	switch e.Kind {
	case "email":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return "Write one e-mail address."
		}
	case "url":
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return "Write an address that begins with https://."
		}
	}
	return ""
}

func tooLong(text string, most, otherwise int) string {
	if most <= 0 || most > otherwise {
		most = otherwise
	}
	if n := utf8.RuneCountInString(text); n > most {
		return fmt.Sprintf("At most %d characters; these are %d.", most, n)
	}
	return ""
}

func oneOf(options []Option, text string) string {
	if slices.ContainsFunc(options, func(o Option) bool { return o.Value == text }) {
		return ""
	}
	return "Choose one of the list."
}

func truth(given any, required bool) (any, string) {
	on := false
	switch v := given.(type) {
	case nil:
	case bool:
		on = v
	case string:
		on = v == "on" || v == "true" || v == "1"
	default:
		return nil, "This is either on or off."
	}
	if required && !on {
		return nil, "This has to be ticked."
	}
	return on, ""
}

func number(e *NumberField, given any) (any, string) {
	var n float64
	switch v := given.(type) {
	case float64:
		n = v
	case nil:
		return missingNumber(e)
	case string:
		if strings.TrimSpace(v) == "" {
			return missingNumber(e)
		}
		var err error
		if n, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return nil, "Write a number."
		}
	default:
		return nil, "Write a number."
	}
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return nil, "Write a number."
	case e.Min != nil && n < *e.Min:
		return nil, fmt.Sprintf("At least %v.", *e.Min)
	case e.Max != nil && n > *e.Max:
		return nil, fmt.Sprintf("At most %v.", *e.Max)
	}
	return n, ""
}

func missingNumber(e *NumberField) (any, string) {
	if e.Required {
		return nil, "Write a number."
	}
	return nil, ""
}

// MaxFileKB is the most kilobytes that a form hands to a plugin as a file: in
// base64 it has to fit into a call.
const MaxFileKB = 700

func file(e *FileField, given any) (any, string) {
	f, ok := given.(map[string]any)
	if !ok {
		if given != nil && given != "" {
			return nil, "Choose a file."
		}
		if e.Required {
			return nil, "Choose a file."
		}
		return nil, ""
	}
	name, _ := f["name"].(string)
	kind, _ := f["type"].(string)
	data, _ := f["data"].(string)
	bytes, err := base64.StdEncoding.DecodeString(data)
	most := e.MaxKB
	if most <= 0 || most > MaxFileKB {
		most = MaxFileKB
	}
	switch {
	case err != nil || name == "":
		return nil, "Choose a file."
	case len(bytes) > most*1000:
		return nil, fmt.Sprintf("At most %d KB; this file has %d.", most, (len(bytes)+999)/1000)
	case len(e.Accept) > 0 && !slices.Contains(e.Accept, kind):
		return nil, "Choose a file of type " + strings.Join(e.Accept, " or ") + "."
	}
	return map[string]any{"name": name, "type": kind, "size": float64(len(bytes)), "data": data}, ""
}

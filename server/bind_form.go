package server

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
)

// maxFormFields bounds how many values one form may carry.
const maxFormFields = 200

// submitted is a form as a person sent it: what was typed, and what is wrong
// with it by field. Show Values again when it is not OK.
type submitted[T any] struct {
	Values T
	Fields map[string]string // field name → sentence; empty when all is well
}

// OK reports whether the form passed its validate tags.
func (f submitted[T]) OK() bool { return len(f.Fields) == 0 }

// typed gives the guard the bare body.
func (f submitted[T]) typed() any { return f.Values }

// bindForm reads an HTML form into T by its form tags. Fields of T are string,
// bool (a checkbox) or []string. What no browser of ours would send is refused
// outright; what a person may have mistyped comes back in Fields.
func bindForm[T any](r *request) (submitted[T], error) {
	var f submitted[T]
	kind, _, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType))
	body := r.c.Request().Body()
	if (err != nil || kind != fiber.MIMEApplicationForm) && len(body) > 0 {
		return f, fault.New(fault.Unsupported, "This address takes a form (application/x-www-form-urlencoded).")
	}
	values, err := parseValues(string(body))
	if err != nil {
		return f, err
	}
	if loose, ok := any(&f.Values).(anyFields); ok {
		loose.take(values)
		return f, nil
	}
	if err := fill(&f.Values, "form", values); err != nil {
		return f, err
	}
	var wrong *fault.Error
	if errors.As(r.s.validate.check(f.Values), &wrong) {
		f.Fields = wrong.Fields
	}
	return f, nil
}

// bindQuery reads the query into T by its query tags; a key that T does not
// know is refused, so that a mistyped filter never shows everything.
func bindQuery[T any](r *request) (q T, err error) {
	values, err := parseValues(string(r.c.Request().URI().QueryString()))
	if err != nil {
		return q, err
	}
	if err := fill(&q, "query", values); err != nil {
		return q, err
	}
	return q, r.s.validate.check(q)
}

// parseValues decodes urlencoded text strictly: valid UTF-8, no NUL, not too
// many values. Line ends become \n, as everything else in the program has them.
func parseValues(text string) (url.Values, error) {
	if strings.Count(text, "&") >= maxFormFields {
		return nil, fault.New(fault.Invalid, "The form has too many fields.")
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, unparsable("The form is not well-formed.")
	}
	for name, list := range values {
		for i, v := range list {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
				return nil, unparsable("The form holds text that is not valid UTF-8, or the character NUL.")
			}
			list[i] = strings.ReplaceAll(v, "\r\n", "\n")
		}
	}
	return values, nil
}

// fill copies values into the struct behind target by the given tag.
func fill(target any, tag string, values url.Values) error {
	v := reflect.ValueOf(target).Elem()
	known := map[string]bool{}
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get(tag)
		if name == "" || name == "-" {
			continue
		}
		known[name] = true
		if err := set(v.Field(i), name, values[name]); err != nil {
			return err
		}
	}
	for name := range values {
		if !known[name] {
			return fault.Field(cut(name, 100), "is not a field this address knows")
		}
	}
	return nil
}

func set(field reflect.Value, name string, given []string) error {
	if field.Kind() == reflect.Slice {
		field.Set(reflect.ValueOf(given))
		return nil
	}
	if len(given) > 1 {
		return fault.Field(name, "is there twice")
	}
	if len(given) == 0 {
		return nil
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(given[0])
	case reflect.Bool:
		switch given[0] {
		case "on", "true", "1":
			field.SetBool(true)
		case "", "off", "false", "0":
		default:
			return fault.Field(name, "has to be on or off")
		}
	case reflect.Int, reflect.Int64:
		var n int64
		if _, err := fmt.Sscanf(given[0], "%d", &n); err != nil || fmt.Sprint(n) != given[0] {
			return fault.Field(name, "has to be a whole number")
		}
		field.SetInt(n)
	default:
		panic("server: a form or query field of kind " + field.Kind().String())
	}
	return nil
}

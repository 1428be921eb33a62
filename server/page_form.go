package server

import (
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/ui"
)

// again is a form as it comes back to the person who sent it: what was typed,
// never a password, and what is wrong with it.
func (f submitted[T]) again(id string) ui.Form {
	form := formOf(id, f.Values)
	labels := labelsOf(f.Values)
	form.Errors = map[string]string{}
	for name, words := range f.Fields {
		form.Errors[name] = sentenceOf(labels[name], words)
	}
	return form
}

// refuse adds what a service said against the form. It gives the status of the
// answer; an error that is not about the form comes back for the error page.
func (f *submitted[T]) refuse(r *request, err error) (int, error) {
	if err == nil {
		return http.StatusUnprocessableEntity, nil
	}
	var e *fault.Error
	if !errors.As(err, &e) {
		return 0, err
	}
	switch e.Kind {
	case fault.Invalid, fault.Conflict, fault.Forbidden, fault.NotFound, fault.Unauthenticated, fault.RateLimited, fault.Unsupported:
	default:
		return 0, err
	}
	if f.Fields == nil {
		f.Fields = map[string]string{}
	}
	maps.Copy(f.Fields, e.Fields)
	if len(e.Fields) == 0 {
		f.Fields[""] = e.Message
	}
	if e.Retry > 0 {
		r.c.Set(fiber.HeaderRetryAfter, retryAfter(e.Retry))
	}
	return statusOf(e), nil
}

// formOf fills a form with the values of a struct with form tags. Passwords
// stay out: they are typed again.
func formOf(id string, in any) ui.Form {
	form := ui.Form{ID: id, Values: map[string]string{}}
	v := reflect.ValueOf(in)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("form")
		if name == "" {
			name = v.Type().Field(i).Tag.Get("query")
		}
		if name == "" {
			continue
		}
		form.Order = append(form.Order, name)
		switch field := v.Field(i); {
		case strings.Contains(name, "password"):
		case field.Kind() == reflect.String:
			form.Values[name] = field.String()
		case field.Kind() == reflect.Bool && field.Bool():
			form.Values[name] = "on"
		}
	}
	return form
}

// labelsOf reads the label tags: what a person calls each field.
func labelsOf(in any) map[string]string {
	labels := map[string]string{}
	t := reflect.TypeOf(in)
	for i := range t.NumField() {
		labels[t.Field(i).Tag.Get("form")] = t.Field(i).Tag.Get("label")
	}
	return labels
}

// sentenceOf makes a sentence of what the validator continues a field's name
// with ("may have at most 100 characters"); services speak in sentences already.
func sentenceOf(label, words string) string {
	if label == "" || strings.HasSuffix(words, ".") {
		return words
	}
	return label + " " + words + "."
}

package server

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"or3.cloud/or3/internal/fault"
)

// validation checks validate tags and words what is wrong.
type validation struct{ rules *validator.Validate }

func newValidation() *validation {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		for _, tag := range []string{"json", "form", "query"} {
			if name, _, _ := strings.Cut(f.Tag.Get(tag), ","); name != "" && name != "-" {
				return name
			}
		}
		return f.Name
	})
	// id: what an id of ours looks like.
	if err := v.RegisterValidation("id", func(fl validator.FieldLevel) bool { return idShape.MatchString(fl.Field().String()) }); err != nil {
		panic(err)
	}
	// row_id: what an id of a synced row looks like, which its device has chosen.
	if err := v.RegisterValidation("row_id", func(fl validator.FieldLevel) bool { return rowIDShape.MatchString(fl.Field().String()) }); err != nil {
		panic(err)
	}
	return &validation{rules: v}
}

// check gives nil or one Invalid fault that names every field in question.
func (v *validation) check(in any) error {
	if reflect.ValueOf(in).Kind() != reflect.Struct {
		return nil
	}
	err := v.rules.Struct(in)
	var found validator.ValidationErrors
	if err == nil || !errors.As(err, &found) {
		return err
	}
	fields := map[string]string{}
	for _, f := range found {
		_, name, _ := strings.Cut(f.Namespace(), ".")
		fields[name] = sentence(f)
	}
	message := "Some of what was sent does not fit."
	if len(found) == 1 {
		_, name, _ := strings.Cut(found[0].Namespace(), ".")
		message = name + " " + fields[name] + "."
	}
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: fields}
}

// sentence continues "display_name …".
func sentence(f validator.FieldError) string {
	unit := ""
	switch f.Kind() {
	case reflect.String:
		unit = " characters"
	case reflect.Slice:
		unit = " entries"
	}
	switch f.Tag() {
	case "required":
		return "is missing"
	case "max", "lte":
		return fmt.Sprintf("may have at most %s%s", f.Param(), unit)
	case "min", "gte":
		return fmt.Sprintf("needs at least %s%s", f.Param(), unit)
	case "email":
		return "is not an e-mail address"
	case "oneof":
		return "has to be one of " + strings.ReplaceAll(f.Param(), " ", ", ")
	case "id", "row_id":
		return "is not an id"
	}
	return "does not fit the rule " + f.Tag()
}

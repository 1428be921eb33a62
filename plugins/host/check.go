package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Manifest is what an answer may lean on: the actions that the plugin's manifest
// declares, the files below its assets/, and whether ui.html and ui.frame were granted.
type Manifest struct {
	Actions map[string]bool
	Assets  map[string]bool
	HTML    bool
	Frame   bool
}

// ParseAnswer reads what a page, a widget or an action answered. It refuses what
// is too large, not of the language, or leans on something that the manifest
// does not have; the error says where and what to change, for the plugin's author.
func ParseAnswer(data []byte, m Manifest) (Answer, error) {
	if len(data) > MaxAnswer {
		return Answer{}, fmt.Errorf("the answer has %d bytes; at most %d are drawn", len(data), MaxAnswer)
	}
	var a Answer
	if err := strict(data, &a); err != nil {
		return Answer{}, fmt.Errorf("the answer cannot be read: %w", err)
	}
	if a.Error == nil && a.Blocks == nil && a.Redirect == "" && a.Flash == nil {
		return Answer{}, errors.New("the answer has neither blocks nor redirect, flash or error")
	}
	if err := (&checker{manifest: m}).value(reflect.ValueOf(&a), "", 0); err != nil {
		return Answer{}, err
	}
	if a.Redirect != "" {
		if err := CheckLink(a.Redirect); err != nil || strings.HasPrefix(a.Redirect, "https:") {
			return Answer{}, errors.New("/redirect: an address below the plugin, or of this server that begins with one /")
		}
	}
	return a, nil
}

// checker walks an answer and holds what it has to count on the way.
type checker struct {
	manifest Manifest
	nodes    int
}

// checked is a type with rules that tags cannot say.
type checked interface{ check(*checker) error }

func (c *checker) value(v reflect.Value, place string, depth int) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return c.value(v.Elem(), place, depth)
	case reflect.Slice:
		return c.slice(v, place, depth)
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if err := c.entry(v.MapIndex(key), place+"/"+key.String(), depth); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return c.structure(v, place, depth)
	}
	return nil
}

// entry checks a value of a map, which cannot be addressed where it lies.
func (c *checker) entry(v reflect.Value, place string, depth int) error {
	if v.Kind() != reflect.Struct {
		return nil
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return c.value(copied, place, depth)
}

func (c *checker) slice(v reflect.Value, place string, depth int) error {
	switch v.Interface().(type) {
	case json.RawMessage:
		return nil
	case Blocks:
		if depth++; depth > MaxDepth {
			return fmt.Errorf("%s: blocks stand in blocks more than %d deep", place, MaxDepth)
		}
	}
	for i := range v.Len() {
		kind := v.Type().Elem().Kind()
		if kind == reflect.Struct || kind == reflect.Interface {
			if c.nodes++; c.nodes > MaxNodes {
				return fmt.Errorf("%s: more than %d blocks, elements, rows and items in one answer", place, MaxNodes)
			}
		}
		if err := c.value(v.Index(i), place+"/"+strconv.Itoa(i), depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) structure(v reflect.Value, place string, depth int) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := place
		if !f.Anonymous {
			at += "/" + name
		}
		if err := checkTags(f, v.Field(i), at); err != nil {
			return err
		}
		if err := c.value(v.Field(i), at, depth); err != nil {
			return err
		}
	}
	if !v.CanAddr() {
		return nil
	}
	if own, ok := v.Addr().Interface().(checked); ok {
		if err := own.check(c); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return nil
}

func checkTags(f reflect.StructField, v reflect.Value, place string) error {
	if f.Tag.Get("need") != "" && v.IsZero() {
		return fmt.Errorf("%s is missing", place)
	}
	if most, err := strconv.Atoi(f.Tag.Get("max")); err == nil {
		switch v.Kind() {
		case reflect.String:
			if n := utf8.RuneCountInString(v.String()); n > most {
				return fmt.Errorf("%s has %d characters; at most %d", place, n, most)
			}
		case reflect.Slice, reflect.Map:
			if v.Len() > most {
				return fmt.Errorf("%s has %d entries; at most %d", place, v.Len(), most)
			}
		}
	}
	if words := f.Tag.Get("enum"); words != "" && v.String() != "" && !slices.Contains(strings.Split(words, ","), v.String()) {
		return fmt.Errorf("%s: %q is none of %s", place, v.String(), strings.ReplaceAll(words, ",", ", "))
	}
	return nil
}

func (c *checker) action(id string) error {
	if id != "" && !c.manifest.Actions[id] {
		return fmt.Errorf("the manifest contributes no action %q", id)
	}
	return nil
}

func (c *checker) asset(path string) error {
	if !c.manifest.Assets["assets/"+path] {
		return fmt.Errorf("the package has no file assets/%s", path)
	}
	return nil
}

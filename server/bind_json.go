package server

import (
	"errors"
	"mime"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
)

// maxDepth bounds the nesting of a body; nothing of ours comes near.
const maxDepth = 64

// optional is a body that need not be sent: then every member of it is missing.
type optional interface{ optional() }

func (nothing) optional() {}

// bindJSON reads the body into T: exactly the declared members, each once, in
// their exact spelling, valid UTF-8, no NUL, and what the validate tags ask.
func bindJSON[T any](r *request) (in T, err error) {
	body := r.c.Request().Body()
	if _, is := any(in).(optional); is && len(body) == 0 {
		return in, nil
	}
	if err := jsonType(r); err != nil {
		return in, err
	}
	if len(body) == 0 {
		return in, unparsable("The body is empty; this address takes a JSON object.")
	}
	if err := scanJSON(body); err != nil {
		return in, err
	}
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return in, jsonFault(err)
	}
	if jsontext.Value(body).Kind() != '{' {
		return in, fault.New(fault.Invalid, "The body has to be a JSON object.")
	}
	return in, r.s.validate.check(in)
}

func jsonType(r *request) error { return bodyType(r, fiber.MIMEApplicationJSON) }

func bodyType(r *request, media string) error {
	kind, params, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType))
	charset, given := params["charset"]
	if err != nil || kind != media || (given && !strings.EqualFold(charset, "utf-8")) {
		return fault.New(fault.Unsupported, "Send the body as Content-Type: "+media+".")
	}
	return nil
}

// scanJSON looks for what a correct decoder accepts and we do not: something
// else than an object, deep nesting, and NUL written as \u0000, which no
// database column of ours can hold.
func scanJSON(body []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			if i+5 < len(body) && string(body[i+1:i+6]) == "u0000" {
				return fault.New(fault.Invalid, "A text in the body holds the character NUL, which is not allowed.")
			}
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fault.New(fault.Invalid, "The body is nested too deeply.")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// jsonFault words a decoder's refusal and names the member it is about.
func jsonFault(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return about(syntax.JSONPointer, "is there twice")
		}
		return unparsable("The body is not valid JSON in UTF-8.")
	}
	var meaning *json.SemanticError
	if errors.As(err, &meaning) {
		if errors.Is(err, json.ErrUnknownName) {
			return about(meaning.JSONPointer, "is not a member this address knows; spelling and case count")
		}
		return about(meaning.JSONPointer, "has the wrong type or does not fit")
	}
	return unparsable("The body is not valid JSON.")
}

func about(p jsontext.Pointer, what string) error {
	name := strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".")
	name = cut(strings.ToValidUTF8(name, "\uFFFD"), 100)
	if name == "" {
		return fault.Newf(fault.Invalid, "The body %s.", what)
	}
	return &fault.Error{Kind: fault.Invalid, Message: name + " " + what + ".", Fields: map[string]string{name: what}}
}

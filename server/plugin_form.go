package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
)

// maxPluginForm is the most bytes of a form of a plugin: a file of
// host.MaxFileKB, and what else stands in it.
const maxPluginForm = 1 << 20

// pluginForm is a form of a plugin as it came. The names of what the server put
// into it begin with _, which no element's name does.
type pluginForm struct {
	page, query  string
	widget, size string // of a widget's form
	form         int    // its number on the page; -1 for a button alone
	values       string // a button's, as JSON
	sealed       string
	confirmed    bool
	given        map[string]any // what was typed, by element
	elements     host.Elements  // of the form, once its seal was opened
}

// readPluginForm reads the body of a form of a plugin.
func (r *request) readPluginForm() (f pluginForm, err error) {
	kind, params, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType))
	body := r.c.Request().Body()
	f = pluginForm{form: -1, given: map[string]any{}}
	var values url.Values
	switch {
	case err == nil && kind == fiber.MIMEMultipartForm:
		if values, err = f.readParts(body, params["boundary"]); err != nil {
			return f, err
		}
	case err == nil && kind == fiber.MIMEApplicationForm, len(body) == 0:
		if values, err = parseValues(string(body)); err != nil {
			return f, err
		}
	default:
		return f, fault.New(fault.Unsupported, "This address takes a form.")
	}
	return f, f.take(values)
}

// take sorts what came into what is the server's and what is the plugin's.
func (f *pluginForm) take(values url.Values) error {
	own := map[string]*string{"_page": &f.page, "_query": &f.query, "_widget": &f.widget, "_size": &f.size, "_values": &f.values, "_sealed": &f.sealed}
	for name, list := range values {
		if len(list) > 1 {
			return fault.Field(cut(name, 100), "is there twice")
		}
		switch to := own[name]; {
		case to != nil:
			*to = list[0]
		case name == "_form":
			n, err := strconv.Atoi(list[0])
			if err != nil || n < 0 || n > host.MaxNodes {
				return unparsable("The form does not say which one it is.")
			}
			f.form = n
		case name == "_confirmed":
			f.confirmed = list[0] == "1"
		case strings.HasPrefix(name, "_"):
			return fault.Field(cut(name, 100), "is not a field this address knows")
		case f.given[name] != nil:
			return fault.Field(cut(name, 100), "is there twice, as a file and as text")
		default:
			f.given[name] = list[0]
		}
	}
	return nil
}

// readParts reads a form that may bring files.
func (f *pluginForm) readParts(body []byte, boundary string) (url.Values, error) {
	values, form := url.Values{}, multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil || n >= maxFormFields {
			return nil, unparsable("The form is not well-formed.")
		}
		data, err := io.ReadAll(part)
		name := part.FormName()
		switch {
		case err != nil || name == "" || !clean(name):
			return nil, unparsable("The form is not well-formed.")
		case part.FileName() != "":
			if f.given[name] != nil {
				name = cut(name, 100)
				return nil, &fault.Error{Kind: fault.Invalid, Message: "The field “" + name + "” takes one file, and two came. Choose one.", Fields: map[string]string{name: "Choose one file."}}
			}
			media, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
			f.given[name] = map[string]any{"name": fileNameIn(part.FileName()), "type": strings.TrimSpace(strings.ToLower(media)), "data": base64.StdEncoding.EncodeToString(data)}
		case part.Header.Get("Content-Type") != "" && len(data) == 0: // a file field in which none was chosen
		case !clean(string(data)):
			return nil, unparsable("The form holds text that is not valid UTF-8, or the character NUL.")
		default:
			values.Add(name, strings.ReplaceAll(string(data), "\r\n", "\n"))
		}
	}
}

func clean(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// typed is what stands in the form again when it was refused: never a secret, and
// no file, which a browser does not let us put back.
func (f *pluginForm) typed(elements host.Elements) map[string]string {
	out := map[string]string{}
	for _, e := range elements {
		field, ok := e.(host.Fielded)
		if _, secret := e.(*host.SecretField); !ok || secret {
			continue
		}
		name := field.FieldOf().Name
		text, _ := f.given[name].(string)
		out[name] = text // of a box that was not ticked nothing comes
	}
	return out
}

// button gives the values that a button was shown with.
func (f *pluginForm) button() (map[string]any, error) {
	values := map[string]any{}
	if f.values == "" {
		return values, nil
	}
	if err := json.Unmarshal([]byte(f.values), &values); err != nil || values == nil {
		return nil, errSeal
	}
	return values, nil
}

// queryMap is a query as a page gets it: of a key that came twice the first value.
func queryMap(query string) map[string]string {
	out := map[string]string{}
	values, err := parseValues(query)
	if err != nil {
		return out
	}
	for key, list := range values {
		if key != "" && len(list) > 0 {
			out[key] = list[0]
		}
	}
	return out
}

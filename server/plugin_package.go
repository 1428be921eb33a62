package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
)

// packageForm is a package as somebody sent it, from a page or a program, with
// what was said beside it. The gate reads the zip back and forth, so that it is
// whole in memory, once: it lies in the body of the request, and as long as that.
type packageForm struct {
	name  string // of the file
	zip   []byte
	force bool // a plugin of its id may be there already
	grant grant
}

// grant is what somebody agrees to: "all", or names of capabilities.
type grant struct {
	all   bool
	names []string
}

// options are what the form asks for.
func (in *packageForm) options() plugins.InstallOptions {
	return plugins.InstallOptions{Force: in.force, Grant: in.grant.names, GrantAll: in.grant.all}
}

// takesPackage is a form of a page whose file is a plugin package.
func takesPackage(path string, a access, h func(*request, packageForm) error, o ...option) row {
	w := newRow("POST", path, a, "", append([]option{within(maxTimeout)}, o...))
	w.isPage, w.isForm = true, true
	w.body = reflect.TypeFor[packageForm]()
	w.serve = withPackage(h)
	return w
}

// withPackage reads the form, once whoever sends it may, and hands it on.
func withPackage(h func(*request, packageForm) error) func(*request) error {
	return func(r *request) error {
		in, err := prepared(r, readPackage)
		if err != nil {
			return err
		}
		return h(r, in)
	}
}

// readPackage reads the form: file once, force at most once, grant as often as
// there are ticks.
func readPackage(r *request) (in packageForm, err error) {
	kind, params, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return in, fault.New(fault.Unsupported, "Send the package as Content-Type: multipart/form-data, with the zip in the field file.")
	}
	return packageIn(r.c.Request().Body(), params["boundary"])
}

// packageIn reads a form and moves what is in its fields to the front of the body,
// over what was read already.
func packageIn(body []byte, boundary string) (in packageForm, err error) {
	form, seen, room := multipart.NewReader(bytes.NewReader(body), boundary), map[string]bool{}, body
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return in, unparsable("The form is not well-formed.")
		}
		n, err := readInto(room, part)
		if err != nil {
			return in, unparsable("The form did not come as a whole. Send it again.")
		}
		value := room[:n:n]
		room = room[n:]
		name := part.FormName()
		if seen[name] && name != "grant" {
			return in, fault.Field(cut(strings.ToValidUTF8(name, "\uFFFD"), 100), "is there twice")
		}
		seen[name] = true
		if name == "file" {
			in.name = fileNameIn(part.FileName())
			// Browsers send an empty file without a name where none was chosen.
			seen[name] = len(value) > 0 || part.FileName() != ""
		}
		if err := in.take(name, value); err != nil {
			return in, err
		}
	}
	if !seen["file"] {
		return in, fault.Field("file", "Choose the package, a zip.")
	}
	return in, nil
}

// readInto reads to the end. The room has to be large enough.
func readInto(room []byte, r io.Reader) (n int, err error) {
	for {
		read, err := r.Read(room[n:])
		n += read
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (in *packageForm) take(name string, value []byte) error {
	switch name {
	case "file":
		in.zip = value
	case "force":
		switch strings.TrimSpace(string(value)) {
		case "true", "1", "on":
			in.force = true
		case "false", "0", "":
		default:
			return fault.Field("force", "has to be true or false")
		}
	case "grant":
		return in.grant.take(strings.TrimSpace(string(value)))
	default:
		return fault.Field(cut(strings.ToValidUTF8(name, "\uFFFD"), 100), "is not a field this address knows; spelling and case count")
	}
	return nil
}

// take reads "all", a JSON array, or names with commas between.
func (g *grant) take(text string) error {
	if strings.HasPrefix(text, "[") {
		var names []string
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return fault.Field("grant", `has to be "all" or a list of capabilities`)
		}
		return g.add(names)
	}
	return g.add(strings.Split(text, ","))
}

func (g *grant) add(names []string) error {
	for _, name := range names {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case name == "all":
			g.all = true
		case len(name) > 100 || len(g.names) > 100:
			return fault.Field("grant", "names what no plugin asks for")
		case !slices.Contains(g.names, name):
			g.names = append(g.names, name)
		}
	}
	return nil
}

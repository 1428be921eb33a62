package server

import (
	"bytes"
	"compress/flate"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"or3.cloud/or3/plugins/host"
)

// A plugin's form comes back with the schema it was drawn from, sealed by the
// server for this version of the plugin, this workspace, this person and this
// page: what was typed is held against what was asked for without calling the
// guest, and nobody makes a plugin check less than it asked for.

const (
	sealLife  = 24 * time.Hour
	maxSchema = 512 << 10 // of a schema, unpacked
)

// standing is what a form or a button belongs to.
type standing struct {
	plugin, version, workspace, user string
	place                            string // the page's path, or the widget
}

// sealedForm is what of a form counts when it comes back.
type sealedForm struct {
	At       int64         `json:"at"` // unix seconds
	Action   string        `json:"action,omitempty"`
	Elements host.Elements `json:"elements"`
}

// errSeal is a seal that is not ours, is another's, or is too old.
var errSeal = errors.New("the seal does not fit")

// formSeals makes and opens seals; the zero value is ready.
type formSeals struct {
	once sync.Once
	key  [sha256.Size]byte
}

// mac is over parts none of which can end in another: each has its length before it.
func (s *formSeals) mac(secretKey, kind string, of standing, text []byte) []byte {
	s.once.Do(func() {
		s.key = sha256.Sum256([]byte("or3 plugin forms\x00" + secretKey))
		if secretKey == "" {
			_, _ = rand.Read(s.key[:]) // never fails: the program ends if the system has no randomness
		}
	})
	h := hmac.New(sha256.New, s.key[:])
	for _, part := range []string{kind, of.plugin, of.version, of.workspace, of.user, of.place, string(text)} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// seal is the text that a form carries.
func (s *formSeals) seal(secretKey string, of standing, form *host.Form, now time.Time) string {
	schema := sealedForm{At: now.Unix(), Action: form.Action, Elements: make(host.Elements, len(form.Elements))}
	for i, e := range form.Elements {
		schema.Elements[i] = schemaOf(e)
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return "" // never: they came out of JSON
	}
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed) // fails for a level that is none
	_, _ = w.Write(text)                              // a buffer takes everything
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(append(s.mac(secretKey, "form", of, packed.Bytes()), packed.Bytes()...))
}

// open gives back what was sealed.
func (s *formSeals) open(secretKey string, of standing, sealed string, now time.Time) (form sealedForm, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < sha256.Size {
		return form, errSeal
	}
	packed := raw[sha256.Size:]
	if !hmac.Equal(raw[:sha256.Size], s.mac(secretKey, "form", of, packed)) {
		return form, errSeal
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxSchema))
	if err != nil {
		return form, errSeal
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return form, errSeal
	}
	if age := now.Sub(time.Unix(form.At, 0)); age > sealLife || age < -time.Hour {
		return form, errSeal
	}
	return form, nil
}

// mark is the text that a button carries over its values.
func (s *formSeals) mark(secretKey string, of standing, action, values string) string {
	text := []byte(action + "\x00" + values) // no action's id has a NUL
	return base64.RawURLEncoding.EncodeToString(s.mac(secretKey, "button", of, text))
}

func equalText(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// marked reports whether a button carries what it was shown with.
func (s *formSeals) marked(secretKey string, of standing, action, values, mark string) bool {
	return equalText(mark, s.mark(secretKey, of, action, values))
}

// sends reports whether the form sends to an action, and gives the values of the
// button inside of it that does.
func (f *sealedForm) sends(action string) (values map[string]any, ok bool) {
	if action == f.Action {
		return nil, true
	}
	for _, e := range f.Elements {
		if b, is := e.(*host.ButtonField); is && b.Action == action {
			return b.Values, true
		}
	}
	return nil, false
}

// proposes reports whether a combobox of the form asks an action for proposals.
func (f *sealedForm) proposes(action string) bool {
	for _, e := range f.Elements {
		if c, is := e.(*host.Combobox); is && c.Action == action {
			return true
		}
	}
	return false
}

// schemaOf is an element without what does not bind its value.
func schemaOf(e host.Element) host.Element {
	switch e := e.(type) {
	case *host.TextField:
		return &host.TextField{Field: fieldOf(e), MaxLength: e.MaxLength, Kind: e.Kind}
	case *host.TextArea:
		return &host.TextArea{Field: fieldOf(e), MaxLength: e.MaxLength}
	case *host.NumberField:
		return &host.NumberField{Field: fieldOf(e), Min: e.Min, Max: e.Max}
	case *host.Select:
		return &host.Select{Field: fieldOf(e), Options: valuesOf(e.Options)}
	case *host.Combobox:
		return &host.Combobox{Field: fieldOf(e), Options: valuesOf(e.Options), Action: e.Action, Free: e.Free}
	case *host.Checkbox:
		return &host.Checkbox{Field: fieldOf(e)}
	case *host.Radio:
		return &host.Radio{Field: fieldOf(e), Options: valuesOf(e.Options)}
	case *host.Toggle:
		return &host.Toggle{Field: fieldOf(e)}
	case *host.DateField:
		return &host.DateField{Field: fieldOf(e), Min: e.Min, Max: e.Max}
	case *host.SecretField:
		return &host.SecretField{Field: fieldOf(e), Set: e.Set}
	case *host.FileField:
		return &host.FileField{Field: fieldOf(e), Accept: e.Accept, MaxKB: e.MaxKB}
	case *host.MemberField:
		return &host.MemberField{Field: fieldOf(e)}
	case *host.WorkspaceField:
		return &host.WorkspaceField{Field: fieldOf(e)}
	case *host.ButtonField:
		return &host.ButtonField{Button: host.Button{Action: e.Action, Values: e.Values, Confirm: e.Confirm}}
	}
	return e
}

func fieldOf(e host.Fielded) host.Field {
	f := e.FieldOf()
	return host.Field{Name: f.Name, Label: f.Label, Required: f.Required}
}

func valuesOf(options []host.Option) []host.Option {
	out := make([]host.Option, len(options))
	for i, o := range options {
		out[i].Value = o.Value
	}
	return out
}

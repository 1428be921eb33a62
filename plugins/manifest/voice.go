package manifest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// How a plugin may speak: in events that others hear, and in the audit log. The
// server and "or3 plugin test" refuse by the same rules.

// Bounds of what a call says.
const (
	MaxEvents       = 20 // events
	MaxEventPayload = 64 << 10
	MaxAuditEntries = 50
	MaxAuditDetails = 8 << 10
)

// Refusal is why something is not said: a code for the guest, and words. The zero
// one is none.
type Refusal struct{ Code, Message string }

const (
	badRequest = "bad_request"
	tooLarge   = "too_large"
)

var (
	eventForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*$`)
	actForm   = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
)

// Installed tells whether there is a plugin of an id.
type Installed func(id string) (bool, error)

// RefuseEvent says why the plugin id may not tell of an event: its type is not one
// of its own, or its payload is none.
func RefuseEvent(id, event string, payload []byte, installed Installed) (Refusal, error) {
	word, own := strings.CutPrefix(event, id+".")
	switch {
	case !own || !eventForm.MatchString(word):
		return Refusal{badRequest, "The type of an event is " + id + ". and a word of small letters, digits, dots, _ and -."}, nil
	case ServersOwn(event):
		return Refusal{badRequest, "Only the server tells of " + event + "."}, nil
	case len(payload) > MaxEventPayload:
		return Refusal{tooLarge, "The payload of an event has at most 64 KiB."}, nil
	case len(payload) > 0 && (!utf8.Valid(payload) || !json.Valid(payload)):
		return Refusal{badRequest, "The payload of an event is JSON in UTF-8."}, nil
	}
	other, err := anothers(id, word, installed)
	if err != nil || other == "" {
		return Refusal{}, err
	}
	return Refusal{badRequest, "Events whose type begins with " + other + ". are those of another plugin."}, nil
}

// RefuseAuditEntry says why the plugin id may not add an entry to the audit log, and
// reads its details.
func RefuseAuditEntry(id, action string, details []byte, installed Installed) (map[string]any, Refusal, error) {
	if !actForm.MatchString(action) {
		return nil, Refusal{badRequest, "An action is made of words with dots: small letters, digits and underscores."}, nil
	}
	var read map[string]any
	if len(details) > 0 {
		if len(details) > MaxAuditDetails {
			return nil, Refusal{tooLarge, "The details of an entry have at most 8 KiB."}, nil
		}
		d := json.NewDecoder(bytes.NewReader(details))
		d.UseNumber()
		if err := d.Decode(&read); err != nil || read == nil {
			return nil, Refusal{badRequest, "The details of an entry are an object."}, nil
		}
	}
	other, err := anothers(id, action, installed)
	if err != nil || other == "" {
		return read, Refusal{}, err
	}
	return nil, Refusal{badRequest, "Actions that begin with " + other + ". are those of another plugin."}, nil
}

// anothers is the plugin that a name belongs to rather than to the one that uses it,
// "" if none: ids have dots, and what acme calls "acme.tide.high" is what acme.tide
// calls its own.
func anothers(id, word string, installed Installed) (string, error) {
	for i := range len(word) {
		if word[i] != '.' {
			continue
		}
		other := id + "." + word[:i]
		if there, err := installed(other); err != nil || there {
			return other, err
		}
	}
	return "", nil
}

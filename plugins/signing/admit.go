package signing

import (
	"crypto/ed25519"
	"fmt"

	"or3.cloud/or3/internal/fault"
)

// Policy is what a server asks of signatures.
type Policy struct {
	Require bool              // only packages that a trusted key signed
	Pinned  ed25519.PublicKey // who signed this plugin when it was installed first; nil if nobody did, or it is new
}

// Code says why a package is not admitted. Codes are stable.
type Code string

// The codes.
const (
	NotAsSigned Code = "signing/tampered"
	NotSigned   Code = "signing/unsigned"
	NotTrusted  Code = "signing/untrusted"
	OtherKey    Code = "signing/other_key"
)

// Admit decides whether a package with this verdict may be installed. A plugin
// belongs to the key that signed it first: another one has to be trusted by the
// owner before.
func (p Policy) Admit(v Verdict) error {
	switch {
	case v.State == Trusted:
		return nil
	case v.State == Tampered:
		return refuse(NotAsSigned, "The package is not as its publisher signed it: %s. Get it again from the publisher.", v.first())
	case p.Require && v.State == Unsigned:
		return refuse(NotSigned, "The package is not signed, and this server asks for signatures. Sign it with or3 plugin sign and add the key to plugins.trusted_keys.")
	case p.Require:
		return refuse(NotTrusted, "The package is signed by the key %s, which this server does not trust. If you do, add %s to plugins.trusted_keys.", Fingerprint(v.Key), PublicText(v.Key))
	case p.Pinned != nil && v.State == Unsigned:
		return refuse(OtherKey, "The installed version is signed by the key %s, and this package is not signed. Get a signed one from the publisher, or sign it with that key.", Fingerprint(p.Pinned))
	case p.Pinned != nil && !p.Pinned.Equal(v.Key):
		return refuse(OtherKey, "The installed version is signed by the key %s, and this package by %s. If the publisher has a new key, add %s to plugins.trusted_keys.", Fingerprint(p.Pinned), Fingerprint(v.Key), PublicText(v.Key))
	}
	return nil
}

// first words the first difference, and how many there are besides.
func (v Verdict) first() string {
	if len(v.Wrong) == 0 {
		return "something differs"
	}
	text := fmt.Sprintf("%q %s", v.Wrong[0].Path, map[string]string{
		"changed": "was changed", "missing": "is missing", "not listed": "was added",
	}[v.Wrong[0].How])
	if v.Wrong[0].Path == Name {
		text = Name + " " + v.Wrong[0].How
	}
	if more := len(v.Wrong) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

func refuse(code Code, format string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Message: fmt.Sprintf(format, args...), Fields: map[string]string{"archive": string(code)}}
}

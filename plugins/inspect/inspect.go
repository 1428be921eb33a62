// Package inspect is the gate of installing: it judges a package as a whole, from
// the zip to the imports of its module, and says everything that is in the way at
// once. It runs nothing of the package.
package inspect

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"slices"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/plugins/signing"
	"or3.cloud/or3/plugins/wasm"
)

// Rules are what a server asks of packages.
type Rules struct {
	Archive archive.Limits
	Module  wasm.Limits
	Trusted []ed25519.PublicKey
	Policy  signing.Policy
	Version string // of or3; one that is no version runs everything
}

// Finding is one thing that is in the way.
type Finding struct {
	Code    string `json:"code"`            // stable, as docs/plugins.md lists them
	At      string `json:"at,omitempty"`    // a file of the package, or a place in its manifest
	Offset  int    `json:"offset,omitzero"` // in plugin.wasm, where it is known
	Message string `json:"message"`         // what is wrong and what to do
}

// Ask is a capability as an owner is asked for it.
type Ask struct {
	Name   string        `json:"name"`
	Risk   manifest.Risk `json:"risk"`
	Words  string        `json:"words"`
	Reason string        `json:"reason"` // the author's
}

// Signature is who made the package.
type Signature struct {
	State       signing.State        `json:"state"`
	Key         string               `json:"key,omitzero"` // as plugins.trusted_keys has it
	Fingerprint string               `json:"fingerprint,omitzero"`
	Wrong       []signing.Difference `json:"wrong,omitzero"`
}

// Module is what the module is to be.
type Module struct {
	Size     int64    `json:"size"`
	SHA256   string   `json:"sha256"`
	Exports  []string `json:"exports"` // that the manifest makes necessary
	Granted  []string `json:"granted"` // host functions that its capabilities give
	MemoryMB int      `json:"memory_mb"`
}

// Report is what is known of a package. What could not be read is not in it.
type Report struct {
	Size      int64              `json:"size"`
	SHA256    string             `json:"sha256,omitzero"`
	Files     []string           `json:"files,omitzero"`
	Manifest  *manifest.Manifest `json:"manifest,omitzero"`
	Signature Signature          `json:"signature,omitzero"`
	Module    *Module            `json:"module,omitzero"`
	Asks      []Ask              `json:"asks,omitzero"`
	Findings  []Finding          `json:"findings"`

	wasm, text []byte
}

// OK reports whether nothing is in the way.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Package judges a zip of so many bytes. An error means that it could not be
// judged; what is wrong with the package is among the findings.
func Package(zip io.ReaderAt, size int64, rules Rules) (*Report, error) {
	r := &Report{Size: size, Findings: []Finding{}}
	a, err := archive.Open(zip, size, rules.Archive)
	if err != nil {
		return r, r.refused(err)
	}
	sum := a.SHA256()
	r.SHA256 = hex.EncodeToString(sum[:])
	for _, f := range a.Files() {
		r.Files = append(r.Files, f.Path)
	}
	if err := r.signature(a, rules); err != nil {
		return r, err
	}
	text, err := a.Read(manifest.Name)
	if err != nil {
		return r, err
	}
	r.text = text
	if r.Manifest, err = manifest.Parse(text); err != nil {
		return r, r.refused(err)
	}
	for _, c := range r.Manifest.Capabilities {
		r.Asks = append(r.Asks, Ask{Name: c.Name, Risk: c.Class(), Words: c.Words(), Reason: c.Reason})
	}
	if err := errors.Join(r.refused(r.Manifest.RunsOn(rules.Version)), r.refused(r.Manifest.Fits(a.Sums()))); err != nil {
		return r, err
	}
	return r, r.module(a, rules)
}

// signature says who made the package, and whether that is enough here.
func (r *Report) signature(a *archive.Archive, rules Rules) error {
	signature, err := a.Read(signing.Name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	v := signing.Check(a.Sums(), signature, rules.Trusted)
	r.Signature = Signature{State: v.State, Wrong: v.Wrong}
	if v.Key != nil {
		r.Signature.Key, r.Signature.Fingerprint = signing.PublicText(v.Key), signing.Fingerprint(v.Key)
	}
	return r.refused(rules.Policy.Admit(v))
}

// module holds the module against what the manifest says.
func (r *Report) module(a *archive.Archive, rules Rules) error {
	if r.Manifest.Runtime == nil {
		return nil
	}
	code, err := a.Read(manifest.Wasm)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Fits said so
	}
	if err != nil {
		return err
	}
	r.wasm = code
	r.Module = &Module{Size: int64(len(code)), SHA256: a.Sums()[manifest.Wasm], Exports: Exports(r.Manifest), MemoryMB: r.Manifest.Runtime.MemoryMB}
	granted := map[string]runtime.HostFunc{}
	for _, f := range Granted(r.Manifest) {
		granted[f.Name] = nil
		r.Module.Granted = append(r.Module.Granted, f.Name)
	}
	module, refusal := wasm.Read(code, rules.Module)
	if refusal != nil {
		return r.refused(&runtime.Refused{Reasons: []wasm.Refusal{*refusal}})
	}
	if reasons := module.Check(Spec(r.Manifest, code, granted).Rules(rules.Module)); len(reasons) > 0 {
		return r.refused(&runtime.Refused{Reasons: reasons})
	}
	return nil
}

// refused adds what an error says of the package to the findings, and gives the
// error back when it says nothing of the package.
func (r *Report) refused(err error) error {
	var zip *archive.Error
	var text *manifest.Error
	var module *runtime.Refused
	var other *fault.Error
	switch {
	case err == nil:
	case errors.As(err, &zip):
		r.Findings = append(r.Findings, Finding{Code: string(zip.Code), At: zip.Entry, Message: zip.Words()})
	case errors.As(err, &text):
		for _, p := range text.Problems {
			r.Findings = append(r.Findings, Finding{Code: string(p.Code), At: manifest.Name + p.Pointer, Message: p.Message})
		}
	case errors.As(err, &module):
		for _, reason := range module.Reasons {
			r.Findings = append(r.Findings, Finding{Code: reason.Code, At: manifest.Wasm, Offset: reason.Offset, Message: reason.Message})
		}
	case errors.As(err, &other) && other.Fields["archive"] != "":
		r.Findings = append(r.Findings, Finding{Code: other.Fields["archive"], At: signing.Name, Message: other.Message})
	default:
		return err
	}
	return nil
}

// Refuse adds what the engine said of a module to the findings; an error that
// says nothing of the package comes back.
func Refuse(r *Report, err error) error { return r.refused(err) }

// Wasm is the module of a package that has one.
func (r *Report) Wasm() []byte { return r.wasm }

// Text is the manifest as the package has it.
func (r *Report) Text() []byte { return r.text }

// Exports are those that a manifest's contributions make necessary.
func Exports(m *manifest.Manifest) []string {
	c := m.Contributes
	exports := []string{}
	for _, e := range []struct {
		n    int
		name string
	}{
		{len(c.Pages), host.ExportPage}, {len(c.Widgets), host.ExportWidget}, {len(c.Actions), host.ExportAction},
		{len(c.Events), host.ExportEvent}, {len(c.Schedules), host.ExportJob}, {len(c.Filters), host.ExportFilter},
	} {
		if e.n > 0 {
			exports = append(exports, e.name)
		}
	}
	return exports
}

// Granted are the host functions that a manifest's capabilities give, if all of
// them are granted.
func Granted(m *manifest.Manifest) []host.Function {
	return slices.DeleteFunc(host.Functions(), func(f host.Function) bool {
		_, asked := m.Capability(f.Capability)
		return f.Capability != "" && !asked
	})
}

// Spec is a plugin to be loaded with these functions.
func Spec(m *manifest.Manifest, code []byte, functions map[string]runtime.HostFunc) runtime.Spec {
	return runtime.Spec{ID: m.ID, Version: m.Version, Hurry: m.InDevelopment(), Wasm: code, Exports: Exports(m), WASI: m.Runtime.WASI,
		MemoryMB: m.Runtime.MemoryMB, Host: functions}
}

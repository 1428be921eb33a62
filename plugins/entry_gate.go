package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/signing"
	"or3.cloud/or3/policies"
)

// arrived is a package that passed the gate.
type arrived struct {
	report *inspect.Report
	zip    []byte
}

func (a *arrived) text() *manifest.Manifest { return a.report.Manifest }

// entered takes a package through the gate. A refusal is in the audit log, and has
// the gate's report.
func (m *Manager) entered(ctx context.Context, by *policies.Session, zip []byte) (*arrived, error) {
	a, err := m.gate(zip)
	if err != nil {
		m.refused(ctx, audit.Entry{Action: ActInstall, TargetKind: "plugin", TargetID: a.id(), Actor: m.actorOf(ctx, by)}, err)
		return a, a.refusal(err)
	}
	return a, nil
}

// turnWith waits for a plugin, and then for a turn. Done is never nil.
func (m *Manager) turnWith(ctx context.Context, id string) (unlock, done func(), err error) {
	if unlock, err = m.acting.lockWhile(ctx, id); err != nil {
		return nil, func() {}, othersInstall(err)
	}
	if done, err = m.installing.turn(ctx); err != nil {
		unlock()
		return nil, func() {}, err
	}
	return unlock, done, nil
}

// Refusal is the error of [Manager.Install] where the package is at fault: a
// validation_error whose field archive is the first code, and the report of the
// gate with all of them. What only running it has shown is in the error alone.
type Refusal struct {
	Report *inspect.Report
	fault  *fault.Error
}

// Error implements error.
func (r *Refusal) Error() string { return r.fault.Error() }

// Unwrap gives the error that names the code.
func (r *Refusal) Unwrap() error { return r.fault }

// refusal adds the report to an error about the package; any other stays as it is.
func (a *arrived) refusal(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields["archive"] == "" {
		return err
	}
	r := &Refusal{Report: a.report, fault: f}
	if r.Report == nil {
		r.Report = &inspect.Report{Findings: []inspect.Finding{}}
	}
	return r
}

// id is what the package says it is, as far as that could be read.
func (a *arrived) id() string {
	if a.report == nil || a.report.Manifest == nil {
		return ""
	}
	return a.report.Manifest.ID
}

// gate judges a package. What is wrong with it is a validation_error whose field
// archive is the code.
func (m *Manager) gate(zip []byte) (*arrived, error) {
	limits, size := m.o.Package, int64(len(zip))
	a := &arrived{zip: zip}
	if size > limits.Zip {
		return a, &fault.Error{Kind: fault.Invalid, Message: fmt.Sprintf("The package has %s, more than %s.", fault.SizeBeside(size, limits.Zip), fault.Limit(limits.Zip)),
			Fields: map[string]string{"archive": string(archive.Oversized)}}
	}
	var err error
	a.report, err = inspect.Package(bytes.NewReader(a.zip), size, inspect.Rules{Archive: limits, Module: m.o.Runtime.Limits, Trusted: m.o.Trusted,
		Policy: signing.Policy{Require: m.o.RequireSignature}, Version: m.o.Version})
	if err != nil {
		return a, err
	}
	return a, findings(a.report)
}

// findings is the refusal of a package, nil if nothing is in the way.
func findings(r *inspect.Report) error {
	if r.OK() {
		return nil
	}
	f := &fault.Error{Kind: fault.Invalid, Fields: map[string]string{"archive": r.Findings[0].Code}}
	var words []string
	for i, finding := range r.Findings {
		if i == 5 {
			words = append(words, fmt.Sprintf("And %d more.", len(r.Findings)-i))
			break
		}
		text := finding.Message
		if finding.At != "" {
			text = finding.At + ": " + text
		}
		words = append(words, text)
		if key := strings.TrimPrefix(finding.At, manifest.Name); key != finding.At && key != "" {
			f.Fields[key] = finding.Message
		}
	}
	f.Message = strings.Join(words, " ")
	return f
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/manifest"
)

// usageError is a command that was called in a wrong way.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// report prints an error as one line that says what to do next, and chooses
// the exit code.
func (p *program) report(cmd *cobra.Command, err error) int {
	name := "or3"
	if cmd != nil {
		name = cmd.CommandPath()
	}
	var wrong *usageError
	if errors.As(err, &wrong) {
		_, _ = fmt.Fprintf(p.Stderr, "%s: %s; see: %s --help\n", name, telemetry.OneLine(wrong.message), name)
		return ExitUsage
	}
	_, _ = fmt.Fprintf(p.Stderr, "%s: %s\n", name, telemetry.OneLine(telemetry.Redact(words(err))))
	return ExitFailed
}

// codeField is the field with the code of what is wrong with a package, which the
// guide of plugins lists: for programs, and for people who look it up.
const codeField = "archive"

// words are what an operator needs to know: unlike a stranger on the web, also
// the cause.
func words(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; nothing more was changed"
	}
	var bad *config.Error
	if errors.As(err, &bad) {
		return "configuration: " + bad.Error()
	}
	var text *manifest.Error
	if errors.As(err, &text) {
		return manifestWords(text)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	out := f.Message
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		// The message may say already what a field says.
		if name != codeField && !strings.Contains(f.Message, f.Fields[name]) {
			out = strings.TrimSuffix(out, ".") + "; " + name + ": " + f.Fields[name]
		}
	}
	if code := f.Fields[codeField]; code != "" && !strings.Contains(f.Message, code) {
		out = strings.TrimSuffix(out, ".") + " (" + code + ")"
	}
	if f.Err != nil && (f.Kind == fault.Internal || f.Kind == fault.Unavailable || f.Kind == fault.DiskFull) {
		out = strings.TrimSuffix(out, ".") + " (" + f.Err.Error() + ")"
	}
	return out
}

// manifestWords say everything that is wrong with a manifest, each thing once.
func manifestWords(e *manifest.Error) string {
	out := manifest.Name + " is wrong"
	for i, p := range e.Problems {
		if i > 0 {
			out = strings.TrimSuffix(out, ".") + ";"
		}
		if p.Pointer != "" {
			out += " at " + p.Pointer
		}
		out += ": " + p.Message
	}
	return out
}

// need refuses a command whose required flags are missing.
func need(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := cmd.Flags().Lookup(name); f == nil || strings.TrimSpace(f.Value.String()) == "" {
			return usage("--%s is missing", name)
		}
	}
	return nil
}

// noArgs and exactly check arguments, in our words.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("there is no argument %q", args[0])
	}
	return nil
}

func exactly(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage("%s is missing", what)
		case len(args) > 1:
			return usage("there is one argument too many: %q", args[1])
		}
		return nil
	}
}

package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/plugins/signing"
	"or3.cloud/or3/server"
	"or3.cloud/or3/ui"
)

func (p *program) pluginCheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "check [DIR|ZIP]", Short: "Say what a server would say of a plugin that is installed", Args: atMostOne,
		Long: "Judges a package, or the one that would be made of a folder: the zip, the manifest, the signature, the module.\n" +
			"What is in the way is told with its code and what to do. Keys and rules are those of this configuration.",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := p.inspect(cmd.Context(), folderOr(args))
			if err == nil {
				err = r.Compile(cmd.Context(), runtime.Options{})
			}
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				err = e.Encode(r)
			} else {
				err = writeReport(cmd.OutOrStdout(), r)
			}
			if err != nil || r.OK() {
				return err
			}
			return fault.Newf(fault.Invalid, "The package would be refused for %s: the report says which.", ui.Plural(len(r.Findings), "reason", "reasons"))
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// inspect judges a package by this configuration's rules.
func (p *program) inspect(ctx context.Context, path string) (*inspect.Report, error) {
	rules, err := p.packageRules()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, orName(err, path, folderOrPackage)
	}
	if info.IsDir() {
		zip, err := build.Package(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		return inspect.Package(bytes.NewReader(zip), int64(len(zip)), rules)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return inspect.Package(file, info.Size(), rules)
}

// packageRules are what the configuration asks of packages.
func (p *program) packageRules() (inspect.Rules, error) {
	c, err := p.config(nil)
	if err != nil {
		return inspect.Rules{}, err
	}
	rules := inspect.Rules{Archive: server.PackageLimits(c.Plugins), Policy: signing.Policy{Require: c.Plugins.RequireSignature}, Version: p.version()}
	for _, key := range c.Plugins.TrustedKeys {
		rules.Trusted = append(rules.Trusted, ed25519.PublicKey(key))
	}
	return rules, nil
}

// refusedWords say what a package has against it where its report is not shown.
func refusedWords(r *inspect.Report) string {
	first := r.Findings[0]
	words := "The package would be refused"
	if n := len(r.Findings); n > 1 {
		words += fmt.Sprintf(" for %d reasons, the first of which is", n)
	}
	if first.At != "" {
		words += ": " + telemetry.Printable(first.At)
	}
	return words + ": " + telemetry.Printable(first.Message)
}

// kinds in words.
var kinds = map[manifest.Kind]string{manifest.Plugin: "a plugin for the app", manifest.AdminPlugin: "a plugin for the console", manifest.Theme: "a theme"}

// zipWords says what is known of a package: of one that could not be read to its end
// that is its size at most.
func zipWords(r *inspect.Report) string {
	words := fault.Binary(r.Size)
	if len(r.Files) > 0 {
		words += ", " + ui.Plural(len(r.Files), "file", "files")
	}
	if r.SHA256 != "" {
		words += ", sha256 " + r.SHA256
	}
	return words
}

// writeReport tells a report to people. Whatever comes from the package is made
// printable.
func writeReport(w io.Writer, r *inspect.Report) error {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = telemetry.Printable(c)
		}
		_, _ = fmt.Fprintln(table, "  "+strings.Join(cells, "\t")) // into memory
	}
	if m := r.Manifest; m != nil {
		fmt.Fprintf(&out, "%s %s, %s: %s\n\n", m.ID, m.Version, kinds[m.Kind], telemetry.Printable(m.Name))
	}
	row("zip", zipWords(r))
	if r.Signature.State != "" {
		row("signature", signatureWords(r.Signature))
	}
	if m := r.Module; m != nil {
		row("module", fmt.Sprintf("%s, %d MiB of memory, sha256 %s", fault.Binary(m.Size), m.MemoryMB, m.SHA256))
		row("exports", strings.Join(m.Exports, " "))
		row("may call", strings.Join(m.Granted, " "))
	}
	_ = table.Flush() // into memory
	if r.Manifest != nil {
		out.WriteString("\nAn owner will be asked for:\n")
		for _, a := range r.Asks {
			row(string(a.Risk), a.Name, a.Words+" — "+a.Reason)
		}
		if len(r.Asks) == 0 {
			row("nothing")
		}
		_ = table.Flush()
	}
	if r.OK() {
		out.WriteString("\nNothing is in the way of installing it.\n")
	} else {
		fmt.Fprintf(&out, "\nIn the way of installing it (%d):\n", len(r.Findings))
		for _, f := range r.Findings {
			at := f.At
			if f.Offset > 0 {
				at = fmt.Sprintf("%s at byte %#x", at, f.Offset)
			}
			fmt.Fprintf(&out, "  %s  %s\n      %s\n", f.Code, telemetry.Printable(at), telemetry.Printable(f.Message))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func signatureWords(s inspect.Signature) string {
	switch s.State {
	case signing.Trusted:
		return "by the key " + s.Fingerprint + ", which is trusted here"
	case signing.Unknown:
		return "by the key " + s.Fingerprint + ", which nobody here knows: compare it with what the publisher says"
	case signing.Tampered:
		return "tampered: the files are not those that were signed"
	}
	return "none: or3 plugin sign makes one"
}

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/signing"
)

func (p *program) pluginKeygenCommand() *cobra.Command {
	return &cobra.Command{Use: "keygen FILE", Short: "Make a publisher's key in a file that only you can read", Args: exactly("FILE"),
		Long: "Prints the public half, as plugins.trusted_keys wants it, on standard output. Whoever has FILE can publish in your\n" +
			"name, and who loses it cannot update what was signed with it: keep a copy in a safe place.",
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := signing.Generate()
			if err != nil {
				return err
			}
			if err := newSecret(args[0], key.Text()); err != nil {
				return err
			}
			if err := say(cmd.OutOrStdout(), "%s\n", signing.PublicText(key.Public())); err != nil {
				return err
			}
			return say(cmd.ErrOrStderr(), "%s: a key with the fingerprint %s; keep a copy in a safe place\n", args[0], signing.Fingerprint(key.Public()))
		}}
}

// newSecret writes a file for its owner alone, and never over another one.
func newSecret(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.Newf(fault.Conflict, "%s is there already, and might be a key that is needed: name another file.", path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func (p *program) pluginSignCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{Use: "sign ZIP --key FILE", Short: "Sign a package with a publisher's key", Args: exactly("ZIP"),
		Long: "Puts SIGNATURE into ZIP, in place of one that is there. FILE is what or3 plugin keygen made.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need(cmd, "key"); err != nil {
				return err
			}
			text, err := os.ReadFile(keyFile)
			if err != nil {
				return fmt.Errorf("reading the key: %w", orName(err, keyFile, "a publisher's key, as or3 plugin keygen makes one"))
			}
			key, err := signing.ReadKey(string(text))
			if err != nil {
				return err
			}
			signed, err := sign(args[0], key)
			if err != nil {
				return err
			}
			if err := writeFile(args[0], signed); err != nil {
				return fmt.Errorf("writing %s: %w", args[0], err)
			}
			return say(cmd.OutOrStdout(), "%s: signed by the key %s\n", args[0], signing.Fingerprint(key.Public()))
		}}
	cmd.Flags().StringVar(&keyFile, "key", "", "the publisher's key")
	return cmd
}

// sign gives the bytes of a package with its signature.
func sign(path string, key signing.Key) ([]byte, error) {
	zip, err := os.ReadFile(path)
	if err != nil {
		return nil, orName(err, path, aPackage)
	}
	a, err := archive.Open(bytes.NewReader(zip), int64(len(zip)), archive.Most())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range a.Files() {
		if files[f.Path], err = a.Read(f.Path); err != nil {
			return nil, err
		}
	}
	if files[signing.Name], err = signing.Sign(key, a.Sums()); err != nil {
		return nil, err
	}
	var signed bytes.Buffer
	if err := archive.PackFiles(&signed, files); err != nil {
		return nil, err
	}
	return signed.Bytes(), nil
}

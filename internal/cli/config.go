package cli

import (
	"crypto/tls"
	"fmt"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/config"
)

func (p *program) configCommand() *cobra.Command {
	return group("config", "Look at the configuration", p.configCheckCommand(), p.configShowCommand())
}

func (p *program) configCheckCommand() *cobra.Command {
	return &cobra.Command{Use: "check", Short: "Say whether serve would accept the configuration", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config(nil)
			if err != nil {
				return err
			}
			if _, err := certificate(c); err != nil {
				return err
			}
			for _, w := range c.Warnings() {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
			}
			file := "no " + config.FileName
			if c.File != "" {
				file = c.File
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "the configuration is good (%s, data in %s)\n", file, c.DataDir)
			return err
		}}
}

func (p *program) configShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show", Short: "Print every key with its value and where it comes from; secrets are masked", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config(nil)
			if err != nil {
				return err
			}
			settings := c.Show()
			rows := make([][]string, len(settings))
			for i, s := range settings {
				rows[i] = []string{s.Key, s.Value, s.Source}
			}
			return writeTable(cmd.OutOrStdout(), asJSON, settings, []string{"KEY", "VALUE", "SOURCE"}, rows)
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// certificate loads server.tls_cert and server.tls_key; nil without them.
func certificate(c config.Config) (*tls.Certificate, error) {
	if c.Server.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.Server.TLSCert, c.Server.TLSKey)
	if err != nil {
		return nil, &config.Error{Key: "server.tls_cert", Source: c.Source("server.tls_cert"), Problem: "cannot be used: " + err.Error()}
	}
	return &pair, nil
}

// Command or3 is OR3 Cloud: a workspace server in one program.
package main

import (
	"context"
	_ "embed"
	"os"

	"or3.cloud/or3/internal/cli"
)

// model is the grammar of the policy; go:embed cannot climb, so it enters here.
//
//go:embed casbin_model.conf
var model string

// version is set by release builds: -ldflags "-X main.version=v1.2.3".
var version = ""

func main() {
	os.Exit(cli.Run(context.Background(), cli.Invocation{
		Args:    os.Args[1:],
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Environ: os.Environ(),
		Model:   model,
		Version: version,
	}))
}

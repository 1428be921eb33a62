//go:build !wasip1

package host

import (
	"embed"
	"io/fs"
)

//go:embed *.go
var source embed.FS

// Source is this package's own source: "or3 plugin new" puts it beside a plugin,
// which is built without this module being published anywhere.
func Source() fs.FS { return source }

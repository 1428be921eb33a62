package server

import (
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/plugins/archive"
)

// PackageLimits is what a plugin package may be by the configuration.
func PackageLimits(c config.Plugins) archive.Limits {
	l := archive.DefaultLimits()
	l.Zip, l.Unpacked, l.Wasm, l.Files, l.Ratio = c.MaxZip, c.MaxUnpacked, c.MaxWasm, int(c.MaxFiles), c.MaxRatio
	return l
}

// largestPackage is the largest form with a package: the largest package there may
// be, and room around it, so that one that is a little too large is told so by the
// gate's code.
func (s *Server) largestPackage() option {
	return upTo(int(s.config.Plugins.MaxZip) + 1<<20)
}

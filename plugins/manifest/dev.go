package manifest

import "strings"

// DevMark begins the part of a version that or3 plugin dev adds.
const DevMark = "+dev."

// InDevelopment reports whether somebody is working on this version: open pages of
// it look whether there is a newer one.
func (m *Manifest) InDevelopment() bool { return strings.Contains(m.Version, DevMark) }

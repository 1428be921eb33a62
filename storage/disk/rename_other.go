//go:build !linux

package disk

func settle(part, path string) (there bool, err error) { return lookAndRename(part, path) }

package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"or3.cloud/or3/internal/durable"
)

func TestADirectoryIsSynced(t *testing.T) {
	dir := t.TempDir()
	if err := durable.SyncDir(dir); err != nil {
		t.Error(err)
	}
	if err := durable.SyncDir(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
	open, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := durable.SyncOpenDir(open); err != nil {
		t.Error(err)
	}
	if _, err := open.Stat(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("an open one stays open: %v", err)
	}
}

func TestAFullDiskIsKnown(t *testing.T) {
	if !durable.IsFull(fmt.Errorf("writing: %w", syscall.ENOSPC)) || durable.IsFull(syscall.EIO) || durable.IsFull(nil) {
		t.Error("a full disk is taken for something else, or the other way round")
	}
}

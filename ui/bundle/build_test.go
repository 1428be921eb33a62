package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The committed files must be what their sources say, byte for byte.
func TestCommittedAssetsAreFresh(t *testing.T) {
	files, err := Build("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "static", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("ui/static/%s does not match its sources: run go generate ./ui and commit the result", name)
		}
	}
}

func TestBuildingTwiceGivesTheSameBytes(t *testing.T) {
	first, err := Build("..")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Build("..")
	if err != nil {
		t.Fatal(err)
	}
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs between two builds", name)
		}
	}
}

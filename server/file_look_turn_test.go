package server_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/server"
)

func TestAPersonHasOneFileLookedIntoAtATime(t *testing.T) {
	t.Parallel()
	turns := server.NewTurns(2)
	first, err := turns.Take(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := turns.Take(ended, "ann"); err == nil || !strings.Contains(err.Error(), "this person") {
		t.Errorf("a second of the same person: %v", err)
	}
	other, err := turns.Take(t.Context(), "bob")
	if err != nil {
		t.Fatalf("another person: %v", err)
	}
	if _, err := turns.Take(ended, "cleo"); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a third person: %v", err)
	}
	first()
	again, err := turns.Take(t.Context(), "ann")
	if err != nil {
		t.Fatalf("once the first is done: %v", err)
	}
	again()
	other()
	if n := turns.People(); n != 0 {
		t.Errorf("%d people are remembered who wait for nothing", n)
	}
}

// A content that ends the program is offered again by its device as soon as the
// program is back.
func TestAContentThatEndsTheProgramTwiceIsNotLookedIntoAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "looking")
	bomb, fine := "sha256:"+strings.Repeat("b", 64), "sha256:"+strings.Repeat("f", 64)
	for range 2 { // each is another process
		looking := server.NewLooking(dir)
		if _, err := looking.Begin(bomb); err != nil {
			t.Fatal(err)
		}
		done, err := looking.Begin(fine)
		if err != nil {
			t.Fatal(err)
		}
		again, err := looking.Begin(fine) // of another workspace
		if err != nil {
			t.Fatal(err)
		}
		done()
		again()
	}
	looking := server.NewLooking(dir)
	if _, err := looking.Begin(bomb); err == nil || !strings.Contains(err.Error(), "2 times") || !strings.Contains(err.Error(), dir) {
		t.Errorf("the third time: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v; only what ended the program leaves a note", left, err)
	}
	done, err := looking.Begin(fine)
	if err != nil {
		t.Fatalf("another content: %v", err)
	}
	done()
}

package storage_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

var (
	oldKey = bytes.Repeat([]byte{1}, 32)
	newKey = bytes.Repeat([]byte{2}, 32)
	noon   = time.Unix(1_800_000_000, 0)
)

func signer(t testing.TB, keys ...[]byte) *storage.Signer {
	t.Helper()
	s, err := storage.NewSigner(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func grant() storage.Grant {
	return storage.Grant{Method: "PUT", Workspace: "w1", User: "u1", Ref: storage.RefOf([]byte("x")), Size: 5, MediaType: "image/png",
		Upload: "up1", Disposition: storage.Inline, Name: "ä.png", Expires: noon.Add(time.Minute)}
}

func TestAGrantComesBackFromItsToken(t *testing.T) {
	s := signer(t, newKey, oldKey)
	for name, by := range map[string]*storage.Signer{"this key": s, "the key before": signer(t, oldKey)} {
		got, err := s.Open(by.Token(grant()), noon)
		if err != nil || got != grant() {
			t.Errorf("signed by %s it is %+v, %v", name, got, err)
		}
	}
	if strings.Trim(s.Token(grant()), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("it does not fit into a URL: %s", s.Token(grant()))
	}
}

func TestAWrongTokenSaysNothing(t *testing.T) {
	s := signer(t, newKey)
	good := s.Token(grant())
	want := storage.NotFound(nil).Error()
	refused := func(what, token string, at time.Time) {
		t.Helper()
		g, err := s.Open(token, at)
		if !fault.Is(err, fault.NotFound) || err.Error() != want || g != (storage.Grant{}) {
			t.Errorf("%s opens as %+v, %v", what, g, err)
		}
	}
	refused("an expired one", good, noon.Add(time.Minute))
	refused("one of another key", signer(t, oldKey).Token(grant()), noon)
	refused("nothing", "", noon)
	refused("a long one", strings.Repeat("A", 1<<20), noon)
	refused("one with padding", good+"=", noon)
	refused("one that is cut", good[:len(good)-1], noon)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		refused("one with a changed byte", base64.RawURLEncoding.EncodeToString(changed), noon)
	}
}

// No two grants share a token: moving a letter from one field to the next makes
// another one.
func TestFieldsOfAGrantCannotBeCutAgain(t *testing.T) {
	s := signer(t, newKey)
	a, b := grant(), grant()
	a.Workspace, a.User = "w1u", "1"
	b.Workspace, b.User = "w1", "u1"
	if s.Token(a) == s.Token(b) {
		t.Error("two grants have one token")
	}
}

func TestASignerNeedsKeys(t *testing.T) {
	if _, err := storage.NewSigner(); err == nil {
		t.Error("none will do")
	}
	if _, err := storage.NewSigner(newKey, newKey[:31]); err == nil {
		t.Error("a short one will do")
	}
}

func FuzzToken(f *testing.F) {
	s := signer(f, newKey)
	f.Add(s.Token(grant()))
	f.Add("")
	f.Add("AQID")
	f.Fuzz(func(t *testing.T, token string) {
		g, err := s.Open(token, noon)
		if err == nil && s.Token(g) != token {
			t.Fatalf("%s is a token of %+v, whose own is %s", token, g, s.Token(g))
		}
		if err != nil && g != (storage.Grant{}) {
			t.Fatalf("a refused token gives %+v", g)
		}
	})
}

// Here the signature is right, and what is signed is anything.
func FuzzGrant(f *testing.F) {
	s := signer(f, newKey)
	f.Add("PUT", "w1", "u1", "image/png", "up", "inline", "a.png", int64(5), int64(60))
	f.Add("", "", "", "", "", "", "", int64(-1), int64(1))
	f.Fuzz(func(t *testing.T, method, workspace, user, media, upload, disposition, name string, size, seconds int64) {
		g := storage.Grant{Method: method, Workspace: workspace, User: user, Ref: storage.RefOf([]byte(name)), Size: size, MediaType: media, Upload: upload,
			Disposition: storage.Disposition(disposition), Name: name, Expires: noon.Add(time.Duration(1+seconds&0xffff) * time.Second)}
		token := s.Token(g)
		if len(token) > 4<<10 {
			return
		}
		got, err := s.Open(token, noon)
		if err != nil || got != g {
			t.Fatalf("%+v comes back as %+v, %v", g, got, err)
		}
	})
}

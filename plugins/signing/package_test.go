package signing_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"testing"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/archive/archivetest"
	"or3.cloud/or3/plugins/signing"
)

// From a folder to what a server says of the upload: pack, sign, pack again,
// open, check.
func TestAPackageIsSignedAndCheckedAsAWhole(t *testing.T) {
	contents := map[string][]byte{}
	for name, content := range archivetest.Files() {
		contents[name] = []byte(content)
	}
	build := func() *archive.Archive {
		var out bytes.Buffer
		if err := archive.PackFiles(&out, contents); err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), archive.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	k := key(t)
	contents[signing.Name] = sign(t, k, build().Sums())
	trusted := []ed25519.PublicKey{k.Public()}
	state := func() signing.State {
		a := build()
		signature, err := a.Read(signing.Name)
		if err != nil {
			t.Fatal(err)
		}
		return signing.Check(a.Sums(), signature, trusted).State
	}
	if got := state(); got != signing.Trusted {
		t.Errorf("the signed package is %s", got)
	}
	contents["README.md"] = append(contents["README.md"], "more"...)
	if got := state(); got != signing.Tampered {
		t.Errorf("with a changed file it is %s", got)
	}
}

func TestTheGuideNamesStatesAndCodes(t *testing.T) {
	guide, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{string(signing.Trusted), string(signing.Unknown), string(signing.Unsigned), string(signing.Tampered),
		string(signing.NotAsSigned), string(signing.NotSigned), string(signing.NotTrusted), string(signing.OtherKey)} {
		if !bytes.Contains(guide, []byte("`"+word+"`")) {
			t.Errorf("docs/plugins.md does not name %s", word)
		}
	}
}

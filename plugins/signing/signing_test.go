package signing_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/signing"
)

func key(t testing.TB) signing.Key {
	t.Helper()
	k, err := signing.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func hash(c string) string { return strings.Repeat(c, 64) }

func files() signing.Files {
	return signing.Files{"or3.manifest.json": hash("a"), "plugin.wasm": hash("b"), "assets/x.svg": hash("c")}
}

func sign(t testing.TB, k signing.Key, f signing.Files) []byte {
	t.Helper()
	b, err := signing.Sign(k, f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestASignedPackageIsTrustedOrUnknown(t *testing.T) {
	k, other := key(t), key(t)
	signature := sign(t, k, files())
	with := files()
	with[signing.Name] = hash("d") // the archive lists it like any other file
	for _, c := range []struct {
		signature []byte
		trusted   []ed25519.PublicKey
		want      signing.State
	}{
		{signature, []ed25519.PublicKey{other.Public(), k.Public()}, signing.Trusted},
		{signature, []ed25519.PublicKey{other.Public()}, signing.Unknown},
		{signature, nil, signing.Unknown},
		{nil, []ed25519.PublicKey{k.Public()}, signing.Unsigned},
	} {
		for _, f := range []signing.Files{files(), with} {
			v := signing.Check(f, c.signature, c.trusted)
			if v.State != c.want || len(v.Wrong) != 0 || c.signature != nil && !v.Key.Equal(k.Public()) {
				t.Errorf("%+v, want %s", v, c.want)
			}
		}
	}
	if !bytes.Equal(signature, sign(t, k, with)) {
		t.Error("signing twice gives other bytes")
	}
}

func TestWhatIsNotAsItWasSignedIsTampered(t *testing.T) {
	k := key(t)
	signature := sign(t, k, files())
	trusted := []ed25519.PublicKey{k.Public()}
	for name, c := range map[string]struct {
		change func(f signing.Files)
		path   string
		how    string
	}{
		"changed":    {func(f signing.Files) { f["plugin.wasm"] = hash("e") }, "plugin.wasm", "changed"},
		"taken away": {func(f signing.Files) { delete(f, "plugin.wasm") }, "plugin.wasm", "missing"},
		"added":      {func(f signing.Files) { f["assets/y.svg"] = hash("e") }, "assets/y.svg", "not listed"},
		"swapped": {func(f signing.Files) {
			f["plugin.wasm"], f["assets/x.svg"] = f["assets/x.svg"], f["plugin.wasm"]
		}, "assets/x.svg", "changed"},
		"renamed": {func(f signing.Files) { f["assets/X.svg"] = f["assets/x.svg"]; delete(f, "assets/x.svg") }, "assets/X.svg", "not listed"},
		"empty":   {func(f signing.Files) { clear(f) }, "assets/x.svg", "missing"},
	} {
		f := files()
		c.change(f)
		v := signing.Check(f, signature, trusted)
		if v.State != signing.Tampered || len(v.Wrong) == 0 || v.Wrong[0] != (signing.Difference{Path: c.path, How: c.how}) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// A signature may not be altered in anything and stay one.
func TestASignatureWithOneBitFlippedOrCutOffIsTampered(t *testing.T) {
	k := key(t)
	good := sign(t, k, files())
	trusted := []ed25519.PublicKey{k.Public()}
	for bit := range len(good) * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if v := signing.Check(files(), b, trusted); v.State != signing.Tampered {
			t.Fatalf("bit %d of byte %d (%q): %+v", bit%8, bit/8, good[bit/8], v)
		}
	}
	for n := range len(good) - 1 { // the last byte is the end of a line
		if v := signing.Check(files(), good[:n], trusted); v.State != signing.Tampered {
			t.Fatalf("the first %d bytes: %+v", n, v)
		}
	}
}

func TestAForgedSignatureIsTampered(t *testing.T) {
	k, other := key(t), key(t)
	trusted := []ed25519.PublicKey{k.Public()}
	var good, theirs map[string]any
	if err := errors.Join(json.Unmarshal(sign(t, k, files()), &good), json.Unmarshal(sign(t, other, files()), &theirs)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m map[string]any){
		"another's under a trusted name": func(m map[string]any) { m["signature"] = theirs["signature"] },
		"another's key":                  func(m map[string]any) { m["key"] = theirs["key"] },
		"another algorithm":              func(m map[string]any) { m["alg"] = "none" },
		"a line in the signature":        func(m map[string]any) { m["signature"] = "\n" + m["signature"].(string) },
		"a space at the key":             func(m map[string]any) { m["key"] = m["key"].(string) + " " },
		"no algorithm":                   func(m map[string]any) { delete(m, "alg") },
		"no signature":                   func(m map[string]any) { m["signature"] = "" },
		"no key":                         func(m map[string]any) { m["key"] = "" },
		"an empty list":                  func(m map[string]any) { m["files"] = map[string]any{} },
		"a key more":                     func(m map[string]any) { m["trusted"] = true },
		"hashes in capitals":             func(m map[string]any) { m["files"].(map[string]any)["plugin.wasm"] = strings.ToUpper(hash("b")) },
		"a line in a path":               func(m map[string]any) { m["files"].(map[string]any)["x\n"+hash("b")+"  y"] = hash("b") },
	} {
		m := maps.Clone(good)
		m["files"] = maps.Clone(good["files"].(map[string]any))
		change(m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if v := signing.Check(files(), b, trusted); v.State != signing.Tampered || len(v.Wrong) != 1 || v.Wrong[0].Path != signing.Name {
			t.Errorf("%s: %+v", name, v)
		}
	}
	for name, b := range map[string][]byte{
		"empty": {}, "a list": []byte("[]"), "too large": bytes.Repeat([]byte(" "), 2<<20),
		"a key twice": bytes.Replace(sign(t, other, files()), []byte(`"key"`), []byte(fmt.Sprintf(`"key": %q, "key"`, signing.PublicText(k.Public()))), 1),
	} {
		if v := signing.Check(files(), b, trusted); v.State != signing.Tampered {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestWhatCannotBeSignedIsNot(t *testing.T) {
	for _, f := range []signing.Files{{"a\nb": hash("a")}, {"a": "short"}, {"a": hash("A")}} {
		if b, err := signing.Sign(key(t), f); err == nil {
			t.Errorf("%q was signed: %s", f, b)
		}
	}
}

func TestKeysAreWrittenAndReadAgain(t *testing.T) {
	k := key(t)
	again, err := signing.ReadKey(k.Text())
	if err != nil || !again.Public().Equal(k.Public()) {
		t.Errorf("the key read again is another: %v", err)
	}
	public, err := signing.ReadPublic(signing.PublicText(k.Public()) + "\n")
	if err != nil || !public.Equal(k.Public()) {
		t.Errorf("the public key read again is another: %v", err)
	}
	if a, b := signing.Fingerprint(k.Public()), signing.Fingerprint(key(t).Public()); a == b || len(a) != 19 {
		t.Errorf("fingerprints %s and %s", a, b)
	}
	for _, text := range []string{"", "x", signing.PublicText(k.Public()), k.Text()[:40]} {
		if _, err := signing.ReadKey(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was read as a key: %v", text, err)
		}
	}
	for _, text := range []string{"", "x", k.Text(), signing.PublicText(k.Public())[:20]} {
		if _, err := signing.ReadPublic(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was read as a public key: %v", text, err)
		}
	}
}

func TestAServerAdmitsBySignature(t *testing.T) {
	one, two := key(t).Public(), key(t).Public()
	tampered := signing.Verdict{State: signing.Tampered, Key: one, Wrong: []signing.Difference{{Path: "plugin.wasm", How: "changed"}, {Path: "x", How: "missing"}}}
	broken := signing.Verdict{State: signing.Tampered, Wrong: []signing.Difference{{Path: signing.Name, How: "cannot be read"}}}
	unsigned := signing.Verdict{State: signing.Unsigned}
	trusted, unknown := signing.Verdict{State: signing.Trusted, Key: one}, signing.Verdict{State: signing.Unknown, Key: one}
	for _, c := range []struct {
		policy  signing.Policy
		verdict signing.Verdict
		want    signing.Code
		words   string
	}{
		{signing.Policy{}, trusted, "", ""},
		{signing.Policy{}, unknown, "", ""},
		{signing.Policy{}, unsigned, "", ""},
		{signing.Policy{}, tampered, signing.NotAsSigned, `"plugin.wasm" was changed (and 1 more)`},
		{signing.Policy{}, broken, signing.NotAsSigned, "SIGNATURE cannot be read"},
		{signing.Policy{Require: true}, trusted, "", ""},
		{signing.Policy{Require: true}, unknown, signing.NotTrusted, signing.PublicText(one)},
		{signing.Policy{Require: true}, unsigned, signing.NotSigned, "plugins.trusted_keys"},
		{signing.Policy{Pinned: one}, unknown, "", ""},
		{signing.Policy{Pinned: two}, unknown, signing.OtherKey, signing.Fingerprint(two)},
		{signing.Policy{Pinned: two}, trusted, "", ""}, // the owner has trusted the new key
		{signing.Policy{Pinned: two}, unsigned, signing.OtherKey, signing.Fingerprint(two)},
		{signing.Policy{Pinned: one}, tampered, signing.NotAsSigned, ""},
	} {
		err := c.policy.Admit(c.verdict)
		var public *fault.Error
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v of %+v: %v", c.policy, c.verdict, err)
		case c.want != "" && (!errors.As(err, &public) || public.Fields["archive"] != string(c.want) || !strings.Contains(public.Message, c.words)):
			t.Errorf("%+v of %+v: %v, want %s", c.policy, c.verdict, err, c.want)
		}
	}
}

func TestDifferencesAreInOrder(t *testing.T) {
	k := key(t)
	f := signing.Files{}
	for _, name := range []string{"e", "a", "d", "b", "c"} {
		f[name] = hash("a")
	}
	v := signing.Check(signing.Files{}, sign(t, k, f), nil)
	if !slices.IsSortedFunc(v.Wrong, func(a, b signing.Difference) int { return strings.Compare(a.Path, b.Path) }) || len(v.Wrong) != 5 {
		t.Errorf("%+v", v.Wrong)
	}
}

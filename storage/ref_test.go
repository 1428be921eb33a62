package storage_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

const (
	emptySHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	emptyMD5 = "d41d8cd98f00b204e9800998ecf8427e"
)

func TestARefIsReadInEveryFormThatDevicesWrite(t *testing.T) {
	for text, want := range map[string]string{
		"sha256:" + emptySHA:                  "sha256:" + emptySHA,
		"SHA256:" + strings.ToUpper(emptySHA): "sha256:" + emptySHA,
		"md5:" + emptyMD5:                     "md5:" + emptyMD5,
		"Md5:" + strings.ToUpper(emptyMD5):    "md5:" + emptyMD5,
		emptyMD5:                              "md5:" + emptyMD5,
	} {
		ref, err := storage.ParseRef(text)
		if err != nil || ref.String() != want || ref.Legacy() != strings.HasPrefix(want, "md5") || ref.IsZero() {
			t.Errorf("%s is read as %s, %v", text, ref, err)
		}
		if ref.Algorithm()+":"+ref.Hex() != want {
			t.Errorf("%s is %s and %s", text, ref.Algorithm(), ref.Hex())
		}
	}
	if got := storage.RefOf(nil).String(); got != "sha256:"+emptySHA {
		t.Errorf("nothing is named %s", got)
	}
}

func TestWhatIsNoRefNeverBecomesOne(t *testing.T) {
	for _, text := range []string{"", "sha256:", "md5:", emptySHA, "sha256:" + emptyMD5, "md5:" + emptySHA, "sha256:" + emptySHA + "0", "sha256:" + emptySHA[1:],
		"sha256:" + emptySHA[:63] + "g", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", " sha256:" + emptySHA, "sha256: " + emptySHA[1:], "../" + emptyMD5[3:], "sha256:md5:" + emptyMD5} {
		ref, err := storage.ParseRef(text)
		if !fault.Is(err, fault.Invalid) || !ref.IsZero() || ref.String() != "" {
			t.Errorf("%q is read as %s, %v", text, ref, err)
		}
	}
}

func TestARefTravelsAsText(t *testing.T) {
	var row struct {
		Hash storage.Ref `json:"hash"`
	}
	if err := json.Unmarshal([]byte(`{"hash":"`+emptyMD5+`"}`), &row); err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(row); string(out) != `{"hash":"md5:`+emptyMD5+`"}` || err != nil {
		t.Errorf("it is written as %s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"hash":"md5:0"}`), &row); err == nil || row.Hash.String() != "md5:"+emptyMD5 {
		t.Errorf("a wrong one is read as %s, %v", row.Hash, err)
	}
}

func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{"sha256:" + emptySHA, "md5:" + emptyMD5, emptyMD5, "", "sha256:", "MD5:" + emptyMD5, "sha256:../../etc/passwd"} {
		f.Add(seed)
	}
	canonical := regexp.MustCompile(`^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$`)
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := storage.ParseRef(text)
		if err != nil {
			if !ref.IsZero() || !fault.Is(err, fault.Invalid) {
				t.Errorf("%q is refused as %s with %v", text, ref, err)
			}
			return
		}
		if !canonical.MatchString(ref.String()) || !strings.HasSuffix(ref.String(), strings.ToLower(text)) {
			t.Errorf("%q is read as %s", text, ref)
		}
		if again, err := storage.ParseRef(ref.String()); again != ref || err != nil {
			t.Errorf("%s is read as %s, %v", ref, again, err)
		}
	})
}

package storage_test

import (
	"mime"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func TestADispositionHeaderCarriesAnyName(t *testing.T) {
	for name, want := range map[string]string{
		"plan.pdf":                 `attachment; filename="plan.pdf"`,
		"my plan, (final).pdf":     `attachment; filename="my plan, (final).pdf"`,
		"Übersicht €.pdf":          `attachment; filename="_bersicht _.pdf"; filename*=UTF-8''%C3%9Cbersicht%20%E2%82%AC.pdf`,
		"50% off.txt":              `attachment; filename="50_ off.txt"; filename*=UTF-8''50%25%20off.txt`,
		"a\r\nSet-Cookie: x=1.pdf": `attachment; filename="a  Set-Cookie_ x=1.pdf"`,
		`say "hi".txt`:             `attachment; filename="say _hi_.txt"`,
		"../../etc/passwd":         `attachment; filename="passwd"`,
		`C:\temp\x.txt`:            `attachment; filename="x.txt"`,
		"":                         `attachment; filename="file"`,
	} {
		if got := storage.Attachment.Header(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := storage.Inline.Header("x.png"); got != `inline; filename="x.png"` {
		t.Errorf("inline: %s", got)
	}
}

func TestAFileNameIsSafeOnEverySystem(t *testing.T) {
	for name, want := range map[string]string{
		"nul": "_nul", "COM1.txt": "_COM1.txt", "com10.txt": "com10.txt", "console.txt": "console.txt", "LPT9": "_LPT9",
		"...": "file", " . ": "file", "a. ": "a", ".profile": "profile", "a/": "file", "tab\there": "tab here",
		"photo\u202egpj.exe": "photogpj.exe", "a\x00b": "ab", "bad\xffutf8": "bad_utf8",
		"👩\u200d💻.png":                     "👩\u200d💻.png",
		strings.Repeat("a", 300) + ".pdf":  strings.Repeat("a", 251) + ".pdf",
		strings.Repeat("é", 200) + ".jpeg": strings.Repeat("é", 125) + ".jpeg",
		strings.Repeat("b", 300):           strings.Repeat("b", 255),
	} {
		if got := storage.FileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestADispositionIsOneOfTwo(t *testing.T) {
	for text, want := range map[string]storage.Disposition{"": storage.Attachment, "attachment": storage.Attachment, "inline": storage.Inline} {
		if got, err := storage.ParseDisposition(text); got != want || err != nil {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"INLINE", "form-data", "inline; filename=x", "attachment\r\nX: y"} {
		if _, err := storage.ParseDisposition(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for header, want := range map[string]string{
		`inline; filename="a.png"`:                             "inline a.png",
		`attachment; filename="x"; filename*=UTF-8''%E2%82%AC`: "attachment €",
		`form-data; name="file"; filename="../x.pdf"`:          "attachment x.pdf",
		`INLINE`: "inline file",
	} {
		d, name, err := storage.ParseDispositionHeader(header)
		if got := string(d) + " " + name; got != want || err != nil {
			t.Errorf("%s is %s, %v", header, got, err)
		}
	}
	if _, _, err := storage.ParseDispositionHeader(`; filename=`); !fault.Is(err, fault.Invalid) {
		t.Errorf("nonsense: %v", err)
	}
}

// Whatever a file is called, the header is one line, means the disposition, and
// is read by others as the safe name.
func FuzzDisposition(f *testing.F) {
	for _, seed := range []string{"plan.pdf", "Übersicht.pdf", "a\r\nb", `a"b\c`, "50%.txt", "CON", strings.Repeat("ä", 200), "\xff", "a'b''c", "x\u202ey"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := storage.FileName(text)
		if name == "" || len(name) > 255 || !utf8.ValidString(name) || path.Base(name) != name || strings.ContainsAny(name, "\\\"\r\n\x00") || storage.FileName(name) != name {
			t.Fatalf("%q becomes %q, then %q", text, name, storage.FileName(name))
		}
		for _, d := range []storage.Disposition{storage.Attachment, storage.Inline} {
			header := d.Header(text)
			if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("%q makes the header %q", text, header)
			}
			kind, params, err := mime.ParseMediaType(header)
			if err != nil || kind != string(d) || params["filename"] != name {
				t.Fatalf("%q is read from %s as %s %q, %v; want %q", text, header, kind, params["filename"], err, name)
			}
			back, again, err := storage.ParseDispositionHeader(header)
			if back != d || again != name || err != nil {
				t.Fatalf("%s is read as %s %q, %v", header, back, again, err)
			}
		}
	})
}

func FuzzParseDispositionHeader(f *testing.F) {
	for _, seed := range []string{`attachment; filename="a"`, `inline`, `attachment; filename*=UTF-8''%ZZ`, `form-data; filename*0=a; filename*1=b`, `a; b; c`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		d, name, err := storage.ParseDispositionHeader(header)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || name != "" {
				t.Fatalf("%q is refused as %q with %v", header, name, err)
			}
			return
		}
		if d != storage.Inline && d != storage.Attachment || storage.FileName(name) != name {
			t.Fatalf("%q is %s %q", header, d, name)
		}
	})
}

package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestALogThatIsNoTerminalIsJSONWithTheRequestID(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(&out, LogOptions{Format: "auto"}).With("area", "test").WithGroup("g")
	log.InfoContext(WithRequestID(t.Context(), "R1"), "hello", "took", 5*time.Millisecond)
	var line struct {
		Time, Level, Msg, Area string
		G                      struct {
			Took      string
			RequestID string `json:"request_id"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%s: %v", out.Bytes(), err)
	}
	if line.Msg != "hello" || line.Area != "test" || line.G.Took != "5ms" || line.G.RequestID != "R1" || !strings.HasSuffix(line.Time, "Z") {
		t.Errorf("wrote %s", out.Bytes())
	}
}

func TestLevelsBelowTheChosenOneAreSilentUntilItChanges(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	log := NewLog(&out, LogOptions{Level: level})
	log.Debug("quiet")
	level.Set(slog.LevelDebug)
	log.Debug("loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("wrote %s", got)
	}
}

func TestSecretsNeverReachTheLog(t *testing.T) {
	const planted = "PLANTED0123456789abcdefgh"
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log := NewLog(&out, LogOptions{Format: format, Secrets: []string{"the-server-key-" + planted}})
		log.Info("key the-server-key-"+planted, "password", planted, "session_token", planted, "Authorization", planted)
		log.Info("x", "error", errors.New("dial postgres://or3:"+planted+"@db/or3: refused"))
		log.Info("x", "url", "/setup?token="+planted+"&next=/", "header", "Bearer "+planted, "pat", "or3_pat_"+planted)
		log.Info("x", "path", "/invite/"+planted, "cookies", "or3_session="+planted+"; a=b")
		log.Info("x", slog.Group("form", "new_password", planted), "any", struct{ URL string }{"/a?signature=" + planted})
		if strings.Contains(out.String(), planted) {
			t.Errorf("%s log shows a secret:\n%s", format, out.String())
		}
		for _, kept := range []string{"postgres://or3:******@db/or3: refused", "token=******&next=/", "or3_pat_******"} {
			if !strings.Contains(strings.ReplaceAll(out.String(), `\u0026`, "&"), kept) {
				t.Errorf("%s log lost %q:\n%s", format, kept, out.String())
			}
		}
	}
}

func TestWhatAStrangerSendsCannotForgeALineOrDriveATerminal(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log := NewLog(&out, LogOptions{Format: format})
		log.Info("agent\n{\"level\":\"ERROR\"}", "ua\x1b]0;x\a", "a\r\nb\u009b31mc\u202ed\u2028e\xfff\x7f")
		if got := out.String(); strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\x1b\a\r\u009b\u202e\u2028\x7f") {
			t.Errorf("%s log wrote %q", format, got)
		}
	}
}

func TestRequestIDsOfStrangersAreTakenOnlyWhenPlain(t *testing.T) {
	if got := AcceptRequestID("abc-123_X"); got != "abc-123_X" {
		t.Errorf("a plain id became %q", got)
	}
	for _, bad := range []string{"", "a b", "a\nb", "é", strings.Repeat("x", 65)} {
		if got := AcceptRequestID(bad); got == bad || len(got) != 26 {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func FuzzPrintableIsOneHarmlessLine(f *testing.F) {
	f.Add("a\x1b[31m\r\n\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if got := newCleaner(nil).text(s); strings.ContainsFunc(got, harmful) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

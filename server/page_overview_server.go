package server

import (
	"fmt"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/ui"
)

// fillServerOverview adds what concerns the server itself, its faults first.
func (s *Server) fillServerOverview(r *request, view *ui.OverviewPage) error {
	state, err := s.status(r)
	if err != nil {
		return err
	}
	view.Version, view.Up = s.version, "up "+uptime(r.Now().Sub(s.started))
	var warnings []ui.Warning
	if found, at := s.chainState(r.Ctx()); !at.IsZero() && !found.OK() {
		warnings = append(warnings, ui.Warning{
			Tone: ui.Danger, Title: "The audit log is not sound", Text: sentenceCase(found.Break.Problem) + ". Entries before it hold.",
			Action: &ui.Action{Label: "See the log", URL: r.admin("/audit"), Small: true},
		})
	}
	files := ""
	if s.files != nil {
		_, damaged, err := db.DamagedFiles(r.Ctx(), s.db.Read(), "", 1)
		if err != nil {
			return err
		}
		if files, err = s.filesWords(r, damaged); err != nil {
			return err
		}
		if damaged > 0 {
			warnings = append(warnings, ui.Warning{
				Tone: ui.Danger, Title: ui.Plural(damaged, "file is", "files are") + " damaged", Text: "Their bytes on the server have changed, are cut off or are gone. Whoever has one can put it there again.",
				Action: &ui.Action{Label: "See storage", URL: r.admin("/storage"), Small: true},
			})
		}
	}
	if n := s.gate.GrantAttempts(); n > 0 {
		warnings = append(warnings, ui.Warning{
			Tone: ui.Warn, Title: "A decision filter tries to allow what is denied", Text: ui.Plural(int(n), "attempt was", "attempts were") + " overruled since the start. Filters can only narrow.",
		})
	}
	for _, text := range state.Warnings {
		title, rest := firstSentence(text)
		warnings = append(warnings, ui.Warning{Tone: ui.Warn, Title: title, Text: rest})
	}
	view.Warnings = append(warnings, view.Warnings...)
	view.Parts = s.serverParts(state, files)
	return nil
}

// filesWords says what all workspaces keep, and how many files of it are damaged.
func (s *Server) filesWords(r *request, damaged int64) (string, error) {
	types, err := db.UsageByType(r.Ctx(), s.db.Read(), "")
	if err != nil {
		return "", err
	}
	var files, bytes int64
	for _, t := range types {
		files += t.Files
		bytes += t.Bytes
	}
	return ui.Plural(files, "file", "files") + ", " + ui.Bytes(bytes) + ", " + ui.Number(damaged) + " damaged", nil
}

// serverParts are the providers and how they are; files is what they keep, in words.
func (s *Server) serverParts(state statusReply, files string) []ui.ServerPart {
	database := "SQLite"
	if state.Database.Dialect == db.Postgres {
		database = "PostgreSQL"
	}
	parts := []ui.ServerPart{
		{Name: "Database", Value: database, State: ui.State{Tone: ui.OK, Word: "Answers"}, Detail: fmt.Sprintf("%s applied, %d waiting", ui.Plural(state.Database.Migrations, "migration", "migrations"), state.Database.Pending)},
		{Name: "Sign-in", Value: state.Providers.Auth, State: ui.State{Tone: ui.OK, Word: "On"}, Detail: registrationWords(s.accounts.Registration())},
		{Name: "Sync", Value: state.Sync.Provider, State: switchState(state.Sync)},
		{Name: "Storage", Value: state.Storage.Provider, State: switchState(state.Storage), Detail: files},
	}
	if state.Database.Nodes > 1 {
		parts[0].Detail += fmt.Sprintf(", %d servers", state.Database.Nodes)
	}
	return parts
}

func switchState(s statusSwitch) ui.State {
	if !s.Enabled {
		return ui.State{Icon: "minus", Word: "Off"}
	}
	return ui.State{Tone: ui.OK, Word: "On"}
}

func registrationWords(mode string) string {
	switch mode {
	case "open":
		return "Anyone can make an account"
	case "disabled":
		return "No new accounts"
	}
	return "Accounts by invitation"
}

// uptime words a duration: "4 min", "7 h", "21 days".
func uptime(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// firstSentence splits a warning into a title and the rest.
func firstSentence(text string) (first, rest string) {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '.' && text[i+1] == ' ' {
			return text[:i], text[i+2:]
		}
	}
	if n := len(text); n > 0 && text[n-1] == '.' {
		return text[:n-1], ""
	}
	return text, ""
}

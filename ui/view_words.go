package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// RoleName is a role with a capital: "Owner".
func RoleName(role string) string {
	if role == "" {
		return ""
	}
	return strings.ToUpper(role[:1]) + role[1:]
}

// RoleText says what a role may do, in one line.
func RoleText(role string) string {
	switch role {
	case "owner":
		return "Everything, including members and settings"
	case "editor":
		return "Reads and writes; sees the admin pages but changes nothing there"
	case "viewer":
		return "Reads threads"
	}
	return ""
}

// RoleOptions are the three roles, widest first.
func RoleOptions(selected string) []Option {
	var all []Option
	for _, role := range []string{"owner", "editor", "viewer"} {
		all = append(all, Option{Value: role, Label: RoleName(role), Hint: RoleText(role), Selected: role == selected})
	}
	return all
}

// RoleIcon is the sprite's name of a role's icon.
func RoleIcon(role string) string {
	switch role {
	case "owner":
		return "crown"
	case "editor":
		return "pencil"
	}
	return "eye"
}

// EditorReads is what an editor is told on an admin page.
func EditorReads(owners ...string) ReadOnly {
	return ReadOnly{Text: "You are an editor: you see everything here and change nothing.", Owners: owners}
}

// SetupSteps are the wizard's rail. A step whose fields need mending is
// current; the others are as far as the person got.
func SetupSteps(p Problems) []Step {
	owner := p.Of("email") + p.Of("password") + p.Of("display_name")
	steps := []Step{
		{Number: 1, Name: "Owner", Text: "You, with every right", State: "current"},
		{Number: 2, Name: "Workspace", Text: "Where your people meet", State: "ahead"},
		{Number: 3, Name: "Then", Text: "Invite people, start a thread", State: "ahead"},
	}
	if p.Any() && owner == "" {
		steps[0].State, steps[1].State = "done", "current"
	}
	return steps
}

// Count words a number of things: "1 person", "6 people", "18,402 entries".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(int64(n)) + " " + many
}

// Thousands writes a number with commas: 18402 → "18,402".
func Thousands(n int64) string {
	if n < 0 {
		return "-" + Thousands(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Names joins names as a sentence does: "Ines", "Ines and Yuki",
// "Ines, Yuki and 3 others". At most limit names are written out.
func Names(names []string, limit int) string {
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return names[0]
	case len(names) <= limit:
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	rest := len(names) - limit + 1
	if rest == 1 {
		return strings.Join(names[:limit-1], ", ") + " and 1 other"
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:limit-1], ", "), rest)
}

// FirstName is a name's first word: what a sentence calls a person.
func FirstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

// Bytes words a size: "812 B", "96 KB", "3.2 GB".
func Bytes(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, names := float64(n), []string{"KB", "MB", "GB", "TB"}
	for i, name := range names {
		value /= unit
		if value < unit || i == len(names)-1 {
			if value < 10 {
				return fmt.Sprintf("%.1f %s", value, name)
			}
			return fmt.Sprintf("%.0f %s", value, name)
		}
	}
	return ""
}

// DeviceName reads a browser and a system out of a User-Agent header:
// "Firefox on Linux", "Safari on iPhone". It is for recognition, never for
// decisions.
func DeviceName(agent string) string {
	if agent == "" {
		return "Unknown device"
	}
	browser := firstNamed(agent, "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl", "Go-http-client", "Go program")
	system := firstNamed(agent, "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "" && system == "":
		return Preview(agent, 40)
	case system == "":
		return browser
	case browser == "":
		return "Browser on " + system
	}
	return browser + " on " + system
}

// firstNamed takes pairs of mark and name; it gives the name of the first mark found.
func firstNamed(agent string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Contains(agent, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}

package ui

import (
	"fmt"
	"strings"
)

// RoleName is a role with a capital: "Owner".
func RoleName(role string) string {
	if role == "" {
		return ""
	}
	return strings.ToUpper(role[:1]) + role[1:]
}

// WithArticle words a role in a sentence: "an owner", "a viewer".
func WithArticle(role string) string {
	if role == "viewer" {
		return "a viewer"
	}
	return "an " + role
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

// RoleChoices are the three roles with what each may do, widest first.
func RoleChoices(selected string) []Choice {
	var all []Choice
	for _, role := range []string{"owner", "editor", "viewer"} {
		all = append(all, Choice{Value: role, Label: RoleName(role), Note: RoleText(role), Icon: RoleIcon(role), Selected: role == selected})
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

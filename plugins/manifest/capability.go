package manifest

import (
	"fmt"
	"slices"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Risk says how much an owner gives away with a capability.
type Risk string

// The classes of risk.
const (
	Low    Risk = "low"    // stays in the plugin's own room
	Medium Risk = "medium" // sees or shows what is others'
	High   Risk = "high"   // changes what is others', sends it away, or decides for people
)

// Class gives a capability's risk. A name that nobody knows is High.
func (c Capability) Class() Risk {
	switch c.Name {
	case "kv", "blob", "schedule", "ui.page", "ui.widget", "events.emit":
		return Low
	case "workspace.read", "events.subscribe", "notify.send", "audit.write", "ui.frame":
		return Medium
	case "members.read":
		if slices.Contains(c.Fields, "email") {
			return High
		}
		return Medium
	}
	return High
}

// Words say to an owner what a capability lets the plugin do.
func (c Capability) Words() string {
	switch c.Name {
	case "kv":
		return "Keep up to " + fault.Limit(int64(c.QuotaKB)<<10) + " of its own data in each workspace."
	case "blob":
		return "Keep up to " + fault.Limit(int64(c.QuotaMB)<<20) + " of its own files in each workspace."
	case "workspace.read":
		return "Read " + tables(c.Tables) + " of the workspace."
	case "workspace.write":
		return "Change and delete " + tables(c.Tables) + " of the workspace, as the person who uses it."
	case "members.read":
		return "See who is in the workspace, with their " + list(c.Fields, map[string]string{"joined_at": "day of joining", "email": "e-mail address"}) + "."
	case "events.subscribe":
		return "Be told when " + happenings(c.Types) + "."
	case "events.emit":
		return "Tell other plugins when something happens in it."
	case "schedule":
		return fmt.Sprintf("Run by itself, at most every %s.", seconds(c.MinIntervalS))
	case "http.fetch":
		return "Send data to and fetch from " + strings.Join(c.Hosts, ", ") + " (" + strings.Join(c.Methods, ", ") + ")."
	case "secrets.use":
		if len(c.Names) == 1 {
			return "Sign in to the servers it may reach with the secret you set as " + c.Names[0] + ". The plugin itself never sees it."
		}
		return "Sign in to the servers it may reach with the secrets you set as " + list(c.Names, nil) + ". The plugin itself never sees them."
	case "notify.send":
		return "Send notifications to members."
	case "audit.write":
		return "Add entries of its own to the audit log."
	case "filter.decision":
		return "Refuse what people would otherwise be allowed. It cannot allow anything."
	case "ui.page":
		return "Add pages."
	case "ui.widget":
		return "Add cards to the dashboard."
	case "ui.html":
		return "Show web content of its own on its pages. Scripts are taken out of it."
	case "ui.frame":
		return "Run scripts of its own in a closed part of its pages. They do not reach the rest of the page; what they are shown, they can send away."
	}
	return "Do something this server does not know."
}

// happenings are events in words: what happens to what is in a workspace, who
// comes and goes, and what other plugins tell of, by its name.
func happenings(types []string) string {
	said := make([]string, 0, len(types))
	for _, name := range types {
		if words := happening(name); !slices.Contains(said, words) {
			said = append(said, words)
		}
	}
	return list(said, nil)
}

// ServersOwn reports whether an event is one that only the server tells of, whatever
// a plugin is called.
func ServersOwn(event string) bool { return !strings.HasPrefix(happening(event), ofAnother) }

const ofAnother = "another plugin tells of "

func happening(name string) string {
	words := map[string]string{
		"sync.push:action:after": "somebody changes something", "admin.user:action:added": "somebody joins", "admin.user:action:removed": "somebody leaves",
		"admin.user:action:role_changed": "somebody gets another role", "admin.workspace:action:updated": "the workspace is renamed or set up anew",
		"admin.workspace:action:restrictions_changed": "a role may do more or less", "admin.guest_access:action:changed": "guests are let in or kept out",
		"member.added": "somebody joins", "member.removed": "somebody leaves", "member.role_changed": "somebody gets another role",
		"workspace.updated": "the workspace is renamed or set up anew", "workspace.restrictions_changed": "a role may do more or less", "workspace.guest_access_changed": "guests are let in or kept out",
	}
	if w := words[name]; w != "" {
		return w
	}
	rest, ok := strings.CutPrefix(name, "sync.")
	noun, verb, two := strings.Cut(rest, ".")
	things := map[string]string{"thread": "a thread", "message": "a message", "project": "a project", "post": "a document or prompt", "kv": "a setting", "file": "a file"}
	if thing := things[noun]; ok && two && thing != "" && (verb == "created" || verb == "updated" || verb == "deleted") {
		return thing + " is " + map[string]string{"created": "made", "updated": "changed", "deleted": "deleted"}[verb]
	}
	return ofAnother + name
}

// tables are tables by what is in them. What is two things to people is two of the
// list, which has one "and".
func tables(names []string) string {
	words := map[string][]string{"posts": {"documents", "prompts"}, "kv": {"settings", "small values"}, "file_meta": {"the list of files"}}
	said := make([]string, 0, len(names)+2)
	for _, name := range names {
		if w := words[name]; w != nil {
			said = append(said, w...)
		} else {
			said = append(said, name)
		}
	}
	return list(said, nil)
}

// list joins names as people do, with other words for some.
func list(names []string, words map[string]string) string {
	said := make([]string, len(names))
	for i, name := range names {
		said[i] = name
		if w := words[name]; w != "" {
			said[i] = w
		}
	}
	if len(said) < 2 {
		return strings.Join(said, "")
	}
	return strings.Join(said[:len(said)-1], ", ") + " and " + said[len(said)-1]
}

func seconds(n int) string {
	switch {
	case n%86400 == 0:
		return count(n/86400, "day")
	case n%3600 == 0:
		return count(n/3600, "hour")
	case n%60 == 0:
		return count(n/60, "minute")
	}
	return count(n, "second")
}

func count(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

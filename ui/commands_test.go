package ui

import (
	"strings"
	"testing"
)

func TestTheRegistryHasNoTwoOfAKind(t *testing.T) {
	ids, keys := map[string]bool{}, map[string]bool{}
	for _, c := range Commands() {
		if ids[c.ID] || c.Keys != "" && keys[c.Keys] {
			t.Errorf("%s %q stands there twice", c.ID, c.Keys)
		}
		ids[c.ID], keys[c.Keys] = true, true
		if c.Label == "" || c.Group == "" || !c.SheetOnly && (c.Icon == "" || c.URL == "" && c.Act == "") {
			t.Errorf("%s is incomplete", c.ID)
		}
		if c.SheetOnly && c.Keys == "" {
			t.Errorf("%s is for the sheet but has no keys", c.ID)
		}
		for other := range keys {
			if strings.HasPrefix(c.Keys, other+" ") && other != "" {
				t.Errorf("%q can never be typed: %q comes first", c.Keys, other)
			}
		}
	}
}

func TestNobodySeesWhatTheyMayNotDo(t *testing.T) {
	scope := Scope{WorkspaceID: "w 1", AdminBase: "/door", May: func(permission string, deployment bool) bool {
		return permission == "workspace.read" && !deployment
	}}
	var labels []string
	for _, c := range CommandsFor(scope) {
		labels = append(labels, c.Label)
		if strings.Contains(c.URL, "/admin") || strings.Contains(c.URL, ":") {
			t.Errorf("%s leads to %s", c.ID, c.URL)
		}
		if c.ID == "threads" && c.URL != "/w/w%201" {
			t.Errorf("threads lead to %s", c.URL)
		}
	}
	text := strings.Join(labels, "|")
	if !strings.Contains(text, "Threads") || !strings.Contains(text, "Sign out") {
		t.Errorf("lacks what everyone may do: %s", text)
	}
	for _, hidden := range []string{"New thread", "Members", "Everyone on this server", "Audit log"} {
		if strings.Contains(text, hidden) {
			t.Errorf("a viewer is shown %s", hidden)
		}
	}
}

func TestSomebodyWithoutAWorkspaceGetsNoDeadLinks(t *testing.T) {
	for _, c := range CommandsFor(Scope{May: func(string, bool) bool { return true }}) {
		if strings.Contains(c.URL, "/w/") {
			t.Errorf("%s leads to %s", c.ID, c.URL)
		}
	}
}

func TestTheSidebarMarksWhereOneIs(t *testing.T) {
	may := func(_ string, deployment bool) bool { return !deployment }
	var current, all []string
	for _, group := range AdminNav(Scope{WorkspaceID: "w1", AdminBase: "/door", May: may}, "members", map[string]int{"members": 6}) {
		for _, item := range group.Items {
			all = append(all, item.ID)
			if item.Current {
				current = append(current, item.ID)
				if item.Count != 6 || item.URL != "/door/members" {
					t.Errorf("members is %+v", item)
				}
			}
		}
	}
	if len(current) != 1 || strings.Contains(strings.Join(all, " "), "users") {
		t.Errorf("current %v of %v", current, all)
	}
}

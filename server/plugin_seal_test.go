package server

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/plugins/host"
)

var sealedAt = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)

func yardForm() *host.Form {
	least := 1.0
	return &host.Form{Action: "save", Elements: host.Elements{
		&host.TextField{Field: host.Field{Name: "name", Label: "Name", Required: true, Hint: "As painted"}, Value: "Hull 14", MaxLength: 20},
		&host.NumberField{Field: host.Field{Name: "length", Label: "Length"}, Min: &least},
		&host.Select{Field: host.Field{Name: "slip", Label: "Slip"}, Options: []host.Option{{Value: "4", Label: "Slip four"}}, Value: "4"},
		&host.Combobox{Field: host.Field{Name: "crane", Label: "Crane"}, Action: "propose"},
		&host.ButtonField{Button: host.Button{Label: "Try", Action: "try", Values: map[string]any{"dry": true}}},
	}}
}

// A seal opens where it was made, and nowhere else.
func TestASealHoldsForItsPluginVersionWorkspacePersonAndPage(t *testing.T) {
	var seals formSeals
	of := standing{plugin: "yard", version: "v1", workspace: "w1", user: "u1", place: "page hulls"}
	text := seals.seal("key", of, yardForm(), sealedAt)
	form, err := seals.open("key", of, text, sealedAt.Add(sealLife))
	if err != nil {
		t.Fatal(err)
	}
	if values, wrong := host.CheckValues(form.Elements, map[string]any{"name": strings.Repeat("x", 21), "length": "0", "slip": "5"}); len(wrong) != 3 {
		t.Errorf("what was sealed checks less than what was shown: %v, %v", values, wrong)
	}
	if strings.Contains(text, "Hull") || form.Elements[0].(*host.TextField).Value != "" {
		t.Error("values are in the seal")
	}
	for what, change := range map[string]func(*standing){
		"plugin": func(s *standing) { s.plugin = "yarn" }, "version": func(s *standing) { s.version = "v2" }, "workspace": func(s *standing) { s.workspace = "w2" },
		"person": func(s *standing) { s.user = "u2" }, "page": func(s *standing) { s.place = "page " }, "parts": func(s *standing) { s.plugin, s.version = "yardv", "1" },
	} {
		other := of
		change(&other)
		if _, err := seals.open("key", other, text, sealedAt); err == nil {
			t.Errorf("it opens for another %s", what)
		}
		if seals.marked("key", other, "lower", `{"row":"1"}`, seals.mark("key", of, "lower", `{"row":"1"}`)) {
			t.Errorf("a button is taken for another %s", what)
		}
	}
	for what, bad := range map[string]string{"nothing": "", "noise": "####", "short": "AAAA", "cut": text[:len(text)-4], "changed": text[:len(text)-2] + "AA", "other head": "AAAA" + text[4:]} {
		if _, err := seals.open("key", of, bad, sealedAt); err == nil {
			t.Errorf("it opens with %s", what)
		}
	}
	if _, err := seals.open("key", of, text, sealedAt.Add(sealLife+time.Second)); err == nil {
		t.Error("an old one opens")
	}
	if _, err := (&formSeals{}).open("another key", of, text, sealedAt); err == nil {
		t.Error("another server's opens")
	}
}

func TestAFormSendsToItsActionAndItsButtonsAlone(t *testing.T) {
	var seals formSeals
	of := standing{plugin: "yard"}
	form, err := seals.open("key", of, seals.seal("key", of, yardForm(), sealedAt), sealedAt)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := form.sends("save"); !ok {
		t.Error("not to its own action")
	}
	if values, ok := form.sends("try"); !ok || values["dry"] != true {
		t.Errorf("its button gives %v", values)
	}
	for _, other := range []string{"", "remove", "propose"} {
		if _, ok := form.sends(other); ok {
			t.Errorf("it sends to %q", other)
		}
	}
	if !form.proposes("propose") || form.proposes("save") {
		t.Error("proposals come from another action")
	}
	if seals.marked("key", of, "remove", `{"row":"2"}`, seals.mark("key", of, "remove", `{"row":"1"}`)) || seals.marked("key", of, "remove", `{"row":"1"}`, seals.mark("key", of, "lower", `{"row":"1"}`)) {
		t.Error("a button's values or action were changed on the way")
	}
}

// An arrangement is changed by what is seen; what has no plugin just now keeps its place.
func TestADashboardIsArrangedByWhatIsSeen(t *testing.T) {
	at := func(key string) placedWidget {
		plugin, widget, _ := strings.Cut(key, "/")
		w := placedWidget{arranged: arranged{plugin, widget, "small"}}
		w.widget.ID, w.widget.Title = widget, widget
		return w
	}
	fresh := func() *board {
		b := &board{stored: true, missing: []placedWidget{at("y/d")}}
		for _, key := range []string{"y/a", "gone/x", "y/b", "y/c"} {
			b.list = append(b.list, at(key).arranged)
			if !strings.HasPrefix(key, "gone") {
				b.shown = append(b.shown, at(key))
			}
		}
		return b
	}
	for _, c := range []struct{ do, key, want, said string }{
		{"up", "y/b", "y/b y/a gone/x y/c", "b is now 1 of 3."},
		{"down", "y/a", "gone/x y/b y/a y/c", "a is now 2 of 3."},
		{"up", "y/a", "y/a gone/x y/b y/c", "a is there already."},
		{"down", "y/c", "y/a gone/x y/b y/c", "c is there already."},
		{"remove", "y/b", "y/a gone/x y/c", "b is off the dashboard."},
		{"add", "y/d", "y/a gone/x y/b y/c y/d", "d is at the end of the dashboard."},
		{"large", "y/b", "y/a gone/x y/b y/c", "b is large now."},
		{"reset", "", "", "All widgets are shown."},
	} {
		b := fresh()
		said, err := b.change(c.do, c.key)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range b.list {
			got = append(got, a.key())
		}
		if strings.Join(got, " ") != c.want || said != c.said {
			t.Errorf("%s %s: %q, %v; want %q, %s", c.do, c.key, said, got, c.said, c.want)
		}
	}
	for _, c := range [][2]string{{"up", "gone/x"}, {"add", "y/a"}, {"remove", "no/no"}, {"burn", "y/a"}} {
		if _, err := fresh().change(c[0], c[1]); err == nil {
			t.Errorf("%v is done", c)
		}
	}
}

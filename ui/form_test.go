package ui

import (
	"bytes"
	"strings"
	"testing"
)

func TestARefusedFormComesBackAsItWas(t *testing.T) {
	f := Form{ID: "invite", Values: map[string]string{"email": `a"b@x`}, Errors: map[string]string{"email": "Write a full address.", "role": "Pick a role.", "": "The invite was not made."}, Order: []string{"email", "role"}}
	var out bytes.Buffer
	if err := newRenderer(t).Fragment(&out, "partials/field", f.Field("email", "E-mail", "email").Fill("email").Max(320)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="f-invite-email"`, `value="a&#34;b@x"`, `aria-invalid="true"`, `aria-describedby="f-invite-email-error"`, `id="f-invite-email-error"`, "Write a full address.", `maxlength="320"`, " required", `autocomplete="email"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %s: %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "autofocus") {
		t.Error("with several errors the summary takes the focus")
	}
	got := f.Problems()
	if len(got) != 3 || got[0].FieldID != "" || got[1].FieldID != "f-invite-email" || got[2].FieldID != "f-invite-role" {
		t.Errorf("summary is %+v", got)
	}
	f.Labels = map[string]string{"role": "Role"}
	if got := f.Problems(); got[1].Text != "Write a full address." || got[2].Text != "Role: Pick a role." {
		t.Errorf("with a label the summary is %+v", got)
	}
}

func TestTheOnlyErrorTakesTheFocus(t *testing.T) {
	f := Form{Errors: map[string]string{"name": "Write a name."}}
	if !f.Field("name", "Name", "text").Focus || f.Field("about", "About", "text").Focus {
		t.Error("focus belongs to the one wrong field")
	}
}

func TestEveryKindOfFieldHasALabel(t *testing.T) {
	r := newRenderer(t)
	for _, kind := range []string{"text", "email", "password", "search", "date", "select", "textarea", "checkbox", "toggle"} {
		var out bytes.Buffer
		if err := r.Fragment(&out, "partials/field", Form{}.Field("x", "A label", kind).Hinted("A hint.")); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		html := out.String()
		labelled := strings.Contains(html, `<label for="f-x"`) || strings.Contains(html, `<label class="check"><input`)
		if !labelled || !strings.Contains(html, "A label") || !strings.Contains(html, `aria-describedby="f-x-hint"`) {
			t.Errorf("%s: %s", kind, html)
		}
	}
}

package server_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"or3.cloud/or3/internal/testkit"
)

func TestTheAPIDescribesItselfCompletely(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	reply := app.Nobody().Get("/api/openapi.json").Is(200)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(reply.Body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			described = append(described, method+" "+path)
			if op.Summary == "" || op.OperationID == "" {
				t.Errorf("%s %s says nothing about itself", method, path)
			}
		}
	}
	parameter := regexp.MustCompile(`:([a-z_]+)`)
	for _, row := range app.Table() {
		if strings.HasPrefix(row.Path, "/api/") {
			served = append(served, row.Method+" "+parameter.ReplaceAllString(row.Path, "{$1}"))
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described %q\nserved    %q", described, served)
	}
}

func TestTheDescriptionCarriesTheValidationRules(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(app.Nobody().Get("/api/openapi.json").Body))
	if err != nil {
		t.Fatal(err)
	}
	body := doc.Paths.Find("/api/workspaces").Post.RequestBody.Value.Content["application/json"].Schema.Value
	name := body.Properties["name"].Value
	if *name.MaxLength != 100 || !slices.Contains(body.Required, "name") || slices.Contains(body.Required, "description") {
		t.Errorf("name: %+v, required: %v", name, body.Required)
	}
	role := doc.Paths.Find("/api/workspaces/{id}/members").Post.RequestBody.Value.Content["application/json"].Schema.Value.Properties["role"].Value
	if len(role.Enum) != 3 {
		t.Errorf("role: %v", role.Enum)
	}
}

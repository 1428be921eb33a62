package wire_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"or3.cloud/or3/sync/wire"
)

// docs/data-model.md is what people read; it must not fall behind.
func TestTheDataModelPageNamesEveryField(t *testing.T) {
	text, err := os.ReadFile("../../docs/data-model.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| (yes)? ?\\| ([^|]+) \\| ")
	for _, spec := range wire.Schema() {
		_, section, ok := strings.Cut(string(text), "\n## "+string(spec.Table)+"\n")
		if !ok {
			t.Errorf("there is no section %s", spec.Table)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		documented := map[string]string{}
		for _, m := range line.FindAllStringSubmatch(section, -1) {
			documented[m[1]] = m[2] + " " + m[3]
			if !strings.HasPrefix(m[4], "`payload`") {
				t.Errorf("%s.%s is said to lie in %s", spec.Table, m[1], m[4])
			}
		}
		for _, f := range spec.Fields {
			want := string(f.Type) + " "
			if f.Required {
				want += "yes"
			}
			if documented[f.Name] != want {
				t.Errorf("%s.%s is documented as %q, want %q", spec.Table, f.Name, documented[f.Name], want)
			}
			delete(documented, f.Name)
		}
		for name := range documented {
			t.Errorf("%s.%s is documented and not in the schema", spec.Table, name)
		}
		for _, name := range spec.Dropped {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("the page does not say that %s is dropped", name)
			}
		}
	}
}

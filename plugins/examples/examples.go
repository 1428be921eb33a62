// Package examples holds plugins written with package sdk, one in each folder, and
// their packages as an owner installs them. Tests install them; the program does
// not have them in it.
package examples

import (
	"embed"
	"fmt"
	"strings"
)

//go:generate go run ./write

//go:embed packages/*.zip
var packages embed.FS

// IDs of the examples, sorted.
func IDs() []string {
	var ids []string
	files, _ := packages.ReadDir("packages") // it is embedded
	for _, f := range files {
		ids = append(ids, strings.TrimSuffix(f.Name(), ".zip"))
	}
	return ids
}

// Package gives the package of an example.
func Package(id string) ([]byte, error) {
	zip, err := packages.ReadFile("packages/" + id + ".zip")
	if err != nil {
		return nil, fmt.Errorf("there is no example %q; there are %s", id, strings.Join(IDs(), ", "))
	}
	return zip, nil
}

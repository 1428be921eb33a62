package config

import (
	"errors"
	"os"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	envPrefix  = "OR3_"
	testPrefix = "OR3_TEST_" // belongs to the tests; ignored here
	fileSuffix = "_FILE"
	maxSecret  = 64 << 10
)

// environment is what the OR3_ variables say.
type environment struct {
	layer
	dataDir, file string // OR3_DATA and OR3_CONFIG: the flags --data and --config
}

// readEnv finds the OR3_ variables of a NAME=value list. A later entry of the
// same name wins, as it does for a process.
func readEnv(environ []string) (environment, error) {
	vars := map[string]string{}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if ok && strings.HasPrefix(name, envPrefix) && !strings.HasPrefix(name, testPrefix) {
			vars[name] = value
		}
	}
	names := make([]string, 0, len(vars))
	for name := range vars {
		names = append(names, name)
	}
	sort.Strings(names) // so that the same environment always gives the same error

	known := map[string]Key{}
	for _, k := range Keys() {
		known[k.Env()] = k
	}
	out := environment{layer: layer{values: map[string]any{}, fromText: true}}
	sources := map[string]string{}
	for _, name := range names {
		value := vars[name]
		if !utf8.ValidString(value) {
			return out, &Error{Source: "environment " + name, Problem: "is not valid UTF-8"}
		}
		switch name {
		case "OR3_DATA":
			out.dataDir = value
			continue
		case "OR3_CONFIG":
			out.file = value
			continue
		}
		if k, ok := known[name]; ok {
			out.values[k.Name], sources[k.Name] = value, "environment "+name
			continue
		}
		k, ok := known[strings.TrimSuffix(name, fileSuffix)]
		if !ok || !k.Secret {
			return out, unknownEnv(name, ok)
		}
		if _, both := vars[k.Env()]; both {
			return out, &Error{Source: "environment " + name, Problem: "and " + k.Env() + " are both set; keep one of them"}
		}
		text, err := readSecret(value)
		if err != nil {
			return out, &Error{Source: "environment " + name, Problem: "names a file that cannot be read: " + err.Error()}
		}
		out.values[k.Name], sources[k.Name] = text, "file "+value+" (environment "+name+")"
	}
	out.source = func(key string) string { return sources[key] }
	return out, nil
}

// readSecret reads a file that holds one secret; line ends after it are dropped.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", errors.New(reason(err))
	}
	if info.IsDir() {
		return "", errors.New("it is a directory")
	}
	if info.Size() > maxSecret {
		return "", errors.New("it is larger than 64 KiB")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", errors.New(reason(err))
	}
	if len(text) > maxSecret || !utf8.Valid(text) {
		return "", errors.New("it does not hold text of at most 64 KiB")
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

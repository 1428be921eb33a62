package fetch

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"or3.cloud/or3/plugins/host"
)

const maxRequestHead = 16 << 10

// ours are headers that say how two programs speak, whom a request claims to come
// from, or what method it secretly has. A plugin sets none of them.
func ours(name string) bool {
	for _, prefix := range []string{"Proxy-", "Sec-", "X-Forwarded-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{
		"Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Http2-Settings", "Expect", "Via",
		"Content-Length", "Accept-Encoding", "Cookie", "Cookie2", "Set-Cookie", "Set-Cookie2", "Forwarded", "X-Real-Ip",
		"X-Http-Method", "X-Http-Method-Override", "X-Method-Override",
	}, name)
}

// headers gives what a plugin sends in the clear, and what secrets were put into.
func headers(r Rules, in host.Fetch) (plain, secret http.Header, err error) {
	plain, secret = http.Header{"User-Agent": {"or3-plugin"}}, http.Header{}
	size, seen := 0, map[string]bool{}
	put := func(into http.Header, name, value string) error {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return fail(BadRequest, "%q is no name of a header.", name)
		case ours(canonical):
			return fail(BadRequest, "A plugin cannot set the header %s.", canonical)
		case seen[canonical]:
			return fail(BadRequest, "The header %s is there twice.", canonical)
		case !httpguts.ValidHeaderFieldValue(value):
			return fail(BadRequest, "The value of the header %s holds a line break or another control character.", canonical)
		}
		if size += len(name) + len(value); size > maxRequestHead {
			return fail(TooLarge, "The headers have more than %d KiB.", maxRequestHead>>10)
		}
		seen[canonical] = true
		into[canonical] = []string{value}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(in.Headers)) {
		if err := put(plain, name, in.Headers[name]); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Secrets)) {
		value, err := fill(in.Secrets[name], r.Secrets)
		if err != nil {
			return nil, nil, err
		}
		if err := put(secret, name, value); err != nil {
			return nil, nil, err
		}
	}
	return plain, secret, nil
}

var placeholder = regexp.MustCompile(`\{\{ *([A-Za-z][A-Za-z0-9_-]{0,63}) *\}\}`)

// Named are the names of the secrets that stand in a template.
func Named(template string) (names []string) {
	for _, match := range placeholder.FindAllStringSubmatch(template, -1) {
		names = append(names, match[1])
	}
	return names
}

// fill puts secrets into a template, once: braces in a value stay what they are.
func fill(template string, values map[string]string) (string, error) {
	places := placeholder.FindAllStringSubmatchIndex(template, -1)
	if len(places) == 0 {
		return "", fail(BadRequest, "A value of secrets names no secret. Write {{name}} where it belongs, or use headers.")
	}
	var filled strings.Builder
	end := 0
	for _, at := range places {
		name := template[at[2]:at[3]]
		value, granted := values[name]
		switch {
		case !granted:
			return "", fail(NotAllowed, "The secret %s is not among the names of secrets.use that were granted. Add it to the manifest's names.", name)
		case value == "":
			return "", fail(SecretMissing, "The secret %s has no value here. An owner sets it in the plugin's settings.", name)
		}
		filled.WriteString(template[end:at[0]])
		filled.WriteString(value)
		end = at[1]
	}
	filled.WriteString(template[end:])
	return filled.String(), nil
}

package services

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// Fetch asks another server; fetch.Client does.
type Fetch interface {
	Fetch(ctx context.Context, r fetch.Rules, in host.Fetch) (host.Fetched, error)
}

// web implements host.HTTP.
type web struct{ *service }

// Fetch implements host.HTTP. The values of secrets go into the request alone: an
// answer in which one stands comes back without it.
func (s web) Fetch(ctx context.Context, by host.Caller, in host.Fetch) (host.Fetched, error) {
	a, err := s.admit(ctx, by, "http.fetch", policies.WorkspaceRead)
	if err != nil {
		return host.Fetched{}, err
	}
	rules := fetch.Rules{Hosts: a.granted.Hosts, Methods: a.granted.Methods}
	if len(in.Secrets) > 0 {
		if rules.Secrets, err = s.secrets(ctx, by); err != nil {
			return host.Fetched{}, err
		}
	}
	answer, err := s.Options.Fetch.Fetch(ctx, rules, in)
	s.noteFetch(ctx, a, in, answer, err)
	if err != nil {
		return host.Fetched{}, inWords(err)
	}
	return hideIn(answer, rules.Secrets), nil
}

// secrets are the values of all names that were granted.
func (s web) secrets(ctx context.Context, by host.Caller) (map[string]string, error) {
	a, err := s.admit(ctx, by, "secrets.use", policies.WorkspaceRead)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, name := range a.granted.Names {
		value, _, err := s.Secret(ctx, by.Plugin.ID, by.Workspace, name)
		if err != nil {
			return nil, err // for the log; whatever it says, the guest does not read it
		}
		values[name] = value
	}
	return values, nil
}

// noteFetch writes down whom the plugin asked, once in a call for each host,
// method, end and the secrets in it: the path and query may hold what is nobody else's business.
func (s web) noteFetch(ctx context.Context, a asked, in host.Fetch, answer host.Fetched, err error) {
	target, method := "", strings.ToUpper(in.Method)
	if u, err := url.Parse(in.URL); err == nil {
		target = u.Host
	}
	if method == "" {
		method = "GET"
	}
	details := map[string]any{"method": method}
	used := []string{}
	if len(in.Secrets) > 0 {
		used = usedIn(in.Secrets, a.by)
		details["secrets"] = used
	}
	result := audit.Allowed
	var known *host.Error
	switch {
	case err == nil:
		details["status"] = answer.Status
	case errors.As(err, &known) && slices.Contains([]string{fetch.NotAllowed, fetch.PrivateAddress, fetch.BadRequest, fetch.TooMany}, known.Code):
		result, details["code"] = audit.Refused, known.Code
	default:
		result, details["code"] = audit.Failed, "failed"
		if known != nil {
			details["code"] = known.Code
		}
	}
	e := a.entry(ctx, ActFetch, "host", target, details)
	e.Result = result
	s.note(ctx, ActFetch+" "+target+" "+method+" "+string(e.Result)+" "+strings.Join(used, ","), e)
}

// usedIn names the granted secrets that stand in a request.
func usedIn(headers map[string]string, by host.Caller) []string {
	var bounds manifest.Capability
	decode(by.Granted["secrets.use"], &bounds)
	used := []string{}
	for _, name := range bounds.Names {
		for _, template := range headers {
			if slices.Contains(fetch.Named(template), name) && !slices.Contains(used, name) {
				used = append(used, name)
			}
		}
	}
	return used
}

// hideIn replaces the values of secrets in an answer, as they are and in the
// usual writings: a server that repeats what it was sent must not show it to the
// plugin. A server that wants to can still find a way; an owner grants hosts.
func hideIn(answer host.Fetched, secrets map[string]string) host.Fetched {
	var pairs []string
	for _, value := range secrets {
		if value == "" {
			continue
		}
		for _, form := range writings(value) {
			pairs = append(pairs, form, strings.Repeat("*", min(len(form), 6)))
		}
	}
	if len(pairs) == 0 {
		return answer
	}
	hide := strings.NewReplacer(longestFirst(pairs)...)
	for name, value := range answer.Headers {
		hidden := hide.Replace(name)
		if hidden != name {
			delete(answer.Headers, name)
		}
		answer.Headers[hidden] = hide.Replace(value)
	}
	answer.Body = []byte(hide.Replace(string(answer.Body)))
	return answer
}

// writings are the forms in which servers repeat a value.
func writings(value string) []string {
	raw := []byte(value)
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value), inJSON(value)}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, e.EncodeToString(raw))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// longestFirst orders pairs so that a form is replaced before a part of it.
func longestFirst(pairs []string) []string {
	type pair struct{ from, to string }
	var list []pair
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, pair{pairs[i], pairs[i+1]})
	}
	slices.SortStableFunc(list, func(a, b pair) int { return len(b.from) - len(a.from) })
	pairs = pairs[:0]
	for _, p := range list {
		pairs = append(pairs, p.from, p.to)
	}
	return pairs
}

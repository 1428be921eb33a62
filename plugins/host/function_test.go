package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
)

type memory struct {
	host.KV
	values map[string]json.RawMessage
	fails  error
}

func (m memory) Get(_ context.Context, _ host.Caller, in host.KVGet) (host.KVValue, error) {
	value, found := m.values[in.Key]
	return host.KVValue{Found: found, Value: value}, m.fails
}

func functionNamed(t *testing.T, name string) host.Function {
	t.Helper()
	for _, f := range host.Functions() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no function %s", name)
	return host.Function{}
}

func TestAGuestsCallIsReadStrictlyAndAnswered(t *testing.T) {
	get := functionNamed(t, "or3_kv_get")
	has := host.Services{KV: memory{values: map[string]json.RawMessage{"a": json.RawMessage(`[1]`)}}}
	for what, c := range map[string]struct {
		services     host.Services
		in, out, err string
	}{
		"found":         {has, `{"key":"a"}`, `{"found":true,"value":[1]}`, ""},
		"not found":     {has, `{"key":"b"}`, `{"found":false}`, ""},
		"no key":        {has, `{}`, `{"error":{"code":"bad_request","message":"or3_kv_get: /key is missing"}}`, ""},
		"long key":      {has, `{"key":"` + strings.Repeat("k", 201) + `"}`, `{"error":{"code":"bad_request","message":"or3_kv_get: /key has 201 characters; at most 200"}}`, ""},
		"unknown key":   {has, `{"key":"a","workspace":"w2"}`, `{"error":{"code":"bad_request","message":"or3_kv_get: there is no key \"workspace\" here"}}`, ""},
		"no service":    {host.Services{}, `{"key":"a"}`, `{"error":{"code":"not_available","message":"or3_kv_get is not available here."}}`, ""},
		"known error":   {host.Services{KV: memory{fails: &host.Error{Code: "quota", Message: "Full."}}}, `{"key":"a"}`, `{"error":{"code":"quota","message":"Full."}}`, ""},
		"unknown error": {host.Services{KV: memory{fails: errors.New("disk on fire")}}, `{"key":"a"}`, `{"error":{"code":"internal","message":"The server could not do this. Its log says why, under the request id r1."}}`, "disk on fire"},
	} {
		t.Run(what, func(t *testing.T) {
			out, err := get.Call(t.Context(), c.services, host.Caller{RequestID: "r1"}, []byte(c.in))
			if string(out) != c.out {
				t.Errorf("answer %s\nwant   %s", out, c.out)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestEveryFunctionSaysNoWhereItsServiceIsMissing(t *testing.T) {
	for _, f := range host.Functions() {
		out, err := f.Call(t.Context(), host.Services{}, host.Caller{}, []byte(`{}`))
		if err != nil || !strings.Contains(string(out), "not_available") {
			t.Errorf("%s: %s, %v", f.Name, out, err)
		}
	}
}

package main

import (
	"errors"
	"testing"

	"or3.cloud/or3/plugins/host"
)

func TestWhatBecomesOfAMessage(t *testing.T) {
	for _, c := range []struct {
		tries, status int
		err           error
		state         string
	}{
		{0, 204, nil, "sent"},
		{0, 404, nil, "given_up"},
		{0, 429, nil, "waiting"},
		{0, 503, nil, "waiting"},
		{maxTries - 1, 503, nil, "given_up"},
		{0, 0, &host.Error{Code: "unreachable", Message: "Nobody answers."}, "waiting"},
		{maxTries - 1, 0, errors.New("no server"), "given_up"},
	} {
		d := delivery{Tries: c.tries}
		d.took(host.Fetched{Status: c.status}, c.err)
		if d.State != c.state || d.Tries != c.tries+1 || d.Said == "" {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

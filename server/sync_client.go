package server

import (
	"slices"
	"strconv"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// oldestClient is the oldest version of the browser client that this server
// still understands.
var oldestClient = []int{1, 0, 0}

// knowsClient refuses a client that says in X-Or3-Client that it is too old.
// One that says nothing, or something that is no version, is taken as it is.
func (r *request) knowsClient() error {
	version, ok := clientVersion(r.Header("X-Or3-Client"))
	if ok && slices.Compare(version, oldestClient) < 0 {
		return fault.New(fault.ClientTooOld, "This app is too old for the server. Reload it; what waits to be sent is kept.")
	}
	return nil
}

// clientVersion reads 1, 1.2 or 1.2.3, with or without -suffix.
func clientVersion(text string) ([]int, bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "-")
	parts := strings.Split(text, ".")
	if text == "" || len(parts) > 3 {
		return nil, false
	}
	version := make([]int, 3)
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		version[i] = n
	}
	return version, true
}

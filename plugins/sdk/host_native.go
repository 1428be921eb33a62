//go:build !wasip1

package sdk

import "errors"

// Host plays the server for a plugin that runs natively, in a test: it is given
// the name of a host function, as in or3_kv_get, and its request.
type Host func(name string, request []byte) (answer []byte, err error)

var played Host

// WithHost lets h play the server until the function that it gives is called.
func WithHost(h Host) (back func()) {
	before := played
	played = h
	return func() { played = before }
}

func through(name string, in []byte) ([]byte, error) {
	if played == nil {
		return nil, errors.New("nobody plays the server: call sdk.WithHost first")
	}
	return played(name, in)
}

func kvGet(in []byte) ([]byte, error)       { return through("or3_kv_get", in) }
func kvSet(in []byte) ([]byte, error)       { return through("or3_kv_set", in) }
func kvDelete(in []byte) ([]byte, error)    { return through("or3_kv_delete", in) }
func kvList(in []byte) ([]byte, error)      { return through("or3_kv_list", in) }
func blobPut(in []byte) ([]byte, error)     { return through("or3_blob_put", in) }
func blobGet(in []byte) ([]byte, error)     { return through("or3_blob_get", in) }
func blobDelete(in []byte) ([]byte, error)  { return through("or3_blob_delete", in) }
func rowsGet(in []byte) ([]byte, error)     { return through("or3_rows_get", in) }
func rowsList(in []byte) ([]byte, error)    { return through("or3_rows_list", in) }
func rowsPut(in []byte) ([]byte, error)     { return through("or3_rows_put", in) }
func rowsDelete(in []byte) ([]byte, error)  { return through("or3_rows_delete", in) }
func membersList(in []byte) ([]byte, error) { return through("or3_members_list", in) }
func eventEmit(in []byte) ([]byte, error)   { return through("or3_event_emit", in) }
func httpFetch(in []byte) ([]byte, error)   { return through("or3_http_fetch", in) }
func notify(in []byte) ([]byte, error)      { return through("or3_notify", in) }
func audit(in []byte) ([]byte, error)       { return through("or3_audit", in) }
func log(in []byte) ([]byte, error)         { return through("or3_log", in) }
func now(in []byte) ([]byte, error)         { return through("or3_now", in) }

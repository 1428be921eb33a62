//go:build wasip1

package sdk

import "github.com/extism/go-pdk"

// Each of these is imported by a module only if the plugin uses what calls it: the
// server refuses modules that import what was not asked for.

//go:wasmimport extism:host/user or3_kv_get
func import_kv_get(uint64) uint64

//go:wasmimport extism:host/user or3_kv_set
func import_kv_set(uint64) uint64

//go:wasmimport extism:host/user or3_kv_delete
func import_kv_delete(uint64) uint64

//go:wasmimport extism:host/user or3_kv_list
func import_kv_list(uint64) uint64

//go:wasmimport extism:host/user or3_blob_put
func import_blob_put(uint64) uint64

//go:wasmimport extism:host/user or3_blob_get
func import_blob_get(uint64) uint64

//go:wasmimport extism:host/user or3_blob_delete
func import_blob_delete(uint64) uint64

//go:wasmimport extism:host/user or3_rows_get
func import_rows_get(uint64) uint64

//go:wasmimport extism:host/user or3_rows_list
func import_rows_list(uint64) uint64

//go:wasmimport extism:host/user or3_rows_put
func import_rows_put(uint64) uint64

//go:wasmimport extism:host/user or3_rows_delete
func import_rows_delete(uint64) uint64

//go:wasmimport extism:host/user or3_members_list
func import_members_list(uint64) uint64

//go:wasmimport extism:host/user or3_event_emit
func import_event_emit(uint64) uint64

//go:wasmimport extism:host/user or3_http_fetch
func import_http_fetch(uint64) uint64

//go:wasmimport extism:host/user or3_notify
func import_notify(uint64) uint64

//go:wasmimport extism:host/user or3_audit
func import_audit(uint64) uint64

//go:wasmimport extism:host/user or3_log
func import_log(uint64) uint64

//go:wasmimport extism:host/user or3_now
func import_now(uint64) uint64

func through(call func(uint64) uint64, in []byte) []byte {
	request := pdk.AllocateBytes(in)
	defer request.Free()
	answer := pdk.FindMemory(call(request.Offset()))
	defer answer.Free()
	return answer.ReadBytes()
}

func kvGet(in []byte) ([]byte, error) { return through(import_kv_get, in), nil }

func kvSet(in []byte) ([]byte, error) { return through(import_kv_set, in), nil }

func kvDelete(in []byte) ([]byte, error) { return through(import_kv_delete, in), nil }

func kvList(in []byte) ([]byte, error) { return through(import_kv_list, in), nil }

func blobPut(in []byte) ([]byte, error) { return through(import_blob_put, in), nil }

func blobGet(in []byte) ([]byte, error) { return through(import_blob_get, in), nil }

func blobDelete(in []byte) ([]byte, error) { return through(import_blob_delete, in), nil }

func rowsGet(in []byte) ([]byte, error) { return through(import_rows_get, in), nil }

func rowsList(in []byte) ([]byte, error) { return through(import_rows_list, in), nil }

func rowsPut(in []byte) ([]byte, error) { return through(import_rows_put, in), nil }

func rowsDelete(in []byte) ([]byte, error) { return through(import_rows_delete, in), nil }

func membersList(in []byte) ([]byte, error) { return through(import_members_list, in), nil }

func eventEmit(in []byte) ([]byte, error) { return through(import_event_emit, in), nil }

func httpFetch(in []byte) ([]byte, error) { return through(import_http_fetch, in), nil }

func notify(in []byte) ([]byte, error) { return through(import_notify, in), nil }

func audit(in []byte) ([]byte, error) { return through(import_audit, in), nil }

func log(in []byte) ([]byte, error) { return through(import_log, in), nil }

func now(in []byte) ([]byte, error) { return through(import_now, in), nil }

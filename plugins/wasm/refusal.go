// Package wasm is the gate a plugin's module passes before it is compiled, and
// the rewrite that makes it stop when it is told to.
//
// The gate reads a module strictly: what it does not understand byte for byte it
// refuses, because the rewrite inserts instructions and must never insert them
// into something the engine reads differently. It knows the instructions that
// wazero 1.12 accepts without experimental features, and no others.
package wasm

import "fmt"

// The codes of refusals. They are stable: tools and documents name them.
const (
	TooLarge         = "module/too_large"
	Malformed        = "module/malformed"
	NotCore          = "module/not_core"
	UnknownSection   = "module/unknown_section"
	UnknownOpcode    = "module/unknown_opcode"
	BodyTooLarge     = "module/body_too_large"
	TooManyLocals    = "module/too_many_locals"
	TooComplex       = "module/too_complex"
	TooManyFunctions = "module/too_many_functions"
	TooMany          = "module/too_many_parts"
	TypeTooWide      = "module/type_too_wide"
	ImportKind       = "module/import_kind"
	ImportUnknown    = "module/import_unknown"
	ImportNotGranted = "module/import_not_granted"
	ImportSignature  = "module/import_signature"
	ImportWASI       = "module/import_wasi"
	ImportHTTP       = "module/import_http"
	ExportMissing    = "module/export_missing"
	ExportSignature  = "module/export_signature"
	StartSection     = "module/start_section"
	MemoryMinimum    = "module/memory_minimum"
	MemoryKind       = "module/memory_kind"
	TableMinimum     = "module/table_minimum"
)

// Refusal says why a module is not let in and what its author can do.
type Refusal struct {
	// Code is one of the constants above.
	Code string `json:"code"`
	// Message is a sentence for the author.
	Message string `json:"message"`
	// Offset is the place in the file, 0 where there is none.
	Offset int `json:"offset,omitempty"`
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Offset == 0 {
		return r.Code + ": " + r.Message
	}
	return fmt.Sprintf("%s: %s (at byte %#x)", r.Code, r.Message, r.Offset)
}

func refuse(code string, offset int, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...), Offset: offset}
}

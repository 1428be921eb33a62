// Package sdk is what a plugin in Go is written with. A plugin registers what it
// can do and is built as a module of WebAssembly:
//
//	package main
//
//	import "or3.cloud/or3/plugins/sdk"
//
//	var _ = sdk.Register(sdk.Plugin{
//		Pages: map[string]sdk.PageFunc{"": func(c *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
//			return sdk.Show("Hello", sdk.Text("Hello, "+c.Workspace.Name+".")), nil
//		}},
//	})
//
//	func main() {}
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o plugin.wasm
//
// The same code compiles natively, where a test hands it calls with [Serve] and
// plays the server with [WithHost]. Nothing here may be used by two goroutines
// at once: a guest runs one call at a time.
package sdk

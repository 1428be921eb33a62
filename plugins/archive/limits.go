package archive

// Limits bounds what a package may be. They are a value, so that a deployment
// may set its own.
type Limits struct {
	Zip      int64 // bytes of the whole file
	Files    int   // entries, folders included
	Unpacked int64 // bytes of all files together, counted as they flow
	Wasm     int64 // bytes of one WebAssembly module
	Manifest int64 // bytes of the manifest
	Signed   int64 // bytes of SIGNATURE, which lists all files
	Ratio    int64 // a larger file may not unpack to more than so many times its packed size …
	RatioOf  int64 // … where it has more bytes than this
	Depth    int   // segments of a path, the wrapping folder not counted
	Path     int   // bytes of a path, the wrapping folder counted
}

// Most is what a package may be however a deployment is set. What is installed is
// read with it, so that a limit that is lowered takes nothing away.
func Most() Limits {
	most := DefaultLimits()
	most.Zip, most.Files, most.Unpacked, most.Ratio = 100<<20, 4000, 1<<30, 1000
	return most
}

// DefaultLimits is what a package may be unless the deployment says otherwise.
func DefaultLimits() Limits {
	return Limits{
		Zip:      25 << 20,
		Files:    2000,
		Unpacked: 200 << 20,
		Wasm:     32 << 20,
		Manifest: 256 << 10,
		Signed:   1 << 20,
		Ratio:    100,
		RatioOf:  64 << 10,
		Depth:    8,
		Path:     200,
	}
}

// maxDirectory bounds the central directory: 2,000 entries of the longest names
// take a quarter of it.
const maxDirectory = 2 << 20

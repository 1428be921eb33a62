// Package host is the language that the server and a plugin speak with each
// other: what the server hands to an export of the guest ([Call] and the
// inputs), what the guest answers ([Answer] with its [Blocks]), and what a guest
// may ask the server while it runs ([Services]). It holds no implementation and
// needs nothing but the standard library, so that the SDK compiles it into
// guests and the server draws from the very same types.
//
// The field tags are the one source of the block schema, of the tables in
// docs/plugins.md and of the stubs for other languages (package describe):
//
//	json  the key, as everywhere
//	doc   one line for authors
//	need  "1": a block without it is refused
//	enum  the words a string may be, separated by commas
//	max   the most characters of a string, or items of a list or map
package host

// API is the version of this language. A manifest names the one it speaks.
const API = "1"

// MaxAnswer is the most bytes an answer with blocks may have.
const MaxAnswer = 256 << 10

// MaxNodes is the most blocks, elements, rows and items in one answer.
const MaxNodes = 500

// MaxDepth is how deep blocks may stand in blocks; the outermost are at 1.
const MaxDepth = 6

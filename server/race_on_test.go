//go:build race

package server_test

// raced says that these tests run under the race detector.
const raced = true

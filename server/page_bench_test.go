package server_test

import (
	"fmt"
	"net/url"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// BenchmarkFirstPage is what a signed-in person meets first: their threads.
func BenchmarkFirstPage(b *testing.B) {
	app := testkit.Open(b, testkit.Options{})
	for i := range 60 {
		app.As(app.Owner).Form("/w/"+app.Harbour+"/threads", url.Values{"title": {fmt.Sprintf("Thread %d", i)}, "text": {"Something was said here."}}).Is(303)
	}
	owner := app.As(app.Owner)
	b.ReportAllocs()
	for b.Loop() {
		owner.Get("/w/" + app.Harbour).Is(200)
	}
}

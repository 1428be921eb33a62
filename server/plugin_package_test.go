package server_test

import (
	"bytes"
	"mime/multipart"
	"runtime"
	"testing"

	"or3.cloud/or3/server"
)

// A package may have 25 MiB, and several come at once.
func TestAPackageIsInMemoryOnce(t *testing.T) {
	const size = 8 << 20
	zip := bytes.Repeat([]byte("tide\r\n--"), size/8)
	for _, order := range [][]string{{"force", "file", "grant"}, {"grant", "force", "file"}, {"file", "force", "grant"}} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, field := range order {
			switch field {
			case "file":
				part, err := form.CreateFormFile("file", "tides.zip")
				must(t, err)
				_, err = part.Write(zip)
				must(t, err)
			case "force":
				must(t, form.WriteField("force", "true"))
			case "grant":
				must(t, form.WriteField("grant", "all"))
			}
		}
		must(t, form.Close())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, force, all, err := server.PackageIn(body.Bytes(), form.Boundary())
		runtime.ReadMemStats(&after)
		if err != nil || !bytes.Equal(got, zip) || !force || !all {
			t.Errorf("%v: %d bytes, force %v, grant all %v, %v", order, len(got), force, all, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > size/2 {
			t.Errorf("%v: reading %d bytes took %d more", order, size, taken)
		}
	}
}

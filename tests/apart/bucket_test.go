package apart

import (
	"os"
	"testing"

	"or3.cloud/or3/storage/s3/s3test"
	"or3.cloud/or3/tests/browser"
)

// gateway is one real S3 server for all tests of the package.
var gateway s3test.Gateway

func TestMain(m *testing.M) {
	code := m.Run()
	gateway.Close()
	os.Exit(code)
}

// The specs of the folder bucket run against a server whose files are in a
// bucket with the CORS rules of docs/operations.md, for that server's origin alone.
func TestFilesGoThroughABucket(t *testing.T) {
	addr, err := s3test.FreeAddress() // the bucket knows it before there is a server
	if err != nil {
		t.Fatal(err)
	}
	bucket := gateway.BucketFor(t, "http://"+addr)
	browser.Run(t, "bucket", "OR3_E2E_ADDR="+addr, "OR3_STORAGE_PROVIDER=s3", "OR3_STORAGE_S3_ENDPOINT="+gateway.URL(t), "OR3_STORAGE_S3_BUCKET="+bucket,
		"OR3_STORAGE_S3_ACCESS_KEY="+s3test.AccessKey, "OR3_STORAGE_S3_SECRET_KEY="+s3test.SecretKey, "OR3_STORAGE_S3_PREFIX=or3/")
}

package s3_test

import (
	"context"
	"os"
	"testing"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/storage/s3"
	"or3.cloud/or3/storage/s3/s3test"
)

// shared is one real S3 server for all tests of the package.
var shared s3test.Gateway

func TestMain(m *testing.M) {
	code := m.Run()
	shared.Close()
	os.Exit(code)
}

const (
	accessKey = s3test.AccessKey
	secretKey = s3test.SecretKey
	region    = s3test.Region
)

func start(t *testing.T) string {
	t.Helper()
	return shared.URL(t)
}

func open(t *testing.T) (*s3.Store, *minio.Client, string) {
	t.Helper()
	client, name := shared.Bucket(t)
	return again(t, name), client, name
}

// again opens a bucket as one more node does.
func again(t *testing.T, bucket string) *s3.Store {
	t.Helper()
	s, err := s3.Open(context.Background(), s3.Options{Endpoint: shared.URL(t), Region: region, Bucket: bucket, Prefix: "or3/", AccessKey: accessKey, SecretKey: secretKey, PathStyle: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package storagetest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"testing"

	"or3.cloud/or3/storage"
)

// Twins are two contents with one MD5, as Wang and Yu found them in 2004.
func Twins(t testing.TB) (one, other []byte, key storage.Key) {
	t.Helper()
	one, err := hex.DecodeString("d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b" +
		"d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70")
	if err != nil {
		t.Fatal(err)
	}
	other = bytes.Clone(one)
	for _, at := range []int{19, 45, 59, 83, 109, 123} {
		other[at] ^= 0x80
	}
	sum := md5.Sum(one)
	if bytes.Equal(one, other) || sum != md5.Sum(other) {
		t.Fatal("they are no twins")
	}
	ref, err := storage.ParseRef("md5:" + hex.EncodeToString(sum[:]))
	if err != nil {
		t.Fatal(err)
	}
	return one, other, storage.Key{Workspace: "w1", Ref: ref}
}

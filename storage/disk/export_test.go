package disk

import (
	"os"

	"or3.cloud/or3/storage"
)

// Dir is where the store lies.
func (s *Store) Dir() string { return s.dir }

// Path is where a blob lies.
func (s *Store) Path(key storage.Key) string { return s.path(key) }

// Writing puts a function in the place of writing to a file.
func (s *Store) Writing(write func(f *os.File, p []byte) (int, error)) { s.write = write }

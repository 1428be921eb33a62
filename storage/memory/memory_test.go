package memory_test

import (
	"testing"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/storagetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open: func(*testing.T) storage.Store { return &memory.Store{} },
		Damage: func(_ *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			s.(*memory.Store).Damage(key, change)
		},
	})
}

package quota_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/quota"
	"or3.cloud/or3/storage/storagetest"
)

func bounded(limit int64) (*quota.Store, *quota.Meter) {
	inner := &memory.Store{}
	meter := quota.NewMeter(inner, func(context.Context, string) (int64, error) { return limit, nil })
	return quota.New(inner, meter), meter
}

func TestAQuotaKeepsTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open: func(*testing.T) storage.Store { s, _ := bounded(-1); return s },
		Damage: func(_ *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			s.(*quota.Store).Unwrap().(*memory.Store).Damage(key, change)
		},
	})
}

func receive(t *testing.T, s storage.Receiver, workspace string, content []byte) error {
	t.Helper()
	_, err := s.Receive(t.Context(), storage.Incoming{Key: storagetest.Key(workspace, content), Size: int64(len(content)), Body: bytes.NewReader(content)})
	return err
}

func TestAWorkspaceKeepsNoMoreThanItsQuota(t *testing.T) {
	s, meter := bounded(1000)
	first := storagetest.Keep(t, s, "w1", storagetest.Content(1, 600))
	if err := receive(t, s, "w1", storagetest.Content(2, 401)); !fault.Is(err, fault.QuotaExceeded) {
		t.Errorf("401 bytes more: %v", err)
	}
	storagetest.Lacks(t, s, storagetest.Key("w1", storagetest.Content(2, 401)))
	storagetest.Keep(t, s, "w1", storagetest.Content(3, 400))
	storagetest.Keep(t, s, "w1", storagetest.Content(1, 600)) // is there: free
	storagetest.Keep(t, s, "w2", storagetest.Content(2, 401)) // somebody else's
	if err := s.Delete(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	storagetest.Keep(t, s, "w1", storagetest.Content(4, 600))
	if used, err := meter.Used(t.Context(), "w1"); used != 1000 || err != nil {
		t.Errorf("%d bytes are counted, %v", used, err)
	}
}

func TestARefusedUploadGivesItsRoomBack(t *testing.T) {
	s, meter := bounded(1000)
	content := storagetest.Content(1, 900)
	for range 3 {
		_, err := s.Receive(t.Context(), storage.Incoming{Key: storagetest.Key("w1", content), Size: 900, Body: bytes.NewReader(content[:10])})
		if !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	}
	if used, err := meter.Used(t.Context(), "w1"); used != 0 || err != nil {
		t.Errorf("%d bytes are counted, %v", used, err)
	}
	storagetest.Keep(t, s, "w1", content)
}

// Forty uploads at once, of ten files, of which seven fit.
func TestUploadsAtOnceDoNotOvershoot(t *testing.T) {
	for range 50 {
		s, meter := bounded(799)
		errs := make([]error, 40)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = receive(t, s, "w1", storagetest.Content(uint64(i%10), 100)) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && !fault.Is(err, fault.QuotaExceeded) {
				t.Fatal(err)
			}
		}
		var held int64
		for blob, err := range s.Enumerate(t.Context(), "w1") {
			if err != nil {
				t.Fatal(err)
			}
			held += blob.Size
		}
		used, err := meter.Used(t.Context(), "w1")
		if held != 700 || used != held || err != nil {
			t.Fatalf("%d bytes are held and %d counted, %v; 700 fit", held, used, err)
		}
	}
}

func TestWhoCannotCountLetsNothingIn(t *testing.T) {
	broken := errors.New("the list cannot be read")
	inner := &memory.Store{}
	for name, meter := range map[string]*quota.Meter{
		"usage": quota.NewMeter(uncountable{broken}, func(context.Context, string) (int64, error) { return 1000, nil }),
		"limit": quota.NewMeter(inner, func(context.Context, string) (int64, error) { return 0, broken }),
	} {
		s := quota.New(inner, meter)
		if err := receive(t, s, "w1", []byte("x")); !errors.Is(err, broken) {
			t.Errorf("without the %s: %v", name, err)
		}
		storagetest.Lacks(t, s, storagetest.Key("w1", []byte("x")))
	}
}

type uncountable struct{ err error }

func (u uncountable) Enumerate(context.Context, string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) { yield(storage.Blob{}, u.err) }
}

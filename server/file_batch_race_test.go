package server_test

import (
	"context"
	"sync"
	"testing"

	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
)

// The collector takes what nothing names while devices send the same files again
// and again: whoever was told that a file is there, or has sent it, finds it.
func TestFilesThatComeTogetherRaceTheCollector(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		list := []attachment{words(1, 500), words(2, 500), words(3, 500)}
		stop := make(chan struct{})
		var collecting sync.WaitGroup
		collecting.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				key := keyOf(t, app, list[i%len(list)])
				if err := app.Files.Condemn(context.Background(), key); err != nil {
					t.Errorf("condemning: %v", err)
					return
				}
				if _, err := app.Files.Forget(context.Background(), key, func(ctx context.Context) error { return app.Store.Delete(ctx, key) }); err != nil {
					t.Errorf("forgetting: %v", err)
					return
				}
			}
		})
		var sending sync.WaitGroup
		for range 3 {
			sending.Go(func() {
				for range 15 {
					for _, o := range f.together(t, list...) {
						if !o.OK && !o.AlreadyStored && o.String() != "conflict" { // another device of this person has it in hand
							t.Errorf("a file: %+v", o)
						}
					}
				}
			})
		}
		sending.Wait()
		close(stop)
		collecting.Wait()
		f.together(t, list...)
		for _, a := range list {
			same(t, f.fetch(t, a), a)
		}
		idle(t, app, 1500)
	})
}

// Somebody deletes the bytes of a file that is on its way into the books: they are
// here yet, and are stored again.
func TestAFileWhoseBytesGoWhileItComesWithOthersIsStoredAgain(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		lost, other, never := words(1, 500), words(2, 500), words(3, 500)
		var heard sync.Map
		file.UploadReceived.On(app.Bus, hook.Options{Name: "test"}, func(ctx context.Context, e file.Event) {
			if _, twice := heard.LoadOrStore(e.Hash, true); e.Hash == never.hash() || e.Hash == lost.hash() && !twice {
				must(t, app.Store.Delete(ctx, keyOf(t, app, map[string]attachment{lost.hash(): lost, never.hash(): never}[e.Hash])))
			}
		})
		if o := f.together(t, lost, other, never); !o[0].OK || !o[1].OK || o[2].String() != "conflict" {
			t.Errorf("they are %v", o)
		}
		same(t, f.fetch(t, lost), lost)
		same(t, f.fetch(t, other), other)
		f.askToFetch(never, "").Is(404)
		idle(t, app, 1000)
	})
}

// Several devices send the same files at the same moment, none of which the
// workspace has: they meet only in the books, and each is kept and counted once.
func TestTheSameFilesOfSeveralRequestsAtOnceAreKeptOnce(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		var sending sync.WaitGroup
		var list []attachment
		for i := range uint64(30) {
			list = append(list, words(i, 500))
		}
		for device := range 6 {
			f := files(app, []*testkit.Person{app.Editor, app.Owner}[device%2])
			sending.Go(func() {
				for _, o := range f.together(t, list[:20+2*device]...) {
					if !o.OK && !o.AlreadyStored {
						t.Errorf("device %d: %+v", device, o)
					}
				}
			})
		}
		sending.Wait()
		idle(t, app, 30*500)
		for _, a := range list {
			same(t, files(app, app.Viewer).fetch(t, a), a)
		}
	})
}

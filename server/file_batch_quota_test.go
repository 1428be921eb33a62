package server_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// Many devices send what does not fit all together: what is kept fits, and the
// rest is told so, file by file.
func TestFilesThatComeTogetherKeepToTheQuota(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "25500"}}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		var kept, refused atomic.Int64
		var all sync.WaitGroup
		for device := range 4 {
			list := make([]attachment, 10)
			for i := range list {
				list[i] = words(uint64(100*device+i), 1000)
			}
			all.Go(func() {
				for _, o := range f.together(t, list...) {
					switch o.String() {
					case "ok":
						kept.Add(1)
					case "quota_exceeded", "rate_limited": // of all room, or of one person's share for the while
						refused.Add(1)
					default:
						t.Errorf("a file: %+v", o)
					}
				}
			})
		}
		all.Wait()
		for seed := uint64(1000); kept.Load() < 25; seed++ { // what nobody reserves any more is free
			if o := f.together(t, words(seed, 1000))[0]; !o.OK {
				t.Fatalf("with room for %d more: %+v", 25-kept.Load(), o)
			}
			kept.Add(1)
		}
		if o := f.together(t, words(2000, 1000), words(2001, 500)); o[0].String() != "quota_exceeded" || !o[1].OK {
			t.Errorf("the last bytes: %+v", o)
		}
		idle(t, app, 25500)
	})
}

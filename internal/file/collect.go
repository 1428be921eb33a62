package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/storage"
)

// ActCollect is the audit action of a collection.
const ActCollect = "storage.collected"

// unnamedFor is how long a file that was just sent is left alone although
// nothing names it yet: the row that will is still on its way.
const unnamedFor = time.Hour

// strayFor is how long bytes stay that no book names: longer than an upload can
// take. Those that a restored database does not know stay at least as long, and
// for the retention, from the restore on: devices tell first what they know.
const strayFor = 7 * 24 * time.Hour

// Bounds of a Collection.
const (
	MaxCollect = 10_000 // files one collection of a workspace deletes at most
	listed     = 200    // files a dry run names
	page       = 500    // rows read at once
	batch      = 25     // files deleted between two looks at the lease
)

// CollectRequest is what is to be collected.
type CollectRequest struct {
	WorkspaceID string
	// Retention is how long ago nothing named a file any more; negative is the
	// deployment's.
	Retention time.Duration
	// Early takes also what waits for the end of the retention: nobody brings that
	// back. What was sent within the hour stays, and so does everything while
	// devices may still know more than a database that was restored.
	Early bool
	// Limit is how many files go at most; 0 is MaxCollect.
	Limit int
	// Dry changes nothing and tells what would go.
	Dry     bool
	ActorID string // who asks; "" is the server itself
}

// Collection is what a collection did, or a dry one would do.
type Collection struct {
	Deleted, Freed int64 // files and bytes that went
	Marked         int64 // files that nothing names since now: they go when the retention is over
	Waiting        int64 // files that nothing names and that do not go yet, with those just marked
	WaitingBytes   int64
	Held           bool   // the database was restored lately: nothing goes early
	More           bool   // the limit was reached
	Files          []Gone // the first of those that a dry run would delete; of a slice those unnamed longest first
}

// Gone is a file that a collection would delete.
type Gone struct {
	Hash      string
	MediaType string
	Size      int64
	Since     time.Time // nothing has named it since
	Stray     bool      // bytes that were sent and never committed
}

// candidate is a file that may be collected.
type candidate struct {
	key       storage.Key
	blob      db.Blob
	named     bool          // by a live row
	fresh     bool          // marked just now
	stray     bool          // bytes that no book names
	kept      time.Duration // how long a stray stays
	ripe      bool          // a stray that no upload will commit any more
	refused   bool          // a stray that does not become a file, whatever names it
	mediaType string
	deletedAt int64 // when the file's facts were deleted; 0 = never, as far as is known
}

// since tells when the collector first saw that nothing names a file (epoch ms);
// ok is false for one that it did not see so before. That somebody deleted the
// file's own facts long ago is no sooner: a message may have shown it since, and
// who brings that back wants the file too.
func (c *candidate) since() (at int64, ok bool) {
	if c.blob.CondemnedAt == nil {
		return 0, false
	}
	return *c.blob.CondemnedAt, true
}

// stays reports whether a row keeps a file.
func (c *candidate) stays() bool { return c.named && !c.refused }

// mayMark reports whether a file that nothing names may be marked.
func (c *candidate) mayMark(now int64) bool {
	return c.blob.CondemnedAt == nil && (c.deletedAt > c.blob.WantedAt || c.blob.WantedAt <= now-unnamedFor.Milliseconds())
}

// Collect deletes the files of a workspace that nothing has named for the
// retention, and marks those that nothing names since now. What names a file is
// derived from the server's own rows: any live synced row in which the hash
// stands, the file's own facts included. It may stop at any moment and be run
// again, also by several nodes at once.
//
// A dry one leaves no trace. Any other is written down as a run: one that
// somebody asked for always, one by itself if it did something.
func (k *Keeper) Collect(ctx context.Context, req CollectRequest) (Collection, error) {
	c := k.collecting(req)
	if req.Dry {
		err := c.run(ctx)
		return c.done, err
	}
	r, err := k.begin(ctx, c.asRun(), req.ActorID == "")
	if err != nil {
		return Collection{}, err
	}
	return c.running(ctx, r)
}

// StartCollect begins a collection and gives the id of its run; do is called
// with what is left to do, and returns before that is done.
func (k *Keeper) StartCollect(ctx context.Context, req CollectRequest, do func(func())) (id string, err error) {
	c := k.collecting(req)
	r, err := k.begin(ctx, c.asRun(), false)
	if err != nil {
		return "", err
	}
	do(func() {
		if _, err := c.running(ctx, r); err != nil && ctx.Err() == nil {
			k.o.Log.ErrorContext(ctx, "collecting files failed", "workspace_id", req.WorkspaceID, "error", err)
		}
	})
	return r.row.ID, nil
}

// CollectAll collects in every workspace what nothing has named for the
// retention, and what interrupted uploads left behind. It goes on after a
// workspace that fails.
func (k *Keeper) CollectAll(ctx context.Context) error {
	if _, err := k.SweepUploads(ctx); err != nil {
		k.o.Log.ErrorContext(ctx, "removing abandoned uploads failed", "error", err)
	}
	ids, err := db.AllWorkspaceIDs(ctx, k.db.Read()) // bytes may be there without a book
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		if _, err := k.Collect(ctx, CollectRequest{WorkspaceID: id, Retention: -1}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			k.o.Log.ErrorContext(ctx, "collecting files failed", "workspace_id", id, "error", err)
			failed = err
		}
		if err := k.recount(ctx, id); err != nil && ctx.Err() == nil {
			k.o.Log.ErrorContext(ctx, "what listed files add up to cannot be counted anew", "workspace_id", id, "error", err)
			failed = err
		}
	}
	if failed == nil {
		k.stats.lastCollect.Store(k.now().UnixMilli())
	}
	return failed
}

// recount mends what the files of a workspace add up to that its list shows, where
// it is not what is there: an older program knows nothing of that count, and may
// have gone on beside a newer one.
func (k *Keeper) recount(ctx context.Context, workspaceID string) error {
	counted, err := db.ListedBytes(ctx, k.db.Read(), workspaceID)
	if err != nil {
		return err
	}
	sum, err := db.SumListedBytes(ctx, k.db.Read(), workspaceID)
	if err != nil || sum == counted {
		return err
	}
	return k.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error { return db.RecountListed(ctx, tx, workspaceID) })
}

// collecting is a collection under way.
type collecting struct {
	k     *Keeper
	req   CollectRequest
	tell  func(looked, total int64)
	fence int64 // the version up to which the workspace's rows were looked at
	names names
	all   []*candidate
	after string // the slice is of the files whose hashes come after this one
	upTo  string // and not after this; "" for the last slice
	swept int64  // files of this and earlier slices that were to go
	lease *Lease
	done  Collection

	restored int64 // when the database was last restored (epoch ms); 0 = never
}

func (k *Keeper) collecting(req CollectRequest) *collecting {
	if req.Retention < 0 {
		req.Retention = k.o.Retention
	}
	if req.Limit <= 0 || req.Limit > MaxCollect {
		req.Limit = MaxCollect
	}
	return &collecting{k: k, req: req, tell: func(int64, int64) {}}
}

func (c *collecting) asRun() db.FileRun {
	return db.FileRun{Kind: db.FileCollect, WorkspaceID: c.req.WorkspaceID, ActorID: c.req.ActorID, RetentionSeconds: c.retention()}
}

// retention is what was asked for, in seconds.
func (c *collecting) retention() int64 {
	if c.req.Early {
		return 0
	}
	return int64(c.req.Retention / time.Second)
}

// running collects as a run and tells of it.
func (c *collecting) running(ctx context.Context, r *run) (Collection, error) {
	c.tell = func(looked, total int64) {
		r.tell(ctx, func(row *db.FileRun) {
			row.Looked, row.Total = looked, total
			row.Found, row.Bytes, row.Marked = c.done.Deleted, c.done.Freed, c.done.Marked
		})
	}
	err := c.run(ctx)
	k := c.k
	if c.done.Deleted > 0 || c.req.ActorID != "" {
		k.record(ctx, c, err)
	}
	r.end(ctx, err, c.req.ActorID == "" && c.done.Deleted == 0 && c.done.Marked == 0)
	k.stats.runs.Add(1)
	k.stats.deleted.Add(c.done.Deleted)
	k.stats.freed.Add(c.done.Freed)
	k.stats.marked.Add(c.done.Marked)
	Collected.Fire(ctx, k.o.Bus, CollectEvent{WorkspaceID: c.req.WorkspaceID, DeletedCount: c.done.Deleted, FreedBytes: c.done.Freed, UserID: c.req.ActorID, At: k.now()})
	return c.done, err
}

// record writes a collection into the audit log; that it cannot is no reason to
// fail what has happened.
func (k *Keeper) record(ctx context.Context, c *collecting, failed error) {
	entry := audit.Entry{Action: ActCollect, WorkspaceID: c.req.WorkspaceID, TargetKind: "workspace", TargetID: c.req.WorkspaceID,
		Details: map[string]int64{"deleted": c.done.Deleted, "freed_bytes": c.done.Freed, "retention_seconds": c.retention()}}
	if failed != nil {
		entry.Result = audit.Failed
	}
	if err := k.o.Audit.Record(context.WithoutCancel(ctx), entry); err != nil {
		k.o.Log.ErrorContext(ctx, "audit of a collection", "error", err)
	}
}

// run collects a slice of the workspace's files after the other, in the order of
// their hashes: of a workspace with millions only so many are in memory at once.
// Each costs one more look at the rows.
func (c *collecting) run(ctx context.Context) error {
	for {
		if err := c.load(ctx); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{c.strays, c.look, c.mark, c.adopt} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		gone := c.due()
		if len(gone) > c.req.Limit {
			gone, c.done.More = gone[:c.req.Limit], true
		}
		c.req.Limit -= len(gone) // the next slices are still marked and counted
		if c.req.Dry {
			c.list(gone)
		} else if err := c.sweep(ctx, gone); err != nil {
			return err
		}
		if c.upTo == "" {
			return nil
		}
	}
}

// sliceOf is how many files are in memory at once: some 30 MiB of them.
const sliceOf = 50_000

// load reads the next files of the workspace. The version is read first: what is
// written later is looked at again before anything is deleted.
func (c *collecting) load(ctx context.Context) (err error) {
	c.all, c.names, c.after = nil, names{}, c.upTo
	if c.fence, _, err = db.SyncHeadOf(ctx, c.k.db.Read(), c.req.WorkspaceID); err != nil {
		return err
	}
	for len(c.all) < c.k.slice {
		most := min(page, c.k.slice)
		list, err := db.BlobsAfter(ctx, c.k.db.Read(), c.req.WorkspaceID, c.upTo, most)
		if err != nil {
			return err
		}
		for _, b := range list {
			c.upTo = b.Hash
			ref, err := storage.ParseRef(b.Hash)
			if err != nil { // nothing of ours
				continue
			}
			one := &candidate{key: storage.Key{Workspace: b.WorkspaceID, Ref: ref}, blob: b}
			c.all = append(c.all, one)
			c.names.add(one)
		}
		if len(list) < most {
			c.upTo = ""
			return nil
		}
	}
	return nil
}

// within reports whether a file belongs to the slice that was loaded.
func (c *collecting) within(ref storage.Ref) bool {
	hash := ref.String()
	return hash > c.after && (c.upTo == "" || hash <= c.upTo)
}

// look finds which of the files the workspace's rows name.
func (c *collecting) look(ctx context.Context) error {
	if c.k.looking != nil {
		c.k.looking(len(c.all))
	}
	if len(c.all) == 0 {
		return nil
	}
	table, pk := "", ""
	for {
		rows, more, err := db.FileRowsAfter(ctx, c.k.db.Read(), c.req.WorkspaceID, table, pk, page)
		if err != nil {
			return err
		}
		for i := range rows {
			c.see(&rows[i])
			table, pk = rows[i].Table, rows[i].PK
		}
		if !more {
			return nil
		}
	}
}

// see takes in what one row says of files.
func (c *collecting) see(row *db.FileRow) {
	if row.Deleted { // the facts of a file
		if ref, err := storage.ParseRef(row.PK); err == nil {
			if one := c.names.get(ref); one != nil {
				one.deletedAt = max(one.deletedAt, row.WrittenAt)
			}
		}
		return
	}
	c.names.in(row.PK, func(one *candidate) {
		one.named = true
		if one.stray && row.Table == "file_meta" {
			one.mediaType = mediaTypeIn(row.Payload)
		}
	})
	c.names.in(row.Payload, func(one *candidate) { one.named = true })
}

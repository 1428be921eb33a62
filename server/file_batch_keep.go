package server

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
)

// uploadBatch makes files of all that come in one request: each by what a ticket
// and a commit ask of it, all of them with a few transactions and two syncs.
func (s *Server) uploadBatch(r *request, in fileBatch) (batchReply, error) {
	if s.files.resumer == nil {
		return batchReply{}, fault.New(fault.NotFound, "This server keeps files in a bucket and takes none itself. Ask for a ticket for each (presign-upload).")
	}
	// Files that are half committed help nobody: this goes on if the device goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Ctx()), commitTime)
	defer cancel()
	t := &batchTaker{s: s, who: r.syncActor(in.workspace), session: r.Session(), workspace: in.workspace}
	t.keepEach(ctx, in.parcels)
	if err := ofAll(in.parcels); err != nil {
		return batchReply{}, err
	}
	return r.outcomes(in.parcels), nil
}

// mostRounds is how often a content that comes several times in one request is
// tried, where the one before it was refused.
const mostRounds = 3

// keepEach keeps files, each content once at a time. One that comes again is there
// by then, or is tried as long as the others before it were refused; the last few
// refusals are then what all the others get.
func (t *batchTaker) keepEach(ctx context.Context, list []*parcel) {
	refuseOthers(t.workspace, list)
	for round := 1; len(list) > 0; round++ {
		first := map[storage.Ref]*parcel{}
		var next, again []*parcel
		for _, p := range going(list) {
			ref, err := storage.ParseRef(p.said.Hash)
			if before := first[ref]; err == nil && before != nil {
				again = append(again, p)
				continue
			}
			first[ref] = p
			next = append(next, p)
		}
		t.keep(ctx, next)
		var there []*parcel
		list = nil
		for _, p := range again {
			ref, _ := storage.ParseRef(p.said.Hash)
			switch before := first[ref]; {
			case before.err == nil:
				there = append(there, p)
			case round == mostRounds:
				p.err = before.err
			default:
				list = append(list, p)
			}
		}
		t.keep(ctx, there)
	}
}

// refuseOthers refuses what is not what its hash says, of contents that come more
// than once: each lie would cost a round of its own.
func refuseOthers(workspace string, list []*parcel) {
	times := map[storage.Ref]int{}
	for _, p := range list {
		ref, _ := storage.ParseRef(p.said.Hash)
		times[ref]++
	}
	for _, p := range going(list) {
		ref, err := storage.ParseRef(p.said.Hash)
		if err != nil || times[ref] == 1 {
			continue
		}
		in := storage.Incoming{Key: storage.Key{Workspace: workspace, Ref: ref}, Size: int64(len(p.bytes)), Body: bytes.NewReader(p.bytes)}
		_, p.err = io.Copy(io.Discard, storage.NewArrival(in))
	}
}

// ofAll is the error of a request of which nothing was taken because the server
// could not: it is no file's.
func ofAll(list []*parcel) error {
	for _, p := range list {
		if kind := fault.KindOf(p.err); kind != fault.Unavailable && kind != fault.Internal {
			return nil
		}
	}
	return list[0].err
}

func (r *request) outcomes(list []*parcel) batchReply {
	reply := batchReply{Files: make([]batchOutcome, len(list))}
	for i, p := range list {
		out := &reply.Files[i]
		out.Hash = p.said.Hash
		switch {
		case p.err != nil:
			e := publicError(p.err)
			out.Error = &batchError{Code: e.Kind, Message: e.Message, Fields: e.Fields}
			if e.Kind == fault.Internal {
				r.log.Error("one of several files", "hash", p.said.Hash, "error", p.err)
			}
		case p.stored:
			out.AlreadyStored = true
		default:
			out.OK, out.StorageID = true, p.storageID()
		}
	}
	return reply
}

// storageID is what the file's row calls the upload.
func (p *parcel) storageID() string {
	if p.said.StorageID != "" {
		return p.said.StorageID
	}
	return p.intent
}

// batchTaker takes the files of one request.
type batchTaker struct {
	s         *Server
	who       engine.Actor
	session   *policies.Session
	workspace string
}

// askTime is how long a request waits for that: it keeps a place from others.
const askTime = 10 * time.Second

// ask judges again whether the person may write: they may have lost the right
// since the request came, and none of it reserves anything that could be given up
// for them. That what they had begun before is given up does not end the asking.
func (t *batchTaker) ask(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer stop()
	d, err := t.s.writeDecision(ctx, t.session, t.workspace)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "Your right to write here could not be checked just now. Try again in a moment.")
	}
	t.who.CanWrite = d.Allowed
	return d.Fault()
}

// going are those that are still to be taken.
func going(list []*parcel) []*parcel {
	return slices.DeleteFunc(slices.Clone(list), func(p *parcel) bool { return p.err != nil || p.stored })
}

func (t *batchTaker) keep(ctx context.Context, list []*parcel) {
	for _, p := range going(list) {
		p.err = t.permitted(ctx, p)
	}
	t.reserve(ctx, going(list))
	t.greet(ctx, list)
	t.store(ctx, going(list))
	t.describe(ctx, going(list))
}

// permitted judges a file by what is said of it.
func (t *batchTaker) permitted(ctx context.Context, p *parcel) (err error) {
	if p.u, err = fileUpload(t.who.UserID, t.workspace, p.said.Hash, p.said.MediaType, p.said.SizeBytes); err != nil {
		return err
	}
	if p.u.Size > batchEach {
		return fault.Newf(fault.Oversized, "Files that come together have %s at most. Ask for a ticket for this one (presign-upload).", fault.Limit(batchEach))
	}
	p.u.Here = true
	return file.Permitted(ctx, t.s.bus, file.Policy{WorkspaceID: t.workspace, UserID: p.u.UserID, Hash: p.u.Key.Ref.String(),
		MediaType: p.u.MediaType, SizeBytes: p.u.Size, Name: p.said.Name})
}

// reserve makes room for files, or finds out that they are there. One that was
// begun before, by a ticket or by a request that broke off, goes on as it. New
// ones, which is most of them, need none: see file.KeepAll.
func (t *batchTaker) reserve(ctx context.Context, list []*parcel) {
	intents, err := t.s.files.books.Unreserved(ctx, uploadsOf(list))
	for i, p := range list {
		p.err, p.intent, p.direct = err, intents[i], intents[i] != ""
	}
	list = slices.DeleteFunc(going(list), func(p *parcel) bool { return p.direct })
	if len(list) == 0 {
		return
	}
	uploads := uploadsOf(list)
	for i := range uploads {
		uploads[i].Ask = true
	}
	reserved, errs := t.s.files.books.ReserveAll(ctx, uploads)
	for i, p := range list {
		p.err = errs[i]
		if p.err == nil && reserved[i].Interrupted {
			p.begun = true
			reserved[i], _, p.err = t.s.files.reserve(ctx, p.u, t.s.now())
		}
		p.intent, p.stored = reserved[i].Intent, reserved[i].Stored
	}
}

func uploadsOf(list []*parcel) []file.Upload {
	uploads := make([]file.Upload, len(list))
	for i, p := range list {
		uploads[i] = p.u
	}
	return uploads
}

// greet does for files what follows upon asking for a ticket.
func (t *batchTaker) greet(ctx context.Context, list []*parcel) {
	var there []storage.Key
	for _, p := range list {
		switch {
		case p.err != nil:
		case p.stored:
			there = append(there, p.u.Key)
			p.err = t.s.describeAgain(ctx, t.who, p.u, p.said.Name)
		default:
			file.UploadBefore.Fire(ctx, t.s.bus, t.s.fileEvent(p.u, p.intent))
		}
	}
	t.s.dropSuperseded(ctx, there...)
}

// store brings files into the store and the books. A server that stops ends it, as
// it ends an upload by a URL.
func (t *batchTaker) store(ctx context.Context, list []*parcel) {
	if len(list) == 0 {
		return
	}
	intents := make([]string, len(list))
	for i, p := range list {
		intents[i] = p.intent
	}
	until, cut := context.WithCancel(ctx)
	defer cut()
	held, end, err := t.s.files.uploads.enter(t.who.UserID, cut, intents...)
	if err == nil {
		defer end()
		if wait(until, t.s.files.together) {
			defer func() { <-t.s.files.together }()
		} else {
			err = until.Err()
		}
	}
	for _, p := range list {
		if p.err = err; held[p.intent] != nil { // over another connection, whose it is
			p.err, p.intent = storage.Busy(), ""
		}
	}
	for _, p := range going(list) {
		if !inspect.Is(p.u.MediaType, p.bytes[:min(len(p.bytes), inspect.HeadBytes)]) {
			p.err = notOfType(p.u.MediaType)
		}
	}
	t.receive(until, going(list))
	t.giveUp(context.WithoutCancel(ctx), list)
	t.commit(until, going(list))
}

// receive has the store take the bytes, which proves them.
func (t *batchTaker) receive(ctx context.Context, list []*parcel) {
	ins := make([]storage.Incoming, len(list))
	for i, p := range list {
		ins[i] = storage.Incoming{Key: p.u.Key, Size: p.u.Size, Body: bytes.NewReader(p.bytes)}
		if !p.direct { // nobody goes on with what is no upload
			ins[i].Upload = p.intent
		}
	}
	for i, err := range storage.ReceiveAll(ctx, t.s.files.store, ins) {
		p := list[i]
		if p.err = err; err == nil {
			file.UploadReceived.Fire(ctx, t.s.bus, t.s.fileEvent(p.u, p.intent))
			continue
		}
		switch fault.KindOf(err) {
		case fault.Internal, fault.Unavailable, fault.DiskFull:
			t.s.fileFailed(ctx, p.u.Key, "upload", err)
		}
	}
}

// giveUp gives back what was reserved for files that were not taken, and removes
// what is there of them.
func (t *batchTaker) giveUp(ctx context.Context, list []*parcel) {
	var dropped []string
	for _, p := range list {
		if p.err == nil || p.intent == "" || p.direct {
			continue
		}
		if err := t.s.files.resumer.Discard(ctx, p.u.Key, p.intent); err != nil {
			t.s.stillReserved(err)
			continue
		}
		if p.begun { // all of its bytes may be here from before: they go when its time is over
			t.s.stillReserved(t.s.files.books.Nothing(ctx, p.intent))
		} else {
			dropped = append(dropped, p.intent)
		}
	}
	t.s.stillReserved(t.s.files.books.Abandon(ctx, t.workspace, dropped...))
}

// commit makes files of what is in the store, if the person may write now. The
// bytes of one that may not become one go, unless somebody else has committed the
// same.
func (t *batchTaker) commit(ctx context.Context, list []*parcel) {
	if len(list) == 0 {
		return
	}
	denied := t.ask(ctx)
	var direct, others []*parcel
	proven := make([]file.Proven, 0, len(list))
	for _, p := range list {
		if p.err = denied; denied != nil {
			continue
		}
		if p.direct {
			direct = append(direct, p)
			continue
		}
		others, proven = append(others, p), append(proven, file.Proven{Intent: p.intent, Upload: p.u})
	}
	for i, err := range t.s.files.books.CommitAll(ctx, proven) {
		others[i].err = err
	}
	t.keepDirect(ctx, direct)
	for _, p := range list {
		err := p.err
		if err == nil {
			continue
		}
		ctx := context.WithoutCancel(ctx)
		if kind := fault.KindOf(err); kind == fault.Internal || kind == fault.Unavailable {
			t.s.fileFailed(ctx, p.u.Key, "commit", err)
		}
		if err := t.s.files.discard(ctx, p.u.Key, p.intent); err != nil {
			t.s.log.Warn("a file that was not committed could not be removed; the collector will", "hash", p.u.Key.Ref.String(), "error", err)
		}
	}
}

// describe writes the rows of committed files, which brings the books to the disk.
func (t *batchTaker) describe(ctx context.Context, list []*parcel) {
	if len(list) == 0 {
		return
	}
	keys, rows := make([]storage.Key, len(list)), make([]engine.Described, len(list))
	var previews []*preview
	var of []int // the rows' they are
	for i, p := range list {
		claimed := engine.FileFacts{Name: p.said.Name, StorageID: p.storageID(), Width: p.said.Width, Height: p.said.Height, PageCount: p.said.PageCount}
		facts, small := t.s.factsOf(ctx, p.u, claimed)
		keys[i], rows[i] = p.u.Key, engine.Described{ID: p.u.Key.Ref.String(), FileFacts: facts}
		if small != nil {
			previews, of = append(previews, small), append(of, i)
		}
	}
	t.s.keepPreviews(ctx, previews)
	for i, small := range previews {
		rows[of[i]].PreviewHash = small.hash()
	}
	t.s.dropSuperseded(ctx, keys...)
	// Looking into images takes time. What is in the books by now and named by no
	// row the collector takes.
	if err := t.ask(ctx); err != nil {
		for _, p := range list {
			p.err = err
		}
		return
	}
	wrote, errs := t.s.engine.DescribeFiles(ctx, t.who, t.workspace, rows)
	var settled error
	if !wrote { // nothing has put the books on the disk
		settled = t.s.files.books.Settle(ctx)
	}
	for i, p := range list {
		if p.err = errs[i]; p.err == nil {
			p.err = settled
		}
		if p.err == nil {
			file.UploadAfter.Fire(ctx, t.s.bus, t.s.fileEvent(p.u, p.intent))
		}
	}
}

// keepDirect writes files into the books that nothing was reserved for. What
// somebody has deleted since it was stored, as what nobody wants or as what they
// could not commit, is stored again.
func (t *batchTaker) keepDirect(ctx context.Context, list []*parcel) {
	for round := 1; len(list) > 0; round++ {
		var again []*parcel
		for i, err := range t.s.files.books.KeepAll(ctx, uploadsOf(list), t.s.files.store.Stat) {
			p := list[i]
			switch p.err = err; {
			case !fault.Is(err, fault.NotFound):
			case round == mostRounds:
				p.err = collectedJustNow()
			default:
				again = append(again, p)
			}
		}
		t.receive(ctx, again)
		list = going(again)
	}
}

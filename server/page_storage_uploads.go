package server

import (
	"context"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/ui"
)

// actRelease is the audit action of an unfinished upload that was given up.
const actRelease = "storage.upload_released"

// listedUploads is how many unfinished uploads the page lists, the largest
// first, and arrivedTime how long it asks the store for what has arrived of them.
const (
	listedUploads = 20
	arrivedTime   = 5 * time.Second
)

// fillUploads adds the uploads that hold room and are no files yet.
func (s *Server) fillUploads(r *request, view *ui.StoragePage) error {
	list, all, err := s.files.books.Unfinished(r.Ctx(), r.active(), listedUploads)
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(r.Ctx(), arrivedTime)
	defer end()
	view.UploadsAll = all
	for i := range list {
		one := &list[i]
		u := ui.Unfinished{Name: one.Name, Who: one.Owner, Bytes: one.SizeBytes, Since: r.clock().AtMillis(one.CreatedAt), Until: r.clock().AtMillis(one.ExpiresAt),
			Arrived: s.files.received(ctx, one.UploadIntent), Now: s.files.uploads.under(one.ID)}
		if view.CanCollect {
			u.ReleaseURL = r.admin("/storage/release/" + one.ID)
		}
		view.Uploads = append(view.Uploads, u)
	}
	return nil
}

// received is how many bytes of an upload are here, -1 where that is not known.
func (f *files) received(ctx context.Context, i db.UploadIntent) int64 {
	if f.proven.has(i.ID) {
		return i.SizeBytes
	}
	ref, err := storage.ParseRef(i.Hash)
	progress, ok := storage.As[storage.Progress](f.store)
	if err != nil || !ok {
		return -1
	}
	n, err := progress.Received(ctx, storage.Key{Workspace: i.WorkspaceID, Ref: ref}, i.ID)
	if err != nil {
		return -1
	}
	return n
}

// releaseUpload gives an unfinished upload up, with what it has sent.
func (s *Server) releaseUpload(r *request, _ submitted[nothing]) error {
	back := r.admin("/storage#uploads")
	i, err := s.files.books.UnfinishedOne(r.Ctx(), r.active(), r.Param("id"))
	if fault.Is(err, fault.NotFound) {
		return r.done(back, "That upload has ended already.")
	}
	if err == nil {
		err = s.giveUp(r.Ctx(), i)
	}
	if err != nil {
		return err
	}
	entry := audit.Entry{Action: actRelease, WorkspaceID: i.WorkspaceID, TargetKind: "file", TargetID: i.Hash, Details: map[string]any{"name": i.Name, "user_id": i.UserID, "size_bytes": i.SizeBytes}}
	if err := s.audit.Record(r.Ctx(), entry); err != nil {
		r.log.Error("audit of a released upload", "error", err)
	}
	return r.done(back, "The upload was released, and "+ui.Bytes(i.SizeBytes)+" are free again.")
}

// giveUp ends an upload's connection here, and gives the upload up.
func (s *Server) giveUp(ctx context.Context, i db.UploadIntent) error {
	s.files.uploads.stop(i.ID)
	s.files.proven.drop(i.ID)
	return s.files.keeper.Release(context.WithoutCancel(ctx), i)
}

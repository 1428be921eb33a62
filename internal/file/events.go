package file

import (
	"context"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/storage"
)

// What others may listen to. The actions tell of what has happened, save
// UploadBefore and DownloadBefore, which tell of what was just allowed.
var (
	UploadBefore   = hook.Action[Event]{Name: "storage.files.upload:action:before"}   // an upload was allowed
	UploadReceived = hook.Action[Event]{Name: "storage.files.upload:action:received"} // its bytes are here and proven, not committed yet
	UploadAfter    = hook.Action[Event]{Name: "storage.files.upload:action:after"}    // it was committed
	DownloadBefore = hook.Action[Event]{Name: "storage.files.download:action:before"} // a download was allowed
	DownloadAfter  = hook.Action[Event]{Name: "storage.files.download:action:after"}  // it was sent by this server
	FileDeleted    = hook.Action[Event]{Name: "storage.files.delete:action:after"}    // the file's bytes are gone for good
	Failed         = hook.Action[ErrorEvent]{Name: "storage:action:error"}            // the store failed, or holds wrong bytes

	// PolicyFilter may refuse an upload before it begins.
	PolicyFilter = hook.Filter[Policy]{Name: "storage.files.upload:filter:policy", Timeout: filterTime}
	// URLFilter may let URLs live shorter and turn inline into attachment.
	URLFilter = hook.Filter[URLOptions]{Name: "storage.files.url:filter:options", Timeout: filterTime}
)

const filterTime = 2 * time.Second

// Event is about one file.
type Event struct {
	WorkspaceID string    `json:"workspace_id"`
	Hash        string    `json:"hash"`
	SizeBytes   int64     `json:"size_bytes"`
	MediaType   string    `json:"mime_type,omitempty"`
	StorageID   string    `json:"storage_id,omitempty"` // of the upload
	UserID      string    `json:"user_id,omitempty"`    // who does it; "" is the server itself
	At          time.Time `json:"at"`
}

// ErrorEvent is something that went wrong with the store.
type ErrorEvent struct {
	WorkspaceID string    `json:"workspace_id"`
	Hash        string    `json:"hash"`
	Doing       string    `json:"doing"` // such as "download"
	Code        string    `json:"code"`  // the fault's kind, or "damaged"
	Error       string    `json:"error"`
	At          time.Time `json:"at"`
}

// Policy is an upload that somebody wants to begin.
type Policy struct {
	WorkspaceID string `json:"workspace_id"`
	UserID      string `json:"user_id"`
	Hash        string `json:"hash"`
	MediaType   string `json:"mime_type"`
	SizeBytes   int64  `json:"size_bytes"`
	Name        string `json:"name,omitempty"`
	Allowed     bool   `json:"allowed"`
	Reason      string `json:"reason,omitempty"` // for the person, when it is not allowed
}

// Permitted asks the policy filter. A listener can only refuse: what one has
// refused stays refused.
func Permitted(ctx context.Context, bus *hook.Bus, p Policy) error {
	p.Allowed = true
	verdict := PolicyFilter.Walk(ctx, bus, p, func(before, after Policy, o hook.Outcome) Policy {
		out := before
		if before.Allowed && (!after.Allowed || o.Refuse) {
			out.Allowed, out.Reason = false, after.Reason
		}
		return out
	})
	if verdict.Allowed {
		return nil
	}
	if verdict.Reason == "" {
		verdict.Reason = "A rule of this server does not allow this file."
	}
	return fault.New(fault.Forbidden, verdict.Reason)
}

// URLOptions is how long a URL lives, and for a download what a browser does
// with it.
type URLOptions struct {
	WorkspaceID string `json:"workspace_id"`
	Hash        string `json:"hash"`
	Method      string `json:"method"` // PUT or GET
	ExpiryMS    int64  `json:"expiry_ms"`
	Disposition string `json:"disposition,omitempty"`
}

// Narrowed asks the URL filter. A listener can only narrow: a URL lives no
// longer, and an attachment stays one.
func Narrowed(ctx context.Context, bus *hook.Bus, o URLOptions) URLOptions {
	return URLFilter.Walk(ctx, bus, o, func(before, after URLOptions, _ hook.Outcome) URLOptions {
		out := before
		if after.ExpiryMS > 0 {
			out.ExpiryMS = min(before.ExpiryMS, after.ExpiryMS)
		}
		if after.Disposition == string(storage.Attachment) {
			out.Disposition = after.Disposition
		}
		return out
	})
}

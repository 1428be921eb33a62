package server

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/sync/wire"
)

// Small files come together in one request, whose body is a line of JSON that
// tells what they are, and behind it their bytes, one file after the other. So
// nothing has to be decoded or copied: a file's bytes are a part of the body,
// whose memory was taken when its length was announced.
const (
	batchMedia   = "application/vnd.or3.files"
	batchFraming = "One line of JSON (x-first-line) that ends with a line feed, and behind it the bytes of its files in their order, size_bytes of each."
)

// Bounds of a request with several files.
const (
	batchFiles = wire.MaxOps // each is a row, and they are written together
	batchEach  = 256 << 10   // bytes of a file
	batchBytes = 8 << 20     // of the body
	batchHead  = 256 << 10   // of its first line

	batchesAtOnce = 8 // are stored: each has all its files open for a moment
)

// batchRequest is the first line.
type batchRequest struct {
	WorkspaceID string      `json:"workspace_id" validate:"required,id"`
	Files       []batchFile `json:"files" validate:"required,min=1,max=100"`
}

// batchHeader is the first line before what it says of each file is read.
type batchHeader struct {
	WorkspaceID string           `json:"workspace_id" validate:"required,id"`
	Files       []jsontext.Value `json:"files" validate:"required,min=1,max=100"`
}

// batchFile says of a file what a ticket is asked with and what a commit claims.
type batchFile struct {
	Hash      string `json:"hash" validate:"required,max=71"`
	MediaType string `json:"mime_type" validate:"required,max=255"`
	SizeBytes int64  `json:"size_bytes" validate:"min=0"`
	Name      string `json:"name" validate:"required,max=255"`
	Kind      string `json:"kind" validate:"required,oneof=image pdf file"`
	// StorageID is what the file's row is to call the upload, so that the device
	// knows its own even if the answer is lost.
	StorageID string `json:"storage_id,omitzero" validate:"omitempty,id"`
	Width     int64  `json:"width,omitzero" validate:"omitempty,min=0,max=10000000"`
	Height    int64  `json:"height,omitzero" validate:"omitempty,min=0,max=10000000"`
	PageCount int64  `json:"page_count,omitzero" validate:"omitempty,min=0,max=10000000"`
}

// batchReply tells of each file, in their order.
type batchReply struct {
	Files []batchOutcome `json:"files"`
}

// batchOutcome is ok, already_stored or an error.
type batchOutcome struct {
	Hash          string      `json:"hash"`
	OK            bool        `json:"ok,omitzero"`
	AlreadyStored bool        `json:"already_stored,omitzero"` // the workspace had it
	StorageID     string      `json:"storage_id,omitzero"`
	Error         *batchError `json:"error,omitzero"`
}

type batchError struct {
	Code    fault.Kind        `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitzero"`
}

// fileBatch is a request with several files, taken apart.
type fileBatch struct {
	workspace string
	parcels   []*parcel
}

// parcel is one file of it on its way. Once it has an error nothing more is done
// with it.
type parcel struct {
	said   batchFile
	bytes  []byte // a part of the request's body
	u      file.Upload
	intent string
	begun  bool // as an earlier upload, which may have brought bytes
	direct bool // nothing is reserved for it: it is new, and all here
	stored bool // the workspace had it
	err    error
}

// decodeBatch takes a body apart. What is wrong with what is said of one file is
// that file's error; only where one ends has to be right for all of them.
func (s *Server) decodeBatch(body []byte) (b fileBatch, err error) {
	line, rest, ok := bytes.Cut(body, []byte{'\n'})
	if !ok || len(line) > batchHead {
		return b, unparsable("The body has to begin with a line of JSON of 256 KiB at most that says which files come behind it.")
	}
	if err := scanJSON(line); err != nil {
		return b, err
	}
	var head batchHeader
	if err := json.Unmarshal(line, &head, json.RejectUnknownMembers(true)); err != nil {
		return b, jsonFault(err)
	}
	if err := s.validate.check(head); err != nil {
		return b, err
	}
	b.workspace = head.WorkspaceID
	for _, said := range head.Files {
		p := &parcel{}
		if p.bytes, rest, err = firstOf(rest, said); err != nil {
			return b, err
		}
		if err := json.Unmarshal(said, &p.said, json.RejectUnknownMembers(true)); err != nil {
			p.err = jsonFault(err)
		} else {
			p.err = s.validate.check(p.said)
		}
		b.parcels = append(b.parcels, p)
	}
	if len(rest) > 0 {
		return b, unparsable("More bytes came than the files of the first line have.")
	}
	return b, nil
}

// firstOf cuts off the bytes of the next file.
func firstOf(from []byte, said jsontext.Value) (own, rest []byte, err error) {
	var size struct {
		SizeBytes *int64 `json:"size_bytes"`
	}
	if said.Kind() != '{' {
		return nil, nil, fault.Field("files", "Each of the files is a JSON object.")
	}
	if err := json.Unmarshal(said, &size); err != nil {
		return nil, nil, jsonFault(err)
	}
	if size.SizeBytes == nil || *size.SizeBytes < 0 {
		return nil, nil, fault.Field("size_bytes", "Each of the files has to say how many bytes it has.")
	}
	if *size.SizeBytes > int64(len(from)) {
		return nil, nil, unparsable("Fewer bytes came than the files of the first line have.")
	}
	return from[:*size.SizeBytes], from[*size.SizeBytes:], nil
}

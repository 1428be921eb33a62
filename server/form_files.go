package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
)

// A form with files is sent by browsers without scripts. Its body stays on the
// connection: each file goes through a file of the server's own into the store,
// as a device's would, one after the other. What is left of the form is then
// served like any other one, with the files' hashes in a field of it, by whom
// and with the rights that hold by then.

const (
	filesField    = "files"    // the form's field that files are picked in
	attachedField = "attached" // names files that are kept, by their hash
	mostFormFiles = 10
	drained       = 64 << 20 // of what comes behind a refused file is read on, so that the browser shows the answer
)

// withFiles lets a form bring files.
func withFiles() option { return func(w *row) { w.takesFiles = true } }

// bringsFiles reports whether a request is a form whose body stays on the
// connection.
func (s *Server) bringsFiles(w *row, h *fasthttp.RequestHeader) bool {
	return w.takesFiles && s.files != nil && isMultipart(h)
}

func isMultipart(h *fasthttp.RequestHeader) bool {
	kind, _, err := mime.ParseMediaType(string(h.ContentType()))
	return err == nil && kind == fiber.MIMEMultipartForm
}

// formFiles is a form whose files have been taken: what the rest of it is served
// with.
type formFiles struct {
	values  url.Values
	refused error // why a file could not be kept; the ones before it are
	broken  error // the form itself cannot be read
}

type formFilesKey struct{}

// formTaker takes the files of one form.
type formTaker struct {
	s     *Server
	r     *request // its connection's handler has returned: r.c is nobody's
	who   engine.Actor
	place string // the workspace
	until time.Time
	head  fasthttp.RequestHeader
	line  outcome
	text  int // bytes of fields that may come yet
	files int
	out   formFiles
}

// takeForm judges a form with files by its head, and takes its body once the
// handler has returned.
func (r *request) takeForm() error {
	_, params, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return unparsable("The form is not well-formed.")
	}
	length, err := r.bodyLength()
	if err != nil {
		return err
	}
	if length < 0 {
		return unparsable("The form does not tell its length.")
	}
	most := int64(r.row.maxBody) + mostFormFiles*(r.s.config.Storage.MaxFileSize+4<<10)
	if r.s.config.Storage.MaxFileSize > 0 && length > most {
		return fault.Newf(fault.Oversized, "The form has %d bytes. Send fewer or smaller files at once.", length)
	}
	longest := 10*time.Minute + time.Duration(length/slowest)*time.Second
	t := &formTaker{s: r.s, r: r, who: r.writer(), place: r.Param("id"), until: time.Now().Add(longest), line: r.outcome(), text: r.row.maxBody,
		out: formFiles{values: url.Values{}}}
	r.c.Request().Header.CopyTo(&t.head)
	body := &bodyReader{length: length, until: t.until, now: time.Now}
	ctx := context.WithoutCancel(r.ctx)
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	r.late = true
	raw := r.c.Context()
	raw.HijackSetNoResponse(true)
	raw.Hijack(func(conn net.Conn) {
		ctx, cancel := context.WithDeadline(ctx, t.until)
		defer cancel()
		r.ctx = ctx
		body.attach(conn)
		end, err := r.s.files.uploads.begin(ctx, "form-"+id.String(), t.who.UserID, body.stop)
		if err == nil {
			defer end()
			t.take(ctx, body, params["boundary"])
		} else {
			t.out.broken = err
		}
		t.answer(conn)
	})
	return nil
}

// take reads the form to its end, or as far as is worth it once a file was
// refused.
func (t *formTaker) take(ctx context.Context, body io.Reader, boundary string) {
	defer func() {
		if p := recover(); p != nil {
			t.out.broken = t.r.panicked(p)
		}
	}()
	from := &bounded{from: body, left: -1}
	form := multipart.NewReader(from, boundary)
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil && t.out.refused != nil:
			return
		case err != nil:
			t.out.broken = fault.Wrap(err, fault.Invalid, "The form did not come as a whole. Send it again.")
			return
		}
		if part.FormName() != filesField {
			t.out.broken = t.field(part)
		} else if part.FileName() != "" && t.out.refused == nil {
			if t.out.refused = t.file(ctx, part); t.out.refused != nil {
				from.left = drained
			}
		}
		if t.out.broken != nil {
			return
		}
	}
}

// field reads one of the form's other fields.
func (t *formTaker) field(part *multipart.Part) error {
	name := part.FormName()
	value, err := io.ReadAll(io.LimitReader(part, int64(t.text)+1))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not come as a whole. Send it again.")
	}
	if t.text -= len(name) + len(value) + 1; t.text < 0 {
		return fault.New(fault.Oversized, "The form holds more text than this address takes.")
	}
	t.out.values.Add(name, string(value))
	return nil
}

// file keeps one file, and notes it in the form.
func (t *formTaker) file(ctx context.Context, part *multipart.Part) error {
	if t.files++; t.files > mostFormFiles {
		return fault.Newf(fault.Invalid, "At most %d files go at once. Those before are kept; send the others by themselves.", mostFormFiles)
	}
	hash, err := t.keep(ctx, part)
	if err == nil {
		t.out.values.Add(attachedField, hash)
	}
	return err
}

// answer serves the rest of the form, and ends the connection.
func (t *formTaker) answer(conn net.Conn) {
	plain := conn
	if kept, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		plain = kept.UnsafeConn()
	}
	inner := &fasthttp.RequestCtx{}
	inner.Init2(plain, quietLogger{}, false)
	t.head.CopyTo(&inner.Request.Header)
	inner.Request.Header.SetContentType(fiber.MIMEApplicationForm)
	inner.Request.SetBodyString(t.out.values.Encode())
	inner.SetUserValue(formFilesKey{}, t)
	t.s.app.Handler()(inner)
	inner.Response.Header.SetConnectionClose()
	_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	var page bytes.Buffer
	if _, err := inner.Response.WriteTo(&page); err == nil {
		if _, err := conn.Write(page.Bytes()); err == nil {
			lingerOn(plain)
		}
	}
	_ = conn.Close()
	t.line.status = inner.Response.StatusCode()
	t.r.note(t.line)
}

// bounded is a reader that may be given an end while it is read.
type bounded struct {
	from io.Reader
	left int64 // negative: to its own end
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if b.left > 0 {
		p = p[:min(int64(len(p)), b.left)]
	}
	n, err := b.from.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	return n, err
}

// filesRefused is why a file that came with this form was not kept; nil for
// none.
func (r *request) filesRefused() error {
	if r.form == nil {
		return nil
	}
	return r.form.out.refused
}

// refuseFiles puts why a file was not kept beside the field it was picked in.
func (f *submitted[T]) refuseFiles(err error) int {
	if f.Fields == nil {
		f.Fields = map[string]string{}
	}
	e := publicError(err)
	f.Fields[filesField] = e.Message
	for _, words := range e.Fields { // one of the file's properties, which the form has no field for
		f.Fields[filesField] = words
	}
	return statusOf(e)
}

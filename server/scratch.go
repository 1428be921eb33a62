package server

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v2"
)

// written is a file that is made for the answer. It goes to the disk first and is
// sent from there: a failure halfway is an error, not a file that looks complete,
// and its size costs no memory.
type written struct {
	name, media string
	write       func(io.Writer) error
	done        func(size int64) error // before it is sent; nil is nothing to do
}

// sendWritten makes the file and answers it.
func (r *request) sendWritten(w written) error {
	dir := os.TempDir()
	if r.s.config.DataDir != "" {
		dir = filepath.Join(r.s.config.DataDir, spoolDir)
	}
	spool, err := newSpool(dir)
	if err != nil {
		return noSpool(err)
	}
	size, err := w.fill(spool)
	if err != nil {
		spool.close()
		return err
	}
	r.c.Set(fiber.HeaderContentType, w.media)
	r.c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s"`, w.name))
	r.c.Set(fiber.HeaderCacheControl, "no-store")
	r.c.Response().SetBodyStream(spooled{spool}, int(size))
	r.sent = true
	return nil
}

// fill writes the file, and gives its size once it can be read from the beginning.
func (w written) fill(s *spool) (int64, error) {
	err := w.write(s.file)
	if err != nil {
		return 0, err
	}
	size, err := s.file.Seek(0, io.SeekCurrent)
	if err == nil && w.done != nil {
		err = w.done(size)
	}
	if err == nil {
		_, err = s.file.Seek(0, io.SeekStart)
	}
	return size, err
}

// spooled is a spool that goes when it has been sent.
type spooled struct{ *spool }

func (s spooled) Read(p []byte) (int, error) { return s.file.Read(p) }

func (s spooled) Close() error {
	s.close()
	return nil
}

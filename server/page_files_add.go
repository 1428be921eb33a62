package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// filePick is the field that picks files without scripts; nil where none are
// kept.
func (r *request) filePick(form ui.Form, kept []ui.File) *ui.FilePick {
	if r.s.files == nil {
		return nil
	}
	field := form.Field(filesField, "Files", "file")
	pick := &ui.FilePick{ID: field.ID, Error: field.Error, Kept: kept, Hint: "At most " + ui.Number(mostFormFiles) + " at once."}
	if most := r.s.config.Storage.MaxFileSize; most > 0 {
		pick.Hint = "At most " + ui.Number(mostFormFiles) + " at once, each of up to " + ui.Bytes(most) + "."
	}
	return pick
}

// attachedTo are the files that a form names, as far as the workspace has them.
func (s *Server) attachedTo(r *request, hashes []string) (kept []ui.File, err error) {
	seen := map[string]bool{}
	for _, hash := range hashes {
		if seen[hash] || !rowIDShape.MatchString(hash) {
			continue
		}
		seen[hash] = true
		facts, err := s.engine.File(r.Ctx(), engine.Ref{WorkspaceID: r.Param("id"), ID: hash})
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, r.fileView(engine.ListedFile{Hash: hash, FileFacts: facts}))
	}
	return kept, nil
}

func hashesOf(kept []ui.File) (hashes []string) {
	for i := range kept {
		hashes = append(hashes, kept[i].Hash)
	}
	return hashes
}

// addFilesForm is the form that puts files into the list without scripts. The
// files themselves have come before it is served.
type addFilesForm struct {
	Attached []string `form:"attached" validate:"max=10"`
}

// addFiles says how it went.
func (s *Server) addFiles(r *request, f submitted[addFilesForm]) error {
	kept, err := s.attachedTo(r, f.Values.Attached)
	if err != nil {
		return err
	}
	status := fiber.StatusUnprocessableEntity
	switch refused := r.filesRefused(); {
	case refused != nil:
		status = f.refuseFiles(refused)
	case r.form == nil && len(kept) == 0 && f.OK():
		return r.Redirect(filesPath(r)) // nothing was to be picked
	case len(kept) == 0 && f.OK():
		f.Fields = map[string]string{filesField: "Choose at least one file."}
	}
	if f.OK() {
		return r.done(filesPath(r), "Added "+ui.Plural(len(kept), "file", "files")+".")
	}
	if len(kept) > 0 {
		f.Fields[filesField] += " " + ui.Plural(len(kept), "file before it was", "files before it were") + " added."
	}
	form := f.again("add")
	return s.showFiles(r, status, "", filesForms{add: &form})
}

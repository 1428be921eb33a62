package server

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// BeginFiles makes the place of a store ready for files. kept says that there
// has to be one already, with files in it.
func BeginFiles(store storage.Store, kept bool) error {
	if place, ok := storage.As[interface{ Begin(kept bool) error }](store); ok {
		return place.Begin(kept)
	}
	return nil
}

// beginFiles is BeginFiles for a server, which its books tell whether files are
// kept. A disk that is not mounted does not keep the program from starting.
func (s *Server) beginFiles(ctx context.Context, store storage.Store) error {
	kept, err := db.AnyBlob(ctx, s.db.Read(), s.config.Storage.Provider)
	if err != nil {
		return err
	}
	if err := BeginFiles(store, kept); err != nil || s.config.Storage.Provider != "disk" {
		return err
	}
	if prober, ok := storage.As[storage.Prober](store); ok {
		if err := prober.Probe(ctx); fault.Is(err, fault.Unavailable) {
			s.log.Error("The directory that files are kept in cannot be used. Files cannot be opened or uploaded until it can.", "error", err)
		}
	}
	return nil
}

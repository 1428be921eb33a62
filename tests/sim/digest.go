package sim

import (
	"fmt"

	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// compareDigest asks the server for a person's digest in the middle of it all.
func (w *World) compareDigest() error {
	return w.digestOf(pick(w, w.people), w.rand.IntN(2) == 0)
}

// compareDigests asks for everybody's.
func (w *World) compareDigests() error {
	for _, p := range w.people {
		for _, deep := range []bool{false, true} {
			if err := w.digestOf(p, deep); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) digestOf(p *person, deep bool) error {
	got, err := w.e.Digest(w.ctx, p.actor(), wire.DigestRequest{WorkspaceID: workspace, Deep: deep})
	if err != nil {
		return err
	}
	rows, digest := device.DigestOf(w.model.Visible(p.actor()), deep)
	if got.Rows != rows || got.Digest != digest || got.ServerVersion != w.model.Head {
		return fmt.Errorf("the digest of %s (deep %v) is %s of %d rows at %d, the model's %s of %d at %d",
			p.id, deep, got.Digest, got.Rows, got.ServerVersion, digest, rows, w.model.Head)
	}
	return nil
}

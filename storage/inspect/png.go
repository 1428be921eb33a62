package inspect

import (
	"bytes"
	"encoding/binary"
	"image/color"
)

// decodedAs is the model of colours that a PNG is decoded with. One of greys has all
// colours when one of its greys is left out, which its head does not say.
func decodedAs(model color.Model, png []byte) color.Model {
	switch {
	case !leavesOut(png):
	case model == color.GrayModel:
		return color.NRGBAModel
	case model == color.Gray16Model:
		return color.NRGBA64Model
	}
	return model
}

// leavesOut reports whether a PNG names a colour that is transparent: it does so
// before its pixels.
func leavesOut(png []byte) bool {
	const mark, frame = 8, 12 // a chunk has its length, its name and a check sum around it
	for at := mark; at+frame <= len(png); {
		name := png[at+4 : at+8]
		switch {
		case bytes.Equal(name, []byte("tRNS")):
			return true
		case bytes.Equal(name, []byte("IDAT")):
			return false
		}
		n := int64(binary.BigEndian.Uint32(png[at:]))
		if n > int64(len(png)-at-frame) {
			return false
		}
		at += frame + int(n)
	}
	return false
}

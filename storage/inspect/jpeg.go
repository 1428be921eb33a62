package inspect

import (
	"bytes"
	"encoding/binary"
)

// jpegHead is what a JPEG says before its pixels that the decoder does not tell.
type jpegHead struct {
	orientation int   // EXIF's, 1 to 8
	progressive bool  // all coefficients are in memory at once
	samples     int64 // of four pixels, of all components; 0 if not found
	scans       int   // how often the decoder goes through all pixels
}

// readJPEG goes through the segments of a JPEG to its end, in the steps that
// the decoder takes: what is no segment is passed over.
func readJPEG(b []byte) jpegHead {
	h := jpegHead{orientation: 1}
	for at := 2; at+4 <= len(b); {
		marker := b[at+1]
		switch {
		case b[at] != 0xff || marker == 0xff: // pixels, or filling
			at++
			continue
		case marker == 0 || marker >= 0xd0 && marker <= 0xd7: // a byte of pixels, or a restart
			at += 2
			continue
		case marker == 0xd9:
			return h
		}
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		if size < 2 || at+2+size > len(b) {
			return h
		}
		h.segment(marker, b[at+4:at+2+size])
		at += 2 + size
	}
	return h
}

func (h *jpegHead) segment(marker byte, content []byte) {
	switch marker {
	case 0xe1:
		if exif, ok := bytes.CutPrefix(content, []byte("Exif\x00\x00")); ok && h.scans == 0 {
			h.orientation = orientation(exif)
		}
	case 0xc0, 0xc1, 0xc2:
		h.progressive = marker == 0xc2
		h.samples = samples(content)
	case 0xda:
		h.scans++
	}
}

// samples reads the frame's components: how many samples four pixels have.
func samples(frame []byte) (n int64) {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 0
	}
	most := 1
	factors := make([]int, frame[5])
	for i := range factors {
		f := frame[6+3*i+1]
		factors[i] = max(1, int(f>>4)) * max(1, int(f&15))
		most = max(most, factors[i])
	}
	for _, f := range factors {
		n += int64(max(1, 4*f/most))
	}
	return n
}

// orientation reads tag 0x0112 of the first directory of EXIF's TIFF; 1 if there
// is none.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := int64(order.Uint16(tiff[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			break
		}
		if order.Uint16(tiff[entry:]) != 0x0112 || order.Uint16(tiff[entry+2:]) != 3 {
			continue
		}
		if o := int(order.Uint16(tiff[entry+8:])); o >= 1 && o <= 8 {
			return o
		}
		break
	}
	return 1
}

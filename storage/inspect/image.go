package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // what images may be, besides those that are used by name
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// Facts are what a file's content says about it; what is not known is 0.
type Facts struct {
	Width, Height int64 // of an image as it is shown, in pixels
	Pages         int64 // of a PDF
	Preview       []byte
	PreviewType   string // image/jpeg or image/png
}

const (
	// MaxBytes is the largest file that is looked into.
	MaxBytes = 64 << 20
	// mostDecoded is how much memory the decoding of one image may take. What
	// is larger has no preview: a file of a few bytes can claim any size.
	mostDecoded = 128 << 20
	// previewSide is the longer side of a preview, in pixels.
	previewSide = 320
	// longestSide is the longest side of an image that has a preview: a decoder
	// has several of its rows in memory. A JPEG cannot have a longer one.
	longestSide = 65_535
	// sampledSide is the longer side of what a preview is scaled from. Scaling
	// takes 32 bytes for each of its rows and each column of the preview.
	sampledSide = 8 * previewSide
	// largestPNG is how large a preview with transparency may be, in bytes.
	largestPNG = 128 << 10
	// smallEnough is an image that stands for itself, in bytes.
	smallEnough = 48 << 10
	// mostScans is how often a JPEG may have its decoder go through its pixels:
	// programs write some ten scans, and each costs a file next to nothing.
	mostScans = 64
	// atOnce is how much of a file a decoder gets at once, in bytes: between two
	// gulps it can be stopped.
	atOnce = 256
)

// Image looks into an image, as long as ctx allows. An image that cannot be
// decoded, or not with the memory and the work there is for it, is an error,
// with the facts found out until then.
func Image(ctx context.Context, content []byte) (facts Facts, err error) {
	defer recovered(&err)
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return facts, fmt.Errorf("reading an image's head: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 {
		return facts, errors.New("the image has no size")
	}
	head := jpegHead{orientation: 1}
	if format == "jpeg" {
		head = readJPEG(content)
	}
	if format == "png" {
		config.ColorModel = decodedAs(config.ColorModel, content)
	}
	facts.Width, facts.Height = int64(config.Width), int64(config.Height)
	if head.orientation >= 5 {
		facts.Width, facts.Height = facts.Height, facts.Width
	}
	if max(config.Width, config.Height) <= previewSide && len(content) <= smallEnough && head.orientation == 1 {
		return facts, nil
	}
	if max(config.Width, config.Height) > longestSide {
		return facts, fmt.Errorf("a side of the image has more than %d pixels; it has no preview", longestSide)
	}
	if need := memory(config, format, head); need > mostDecoded {
		return facts, fmt.Errorf("the image takes %d bytes of memory; no preview is made beyond %d", need, mostDecoded)
	}
	if head.scans > mostScans {
		return facts, fmt.Errorf("the image has %d scans; no preview is made beyond %d", head.scans, mostScans)
	}
	decoded, _, err := image.Decode(&gulps{ctx, content})
	if err != nil {
		return facts, fmt.Errorf("decoding an image: %w", err)
	}
	facts.Preview, facts.PreviewType, err = preview(turned(small(decoded), head.orientation))
	return facts, err
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}

// gulps reads a file as long as ctx allows.
type gulps struct {
	ctx  context.Context
	left []byte
}

func (g *gulps) Read(p []byte) (int, error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	if len(g.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, g.left[:min(atOnce, len(g.left))])
	g.left = g.left[n:]
	return n, nil
}

// memory is what the decoding of an image takes at most, in bytes.
func memory(c image.Config, format string, head jpegHead) int64 {
	pixels := int64(c.Width) * int64(c.Height)
	if format == "jpeg" && head.samples > 0 {
		per := head.samples // of four pixels
		if head.progressive {
			per *= 5 // a coefficient of four bytes for each sample
		}
		return pixels * per / 4
	}
	switch c.ColorModel {
	case color.NRGBA64Model, color.RGBA64Model:
		return 8 * pixels
	case color.GrayModel:
		return pixels
	case color.Gray16Model:
		return 2 * pixels
	}
	if _, ok := c.ColorModel.(color.Palette); ok {
		return 2 * pixels // and what is unpacked
	}
	return 5 * pixels // red, green, blue, alpha, and what is unpacked
}

// small makes an image small enough for a preview.
func small(from image.Image) *image.NRGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > previewSide {
		w, h = max(1, w*previewSide/longer), max(1, h*previewSide/longer)
	}
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	from = sampled(from)
	draw.BiLinear.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	return to
}

// sampled takes single pixels of a large image, so that scaling it needs little
// memory and time.
func sampled(from image.Image) image.Image {
	b := from.Bounds()
	w, h := min(b.Dx(), sampledSide), min(b.Dy(), sampledSide)
	if w == b.Dx() && h == b.Dy() {
		return from
	}
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.NearestNeighbor.Scale(to, to.Bounds(), from, b, draw.Src, nil)
	return to
}

// turned is an image the way its camera was held; orientation is EXIF's, 1 to 8.
func turned(from *image.NRGBA, orientation int) *image.NRGBA {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	if orientation <= 1 || orientation > 8 {
		return from
	}
	to := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			to.SetNRGBA(tx, ty, from.NRGBAAt(x, y))
		}
	}
	return to
}

// preview encodes an image anew, so that nothing of the original's metadata is
// in it.
func preview(from *image.NRGBA) ([]byte, string, error) {
	var b bytes.Buffer
	if !from.Opaque() {
		if err := png.Encode(&b, from); err != nil {
			return nil, "", fmt.Errorf("encoding a preview: %w", err)
		}
		if b.Len() <= largestPNG {
			return b.Bytes(), "image/png", nil
		}
		b.Reset()
		white := image.NewNRGBA(from.Rect)
		draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(white, white.Rect, from, image.Point{}, draw.Over)
		from = white
	}
	if err := jpeg.Encode(&b, from, &jpeg.Options{Quality: 82}); err != nil {
		return nil, "", fmt.Errorf("encoding a preview: %w", err)
	}
	return b.Bytes(), "image/jpeg", nil
}

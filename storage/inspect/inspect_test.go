package inspect_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"or3.cloud/or3/storage/inspect"
)

// picture is an image whose upper left quarter is red and whose rest is blue.
func picture(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{0, 0, 255, 255}
			if x < w/2 && y < h/2 {
				c = color.NRGBA{255, 0, 0, 255}
			}
			p.SetNRGBA(x, y, c)
		}
	}
	return p
}

func encoded(t testing.TB, as string, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch as {
	case "png":
		err = png.Encode(&b, p)
	case "gif":
		err = gif.Encode(&b, p, nil)
	default:
		err = jpeg.Encode(&b, p, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// held puts an EXIF orientation, and a name that must not leave, into a JPEG.
func held(jpg []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, "\x00\x00\x00\x00\x00\x00secret place"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, jpg[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), jpg[2:]...)
}

func TestAnImageHasItsSizeAndASmallPreview(t *testing.T) {
	for _, as := range []string{"png", "gif", "jpeg"} {
		facts, err := inspect.Image(context.Background(), encoded(t, as, picture(1000, 500)))
		if err != nil || facts.Width != 1000 || facts.Height != 500 {
			t.Fatalf("%s: %d×%d, %v", as, facts.Width, facts.Height, err)
		}
		shown, _, err := image.Decode(bytes.NewReader(facts.Preview))
		if err != nil || shown.Bounds().Dx() != 320 || shown.Bounds().Dy() != 160 || facts.PreviewType != "image/jpeg" {
			t.Errorf("%s: its preview is a %s of %v, %v", as, facts.PreviewType, shown.Bounds(), err)
		}
	}
	small, err := inspect.Image(context.Background(), encoded(t, "png", picture(100, 50)))
	if err != nil || small.Width != 100 || small.Preview != nil {
		t.Errorf("a small one: %d, %d bytes, %v", small.Width, len(small.Preview), err)
	}
	clear := picture(800, 800)
	for i := 3; i < len(clear.Pix); i += 4 {
		clear.Pix[i] = 100
	}
	if facts, err := inspect.Image(context.Background(), encoded(t, "png", clear)); err != nil || facts.PreviewType != "image/png" {
		t.Errorf("with transparency: %s, %v", facts.PreviewType, err)
	}
}

// The red corner is where its camera's owner saw it, and what else the camera
// wrote down stays in the original.
func TestAPreviewStandsUprightAndTellsNothing(t *testing.T) {
	corners := map[uint16][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	for orientation, corner := range corners {
		facts, err := inspect.Image(context.Background(), held(encoded(t, "jpeg", picture(640, 320)), orientation))
		if err != nil {
			t.Fatal(err)
		}
		w, h := int64(640), int64(320)
		if orientation >= 5 {
			w, h = h, w
		}
		shown, err := jpeg.Decode(bytes.NewReader(facts.Preview))
		if err != nil || facts.Width != w || facts.Height != h || int64(shown.Bounds().Dx()) != w/2 {
			t.Fatalf("orientation %d: %d×%d, preview %v, %v", orientation, facts.Width, facts.Height, shown.Bounds(), err)
		}
		b := shown.Bounds()
		red, _, blue, _ := shown.At(10+corner[0]*(b.Dx()-20), 10+corner[1]*(b.Dy()-20)).RGBA()
		if red < blue {
			t.Errorf("orientation %d: the red corner is not at %v", orientation, corner)
		}
		if bytes.Contains(facts.Preview, []byte("secret")) || bytes.Contains(facts.Preview, []byte("Exif")) {
			t.Errorf("orientation %d: the preview tells what the original does", orientation)
		}
	}
}

// A few bytes claim an image of billions of pixels: its size is told, and
// nothing else is done about it.
func TestAnImageThatWouldFillTheMemoryHasNoPreview(t *testing.T) {
	bomb := encoded(t, "png", picture(1, 1))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc(bomb[12:29]))
	facts, err := inspect.Image(context.Background(), bomb)
	if err == nil || facts.Width != 60_000 || facts.Preview != nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("it is %d×%d, %v", facts.Width, facts.Height, err)
	}
	for _, depth := range []int{8, 16} { // grey with a colour that is left out is decoded with all colours
		clear := greyWithHole(6000, 6000, byte(depth))
		if facts, err := inspect.Image(context.Background(), clear); err == nil || facts.Width != 6000 || !strings.Contains(err.Error(), "memory") {
			t.Errorf("grey of %d bits with a colour left out: %v", depth, err)
		}
	}
	for _, broken := range [][]byte{nil, []byte("GIF89a"), encoded(t, "jpeg", picture(900, 900))[:2000]} {
		if facts, err := inspect.Image(context.Background(), broken); err == nil || facts.Preview != nil {
			t.Errorf("%d broken bytes: %+v, %v", len(broken), facts.Width, err)
		}
	}
}

// scanned is a progressive JPEG of grey whose pixels are gone through so often.
// The first scan says that all blocks are black; each further one is a run of
// blocks of which nothing changes: a few bytes for all pixels.
func scanned(side uint16, scans int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc2, 0, 11, 8)
	b = binary.BigEndian.AppendUint16(b, side)
	b = binary.BigEndian.AppendUint16(b, side)
	b = append(b, 1, 1, 0x11, 0)
	table := func(class byte, symbol byte) { // one code, 0, for one symbol
		b = append(b, 0xff, 0xc4, 0, 20, class, 1)
		b = append(b, make([]byte, 15)...)
		b = append(b, symbol)
	}
	table(0x00, 0)
	table(0x10, 0xe0) // a run of 2^14 blocks and what 14 bits say more
	blocks := (int(side) + 7) / 8 * ((int(side) + 7) / 8)
	b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 0, 0)
	b = append(b, make([]byte, (blocks+7)/8)...)
	for range scans - 1 {
		b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0x00, 1, 63, 0)
		b = append(b, make([]byte, (blocks>>14+1)*2)...)
	}
	return append(b, 0xff, 0xd9)
}

// A file of a few kilobytes has its pixels gone through a thousand times: it
// would keep everybody else's files waiting for minutes.
func TestAnImageOfAThousandScansHasNoPreview(t *testing.T) {
	facts, err := inspect.Image(t.Context(), scanned(1000, 1000))
	if err == nil || !strings.Contains(err.Error(), "scans") || facts.Width != 1000 || facts.Preview != nil {
		t.Errorf("it is %d wide, with %d bytes of preview, %v", facts.Width, len(facts.Preview), err)
	}
	const junk = "\xff\xd9\xff\xda"
	for name, hidden := range map[string][]byte{
		"behind a comment that looks like the end": append(append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, 6}, junk...), scanned(1000, 1000)[2:]...),
		"behind bytes that are nothing":            append([]byte("\xff\xd8junk"), scanned(1000, 1000)[2:]...),
	} {
		if facts, err := inspect.Image(t.Context(), hidden); err == nil || facts.Preview != nil {
			t.Errorf("%s: %d bytes of preview, %v", name, len(facts.Preview), err)
		}
	}
	facts, err = inspect.Image(t.Context(), append(scanned(1000, 12), strings.Repeat("\xff\xda\x00\x02", 100)...))
	if err != nil || len(facts.Preview) == 0 {
		t.Errorf("twelve scans, and a film behind them: %d bytes of preview, %v", len(facts.Preview), err)
	}
}

func TestLookingIntoAnImageEndsWithItsTime(t *testing.T) {
	for _, as := range []string{"png", "gif", "jpeg"} {
		facts, err := inspect.Image(&ending{t.Context(), 5}, encoded(t, as, picture(1000, 500)))
		if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || facts.Width != 1000 || facts.Preview != nil {
			t.Errorf("%s: %d wide, %d bytes of preview, %v", as, facts.Width, len(facts.Preview), err)
		}
	}
}

// ending is a context that ends when it was asked so often.
type ending struct {
	context.Context
	asked int
}

func (e *ending) Err() error {
	if e.asked--; e.asked < 0 {
		return context.Canceled
	}
	return nil
}

// greyWithHole is a PNG of grey, all black, in which one grey is transparent.
func greyWithHole(w, h uint32, depth byte) []byte {
	chunk := func(out []byte, kind string, content []byte) []byte {
		out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
		named := append([]byte(kind), content...)
		return binary.BigEndian.AppendUint32(append(out, named...), crc(named))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	out := chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", append(head, depth, 0, 0, 0, 0))
	out = chunk(out, "tRNS", []byte{0, 7})
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+int(w)*int(depth)/8)
	for range h {
		_, _ = z.Write(row) // into memory
	}
	_ = z.Close()
	return chunk(chunk(out, "IDAT", packed.Bytes()), "IEND", nil)
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			c = c>>1 ^ 0xedb88320*(c&1)
		}
	}
	return ^c
}

const plainPDF = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 7 >>\nendobj\n" +
	"3 0 obj <</Type/Pages/Parent 2 0 R/Count 3>> endobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n0\n%%EOF"

func packedPDF(objects string, packed []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(packed)
	_ = w.Close()
	return fmt.Appendf(nil, "%%PDF-1.5\n9 0 obj\n<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length %d>>\nstream\r\n%s\nendstream endobj\n%s10 0 obj <</Type/XRef/Root 1 0 R/Size 11>> stream\nx endstream endobj",
		len("1 0 2 30 "), b.Len(), b.Bytes(), objects)
}

func TestAPDFsPagesAreCounted(t *testing.T) {
	packed := []byte("1 0 2 30 " + fmt.Sprintf("%-30s", "<</Type/Catalog/Pages 2 0 R>>") + "<</Type/Pages/Count 12/Kids[]>>")
	newer := strings.Replace(plainPDF, "trailer", "2 0 obj <</Type /Pages /Count 8 /Kids []>> endobj\ntrailer", 1)
	for name, one := range map[string]struct {
		text  []byte
		pages int64
	}{
		"plain":           {[]byte(plainPDF), 7},
		"with old Macs":   {[]byte(strings.ReplaceAll(plainPDF, "\n", "\r")), 7},
		"packed":          {packedPDF("", packed), 12},
		"changed later":   {[]byte(newer), 8},
		"packed, changed": {packedPDF("2 0 obj <</Type/Pages/Count 13>> endobj\n", packed), 13},
	} {
		if pages, err := inspect.PDF(t.Context(), one.text); pages != one.pages || err != nil {
			t.Errorf("%s: %d pages, %v", name, pages, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":      "",
		"no catalogue": "%PDF-1.4\n",
		"a loop":       "%PDF-1.4\n1 0 obj <</Pages 1 0 R>> endobj trailer <</Root 1 0 R>>",
		"negative":     strings.Replace(plainPDF, "/Count 7", "/Count -7", 1),
		"endless":      strings.Replace(plainPDF, "/Count 7", "/Count 99999999999999999999999", 1),
	} {
		if pages, err := inspect.PDF(t.Context(), []byte(text)); err == nil {
			t.Errorf("%s: %d pages", name, pages)
		}
	}
	if _, err := inspect.PDF(t.Context(), packedPDF("", make([]byte, 65<<20))); err == nil {
		t.Error("objects of any size are unpacked")
	}
}

// What a small file makes of itself: each of these took a gigabyte, or a long time.
func TestABombOfAPDFTakesLittleMemoryAndEnds(t *testing.T) {
	stream := func(text []byte, first int) []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		_, _ = w.Write(text)
		_ = w.Close()
		return fmt.Appendf(nil, "%%PDF-1.5\n9 0 obj\n<</Type/ObjStm/Filter/FlateDecode/First %d>>stream\n%s\nendstream endobj trailer <</Root 1 0 R>>", first, b.Bytes())
	}
	pairs := bytes.Repeat([]byte("1 0 "), 15<<20/2)
	for name, text := range map[string][]byte{
		"fields":  stream(bytes.Repeat([]byte("x "), 30<<20), 60<<20),
		"pairs":   stream(pairs, len(pairs)),
		"roots":   bytes.Repeat([]byte("/Root 1 0 R "), 1<<20),
		"objects": append(bytes.Repeat([]byte("1 0 obj "), 1<<20), "/Root 1 0 R"...),
		"almost":  append(bytes.Repeat([]byte("1 1 "), 2<<20), "/Root 1 0 R"...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if pages, err := inspect.PDF(t.Context(), text); err == nil {
			t.Errorf("%s: %d pages", name, pages)
		}
		runtime.ReadMemStats(&after)
		// What is unpacked is read into one growing buffer, twice.
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > 12*int64(inspect.MaxBytes) {
			t.Errorf("%s: %d MiB were allocated", name, took>>20)
		}
	}
	for name, text := range map[string][]byte{"roots": bytes.Repeat([]byte("/Root 1 0 X "), 1<<20), "objects": append(bytes.Repeat([]byte("1 0 obj "), 1<<20), "/Root 1 0 R"...)} {
		if _, err := inspect.PDF(&ending{t.Context(), 5}, text); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: looking into it does not end with its time: %v", name, err)
		}
	}
}

// A decoder has whole rows in memory, and so has what scales: one pixel's width and
// sixty million of height took five gigabytes.
func TestAnEndlessPictureHasNoPreview(t *testing.T) {
	facts, err := inspect.Image(t.Context(), encoded(t, "png", image.NewGray(image.Rect(0, 0, 1, 60_000))))
	if err != nil || facts.Height != 60_000 || len(facts.Preview) == 0 {
		t.Errorf("a long one is %d high, with %d bytes of preview, %v", facts.Height, len(facts.Preview), err)
	}
	endless := encoded(t, "png", image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(endless[20:], 60_000_000)
	binary.BigEndian.PutUint32(endless[29:], crc(endless[12:29]))
	if facts, err := inspect.Image(t.Context(), endless); err == nil || !strings.Contains(err.Error(), "side") || facts.Height != 60_000_000 {
		t.Errorf("%d high: %v", facts.Height, err)
	}
}

func TestAFileIsWhatItBeginsWith(t *testing.T) {
	pngText, jpegText := encoded(t, "png", picture(1, 1)), encoded(t, "jpeg", picture(1, 1))
	for _, one := range []struct {
		kind string
		head []byte
		is   bool
	}{
		{"image/png", pngText, true}, {"image/jpeg", pngText, false}, {"image/jpeg", jpegText, true}, {"image/webp", []byte("RIFF0000WEBPVP"), true},
		{"image/gif", []byte("GIF89a...."), true}, {"image/png", []byte("<html>"), false}, {"application/pdf", []byte("\n%PDF-1.7"), true}, {"application/pdf", pngText, false},
		{"text/plain", []byte("hello"), true}, {"text/plain", nil, true}, {"text/markdown", []byte("# Ä"), true}, {"text/plain", []byte("\x7fELF\x02\x01"), false},
		{"text/plain", []byte("<html>"), true}, {"image/png", nil, false}, {"application/zip", []byte("anything"), true},
	} {
		if inspect.Is(one.kind, one.head) != one.is {
			t.Errorf("%q as %s: %t", one.head[:min(8, len(one.head))], one.kind, !one.is)
		}
	}
	for kind, served := range map[string]string{"image/png": "image/png", "image/svg+xml": "application/octet-stream", "text/html": "application/octet-stream",
		"text/plain": "text/plain; charset=utf-8", "application/xhtml+xml": "application/octet-stream", "application/pdf": "application/pdf"} {
		if inspect.Served(kind) != served {
			t.Errorf("%s is sent as %s", kind, inspect.Served(kind))
		}
	}
	if inspect.Shown("image/svg+xml") || inspect.Shown("text/html") || inspect.Shown("text/plain") {
		t.Error("what can run is shown")
	}
}

func FuzzImage(f *testing.F) {
	f.Add(encoded(f, "png", picture(400, 3)))
	f.Add(held(encoded(f, "jpeg", picture(400, 3)), 6))
	f.Add(encoded(f, "gif", picture(400, 3)))
	f.Fuzz(func(t *testing.T, content []byte) {
		facts, err := inspect.Image(context.Background(), content)
		if err == nil && (facts.Width <= 0 || facts.Height <= 0) {
			t.Errorf("an image of %d×%d", facts.Width, facts.Height)
		}
		if len(facts.Preview) > 0 {
			if _, _, err := image.Decode(bytes.NewReader(facts.Preview)); err != nil {
				t.Errorf("the preview is broken: %v", err)
			}
		}
	})
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte(plainPDF))
	f.Add(packedPDF("", []byte("1 0 2 5 <</Pages 2 0 R>><</Count 1>>")))
	f.Fuzz(func(t *testing.T, content []byte) {
		if pages, err := inspect.PDF(t.Context(), content); err == nil && (pages < 0 || pages > 10_000_000) || err != nil && strings.Contains(err.Error(), "panic") {
			t.Errorf("%d pages, %v", pages, err)
		}
	})
}

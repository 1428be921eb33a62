package backup

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// raw is a value that JSON's text cannot carry: bytes of a blob, or of a text
// that is not UTF-8.
type raw struct {
	Text  []byte `json:"text,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
}

// encodeRow writes a row as one line.
func encodeRow(w *json.Encoder, row []any) error {
	line := make([]any, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case nil, int64:
			line[i] = v
		case string:
			if line[i] = v; !utf8.ValidString(v) {
				line[i] = raw{Text: []byte(v)}
			}
		case []byte:
			line[i] = raw{Bytes: append([]byte{}, v...)}
		default:
			return fmt.Errorf("a value of type %T has no form in a backup", v)
		}
	}
	return w.Encode(line)
}

// decodeRows calls fn with each row of a part.
func decodeRows(part []byte, columns int, fn func(row []any) error) (n int64, err error) {
	z, err := gzip.NewReader(bytes.NewReader(part))
	if err != nil {
		return 0, err
	}
	dec := json.NewDecoder(z)
	dec.UseNumber()
	for {
		var line []any
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		if len(line) != columns {
			return n, fmt.Errorf("a row has %d values instead of %d", len(line), columns)
		}
		for i, v := range line {
			if line[i], err = value(v); err != nil {
				return n, err
			}
		}
		if err := fn(line); err != nil {
			return n, err
		}
		n++
	}
}

// value undoes encodeRow for one value.
func value(v any) (any, error) {
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		return v.Int64()
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		var r raw
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, err
		}
		if r.Text != nil {
			return string(r.Text), nil
		}
		return append([]byte{}, r.Bytes...), nil
	}
	return nil, fmt.Errorf("a value of type %T does not belong into a row", v)
}

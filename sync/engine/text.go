package engine

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/excerpt"
)

// readFields reads what a page shows out of a payload. A field of an unexpected
// type stays empty: the row came through the checks of its time.
func readFields(payload string, into any) {
	_ = json.Unmarshal([]byte(payload), into)
}

// textOf gives the words of a message: its data is {"content": "…"}; a bare
// text and {"content": [{"type": "text", "text": "…"}]} are understood too,
// because clients import what others have made.
func textOf(payload string) string {
	var message struct {
		Data jsontext.Value `json:"data"`
	}
	readFields(payload, &message)
	var data struct {
		Content jsontext.Value `json:"content"`
	}
	switch message.Data.Kind() {
	case '"':
		return textIn(message.Data)
	case '{':
		_ = json.Unmarshal(message.Data, &data)
	}
	if data.Content.Kind() != '[' {
		return textIn(data.Content)
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(data.Content, &parts)
	var words []string
	for _, p := range parts {
		if p.Text != "" {
			words = append(words, p.Text)
		}
	}
	return strings.Join(words, "\n\n")
}

func textIn(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	text, _ := jsontext.AppendUnquote(nil, v)
	return string(text)
}

// previewLength is a line of a list, with something to spare.
const previewLength = 160

// preview is the beginning of a text on one line.
func preview(text string) string { return excerpt.Line(text, previewLength) }

package services

import "encoding/json"

// decode reads what the server itself wrote; what cannot be read stays as it is.
func decode(data json.RawMessage, into any) { _ = json.Unmarshal(data, into) }

// inJSON is a text as it stands between the quotes of JSON.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil || len(quoted) < 2 {
		return text
	}
	return string(quoted[1 : len(quoted)-1])
}

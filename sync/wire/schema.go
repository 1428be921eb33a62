package wire

import "slices"

// Type is the type of a payload field.
type Type string

// The types of fields.
const (
	Text    Type = "text"    // a string
	Ref     Type = "ref"     // the pk of another row, or a person's id
	Hash    Type = "hash"    // sha256:<64 hex>, md5:<32 hex> or 32 hex, lower-case
	Hashes  Type = "hashes"  // a string holding a JSON array of hashes
	Bool    Type = "bool"    // true or false
	Int     Type = "int"     // an integer JavaScript holds exactly
	Count   Type = "count"   // an Int that is not negative
	Seconds Type = "seconds" // epoch seconds
	List    Type = "list"    // a JSON array
	Any     Type = "any"     // any JSON
)

// Field is one field of a payload. A field that is not Required may be missing
// or null. OneOf, when given, lists the only values of a text. Max, unless it is
// 0, is how many characters a text has at most; one that is stored already and
// longer may stay.
type Field struct {
	Name     string   `json:"name"`
	Type     Type     `json:"type"`
	Required bool     `json:"required,omitzero"`
	OneOf    []string `json:"one_of,omitzero"`
	Max      int      `json:"max,omitzero"`
}

// Spec is what the server knows about one table's payloads. Fields it does not
// list are kept as they are; those of Dropped are taken out of every payload:
// stamp and op say the same with authority, or they belong to one device only.
type Spec struct {
	Table   Table    `json:"table"`
	Key     string   `json:"key"`
	Fields  []Field  `json:"fields"`
	Dropped []string `json:"dropped"`
}

// Schema gives the specs of all tables. The caller may change what it gets.
func Schema() []Spec {
	specs := make([]Spec, 0, len(schema))
	for _, spec := range schema {
		spec.Fields, spec.Dropped = slices.Clone(spec.Fields), slices.Clone(spec.Dropped)
		specs = append(specs, spec)
	}
	return specs
}

func specOf(t Table) *Spec {
	for i := range schema {
		if schema[i].Table == t {
			return &schema[i]
		}
	}
	return nil
}

func must(name string, t Type) Field { return Field{Name: name, Type: t, Required: true} }
func may(name string, t Type) Field  { return Field{Name: name, Type: t} }

// Bounds of what pages show in lists. Forms allow less.
const (
	MaxName        = 1_000  // characters of a title or a name
	MaxDescription = 10_000 // characters of a project's description
)

func (f Field) upTo(characters int) Field { f.Max = characters; return f }

// written are the times every row carries.
func written(fields ...Field) []Field {
	return append(fields, must("created_at", Seconds), must("updated_at", Seconds))
}

// The stamp and the op decide these; a payload may repeat them for the
// device's own convenience.
func dropped(more ...string) []string {
	return append([]string{"clock", "hlc", "op_id", "device_id", "server_version", "deleted", "deleted_at"}, more...)
}

// schema is never changed while the program runs.
var schema = []Spec{
	{Table: Threads, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("status", Text), must("pinned", Bool),
		may("title", Text).upTo(MaxName), may("last_message_at", Seconds), may("parent_thread_id", Ref), may("anchor_message_id", Ref),
		may("anchor_index", Int), Field{Name: "branch_mode", Type: Text, OneOf: []string{"reference", "copy"}},
		may("forked", Bool), may("project_id", Ref), may("system_prompt_id", Ref),
	)},
	{Table: Messages, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("thread_id", Ref), must("role", Text), must("index", Int), must("order_key", Text),
		may("data", Any), may("author_user_id", Ref), may("file_hashes", Hashes), may("pending", Bool), may("error", Any), may("stream_id", Text),
	)},
	{Table: Projects, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("name", Text).upTo(MaxName), may("description", Text).upTo(MaxDescription), may("data", Any),
	)},
	{Table: Posts, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("title", Text).upTo(MaxName), must("content", Text), must("post_type", Text),
		may("meta", Any), may("file_hashes", Hashes),
	)},
	{Table: KV, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("name", Ref), may("value", Text),
	)},
	{Table: FileMeta, Key: "hash", Dropped: dropped("ref_count"), Fields: written(
		must("hash", Hash), may("name", Text).upTo(MaxName), may("mime_type", Text),
		Field{Name: "kind", Type: Text, OneOf: []string{"image", "pdf", "file"}},
		may("size_bytes", Count), may("width", Count), may("height", Count), may("page_count", Count),
		may("storage_provider_id", Text), may("storage_id", Text),
	)},
	{Table: Notifications, Key: "id", Dropped: dropped(), Fields: written(
		must("id", Ref), must("user_id", Ref), must("type", Text), must("title", Text).upTo(MaxName),
		may("body", Text), may("thread_id", Ref), may("document_id", Ref), may("actions", List), may("read_at", Seconds),
	)},
}

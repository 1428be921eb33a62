package server

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
)

// object is a JSON object under construction.
type object map[string]any

// openAPI describes every /api row of the table, by the types the handlers use.
func openAPI(rows []row, version string) ([]byte, error) {
	schemas := &schemaBook{named: object{}, types: map[reflect.Type]string{}}
	failure := object{"description": "What went wrong.", "content": jsonContent(schemas.of(reflect.TypeFor[errorReply](), false))}
	paths := object{}
	for i := range rows {
		w := &rows[i]
		if !isAPIPath(w.path) {
			continue
		}
		path := pathParam.ReplaceAllString(w.path, "{$1}")
		item, ok := paths[path].(object)
		if !ok {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(w.method)] = w.operation(schemas, failure)
	}
	if version == "" {
		version = "dev"
	}
	return json.Marshal(object{
		"openapi": "3.0.3",
		"info": object{"title": "OR3 Cloud", "version": version,
			"description": "Errors are {error:{code,message,request_id,fields}}. Unknown, duplicate and case-variant members are refused."},
		"paths": paths,
		"components": object{
			"schemas": schemas.named,
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer", "description": "A personal API token, or3_pat_…"},
				"session": object{"type": "apiKey", "in": "cookie", "name": cookieName, "description": "__Host-" + cookieName + " on TLS. Mutations have to be same-origin."},
			},
		},
	}, json.Deterministic(true))
}

var pathParam = regexp.MustCompile(`:([A-Za-z_]+)`)

// operation describes one row.
func (w *row) operation(schemas *schemaBook, failure object) object {
	success := object{"description": "Done."}
	switch {
	case w.media != "":
		success["content"] = object{w.media: object{"schema": object{"type": "string"}}}
	case w.reply != nil:
		reply := w.reply
		if reply.Kind() == reflect.Pointer {
			reply = reply.Elem()
		}
		success["content"] = jsonContent(schemas.of(reply, false))
	}
	status := fiber.StatusOK
	if w.status != 0 {
		status = w.status
	}
	op := object{
		"operationId": operationID(w), "summary": w.does, "description": "Access: " + w.access.String() + ".",
		"responses": object{strconv.Itoa(status): success, "default": failure},
	}
	if parameters := w.parameters(schemas); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if w.streamed {
		op["requestBody"] = object{"required": true, "content": object{"application/octet-stream": object{"schema": object{"type": "string", "format": "binary"}}}}
	} else if w.multipart {
		op["requestBody"] = object{"required": true, "content": object{fiber.MIMEMultipartForm: object{"schema": object{
			"type": "object", "required": []string{"file"}, "properties": object{
				"file":  object{"type": "string", "format": "binary", "description": "The package, a zip."},
				"force": object{"type": "boolean", "description": "Whether it may follow what is installed under its id."},
				"grant": object{"type": "string", "description": "Capabilities that are granted at once: all, or names with commas between."},
			}}}}}
	} else if w.takes != "" {
		op["requestBody"] = object{"required": true, "description": w.framing, "content": object{w.takes: object{
			"schema": object{"type": "string", "format": "binary"}, "x-first-line": schemas.of(w.body, true)}}}
	} else if w.body != nil && w.body != reflect.TypeFor[nothing]() {
		op["requestBody"] = object{"required": !w.body.Implements(reflect.TypeFor[optional]()), "content": jsonContent(schemas.of(w.body, true))}
	}
	if w.access.kind == accessPublic {
		op["security"] = []any{}
	} else if w.private {
		op["security"] = []any{object{"session": []string{}}}
	} else {
		op["security"] = []any{object{"token": []string{}}, object{"session": []string{}}}
	}
	return op
}

// shapeOf is what a path parameter looks like.
func shapeOf(name string) *regexp.Regexp {
	if name == "plugin" {
		return pluginShape
	}
	return idShape
}

func (w *row) parameters(schemas *schemaBook) []any {
	var list []any
	for _, found := range pathParam.FindAllStringSubmatch(w.path, -1) {
		list = append(list, object{"name": found[1], "in": "path", "required": true,
			"schema": object{"type": "string", "pattern": shapeOf(found[1]).String()}})
	}
	if w.streamed {
		list = append(list,
			object{"name": headerOffset, "in": "header", "description": "Where the body begins in the file.", "schema": object{"type": "integer", "format": "int64"}},
			object{"name": headerComplete, "in": "header", "description": "?0 where more comes with another request.", "schema": object{"type": "string"}})
	}
	if w.query == nil {
		return list
	}
	for i := range w.query.NumField() {
		f := w.query.Field(i)
		if name := f.Tag.Get("query"); name != "" {
			list = append(list, object{"name": name, "in": "query", "required": hasRule(f, "required"), "schema": schemas.field(f, true)})
		}
	}
	return list
}

func operationID(w *row) string {
	id := strings.ToLower(w.method) + strings.NewReplacer("/api/", "_", "/", "_", ":", "", "-", "_", ".", "_").Replace(w.path)
	return id
}

func jsonContent(schema object) object {
	return object{fiber.MIMEApplicationJSON: object{"schema": schema}}
}

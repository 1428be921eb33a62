package server_test

import (
	"strings"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

// samples are requests that are right in every respect but the rights of who
// sends them: a body, or a query when the text begins with "?". A route that
// takes a body or needs a query has to be here.
var samples = map[string]string{
	"POST /api/auth/sign-in":                     `{"email":"viewer@harbour.example","password":"` + testkit.Password + `"}`,
	"POST /api/auth/register":                    `{"email":"new@nowhere.example","password":"` + testkit.Password + `","display_name":"Nia"}`,
	"POST /api/auth/change-password":             `{"current_password":"` + testkit.Password + `","new_password":"another horse battery"}`,
	"POST /w/:id/files":                          ``,
	"PATCH /api/auth/profile":                    `{"display_name":"Renamed"}`,
	"POST /api/auth/tokens":                      `{"name":"new"}`,
	"POST /api/invites/accept":                   `{"token":"{ticket}"}`,
	"POST /api/workspaces":                       `{"name":"New"}`,
	"POST /api/workspaces/active":                `{"id":"{W}"}`,
	"PATCH /api/workspaces/:id":                  `{"name":"Renamed"}`,
	"POST /api/workspaces/:id/members":           `{"email":"new@nowhere.example","role":"viewer"}`,
	"PATCH /api/workspaces/:id/members/:user_id": `{"role":"editor"}`,
	"POST /api/workspaces/:id/invites":           `{"email":"new@nowhere.example","role":"viewer"}`,
	"PUT /api/workspaces/:id/restrictions":       `{"restrictions":[{"role":"viewer","permission":"workspace.read"}]}`,
	"PUT /api/workspaces/:id/guest-access":       `{"enabled":true}`,
	"GET /api/access/explain":                    `?workspace_id={W}&permission=workspace.read`,
	"POST /api/sync/push": `{"workspace_id":"{W}","ops":[{"table":"threads","op":"put","pk":"new-thread",` +
		`"payload":{"id":"new-thread","title":"x","status":"ready","deleted":false,"pinned":false,"created_at":1,"updated_at":1,"clock":1},` +
		`"stamp":{"device_id":"d","op_id":"0d9c1e9e-8f0a-4c55-9c7e-6a4f2f1f5e01","hlc":"1795426200000:0001:d","clock":1}}]}`,
	"POST /api/sync/pull":                `{"workspace_id":"{W}","cursor":0,"limit":10}`,
	"GET /api/sync/stream":               `?workspace_id={W}&history_id=another`, // told to pull at once, or it would not end
	"POST /api/sync/snapshot":            `{"workspace_id":"{W}","page_size":10}`,
	"POST /api/sync/digest":              `{"workspace_id":"{W}"}`,
	"POST /api/sync/history":             `{"workspace_id":"{W}","table":"threads","pk":"t"}`,
	"POST /api/sync/update-cursor":       `{"workspace_id":"{W}","device_id":"d","version":0}`,
	"POST /api/sync/gc-tombstones":       `{"workspace_id":"{W}","retention_seconds":86400}`,
	"POST /api/sync/gc-change-log":       `{"workspace_id":"{W}","retention_seconds":86400}`,
	"POST /api/storage/presign-upload":   `{"workspace_id":"{W}","hash":"sha256:` + strings.Repeat("1", 64) + `","mime_type":"text/plain","size_bytes":1}`,
	"POST /api/storage/commit":           `{"workspace_id":"{W}","hash":"sha256:` + strings.Repeat("1", 64) + `","storage_id":"u","mime_type":"text/plain","size_bytes":1,"name":"x","kind":"file"}`,
	"POST /api/storage/upload-batch":     `{"workspace_id":"{W}","files":[{"hash":"sha256:` + strings.Repeat("1", 64) + `","mime_type":"text/plain","size_bytes":0,"name":"x","kind":"file"}]}` + "\n",
	"POST /api/storage/gc/run":           `{"workspace_id":"{W}","dry_run":true}`,
	"POST /api/storage/presign-download": `{"workspace_id":"{W}","hash":"` + storedFile + `"}`,
	"PUT /api/storage/fs/upload":         `?token=wrong`,
	"GET /api/storage/fs/upload":         `?token=wrong`,
	"GET /api/storage/fs/download":       `?token=wrong`,

	"POST /api/admin/plugins/install":          `{}`, // not the form that it takes
	"POST /api/admin/plugins/:plugin/consent":  `{"version":"1.0.0","sha256":"` + strings.Repeat("1", 64) + `","grant":"all"}`,
	"POST /api/admin/plugins/:plugin/rollback": `{}`,
	"POST /api/admin/plugins/:plugin/enable":   `{"workspace_id":"{W}"}`,
	"POST /api/admin/plugins/:plugin/disable":  `{"workspace_id":"{W}"}`,
	"POST /api/admin/plugins/:plugin/release":  `{"workspace_id":"{W}"}`,
	"GET /api/admin/plugins":                   `?workspace_id={W}`,
	"GET /api/admin/plugins/:plugin/settings":  `?workspace_id={W}`,
	"GET /api/admin/plugins/:plugin/traces":    `?workspace_id={W}&after=0`,
	"PUT /api/admin/plugins/:plugin/settings":  `?workspace_id={W}`,

	"POST /api/admin/admins":      `{"user_id":"{user}"}`,
	"GET /api/admin/audit":        `?workspace_id={W}`,
	"GET /api/admin/audit/export": `?workspace_id={W}&format=csv`,

	"GET /sign-in":                         `?next=/settings`,
	"POST /sign-in":                        `email=viewer@harbour.example&password=` + strings.ReplaceAll(testkit.Password, " ", "+"),
	"POST /register":                       `email=new@nowhere.example&display_name=Nia&password=` + strings.ReplaceAll(testkit.Password, " ", "+"),
	"GET /invite":                          `?token={ticket}`,
	"POST /invite":                         `token={ticket}`,
	"GET /setup":                           `?token=wrong`,
	"POST /setup":                          `token=wrong&display_name=N&email=new@nowhere.example&workspace_name=W&password=` + strings.ReplaceAll(testkit.Password, " ", "+"),
	"POST /sign-out":                       ``,
	"POST /preferences":                    `theme=dark&next=/`,
	"POST /settings/profile":               `display_name=Renamed&locale=&time_zone=`,
	"POST /settings/password":              `new_password=another+horse+battery&current_password=` + strings.ReplaceAll(testkit.Password, " ", "+"),
	"POST /settings/tokens":                `name=new&expires=30`,
	"GET /search":                          `?q=a`,
	"POST /workspaces/new":                 `name=New&description=`,
	"POST /w/:id/threads":                  `title=New&text=Hello`,
	"POST /w/:id/t/:thread/messages":       `text=Hello`,
	"POST /w/:id/t/:thread/rename":         `title=Renamed`,
	"POST /w/:id/t/:thread/pin":            `pinned=on`,
	"POST /w/:id/t/:thread/m/:message":     `text=Changed`,
	"POST /w/:id/documents/:post/project":  `project=`,
	"POST /w/:id/projects":                 `name=New&description=`,
	"POST /w/:id/projects/:project":        `name=Renamed&description=`,
	"POST /w/:id/projects/:project/add":    `entry=none`,
	"POST /w/:id/projects/:project/remove": `entry=thread:gone`,
	"POST /w/:id/projects/:project/order":  `entry=thread:gone&by=1`,
	"POST /w/:id/t/:thread/project":        `project=`,
	"POST /w/:id/files/:file/rename":       `name=Renamed`,
	"POST /w/:id/t/:thread/prompt":         `prompt=`,
	"POST /w/:id/t/:thread/fork":           `title=Fork&mode=reference`,
	"POST /w/:id/t/:thread/mute":           `muted=on`,
	"GET /w/:id/search":                    `?q=a`,
	"POST /w/:id/documents":                `title=New&content=Hello`,
	"POST /w/:id/documents/:post":          `title=Post&content=Hello`,
	"POST /w/:id/dashboard":                `do=reset&widget=`,
	"POST /admin/workspaces/:id":           `name=Renamed&description=`,
	"POST /admin/workspaces/:id/guests":    `enabled=on`,
	"POST /admin/workspaces/:id/delete":    `name=Elsewhere`,
	"POST /admin/members":                  `email=new@nowhere.example&role=viewer`,
	"POST /admin/members/:user_id/role":    `role=editor`,
	"POST /admin/access/restrictions":      `take=viewer+workspace.write`,
	"POST /admin/sync/collect":             ``,
	"POST /admin/storage/collect":          ``,
	"POST /admin/storage/check":            ``,
	"POST /admin/storage/release/:id":      ``,
	"POST /admin/storage/quota/:id":        `quota=5+GB`,
	"POST /admin/sync/bring-back":          `table=threads&pk=gone&op_id=0d9c1e9e-8f0a-4c55-9c7e-6a4f2f1f5e01`,
	"GET /admin/audit/export":              `?format=csv`,

	"POST /admin/plugins/install":                               ``,
	"POST /admin/plugins/:plugin/consent":                       `version=1.0.0&sha256=0&grant=ui.page`,
	"POST /admin/plugins/:plugin/refuse":                        `version=1.0.0&sha256=0`,
	"POST /admin/plugins/:plugin/workspaces/:id/settings":       `greeting=Ahoy`,
	"POST /admin/plugins/:plugin/workspaces/:id/settings/check": `greeting=Ahoy`,
	"POST /admin/plugins/:plugin/rollback":                      `version=`,
	"POST /admin/plugins/:plugin/purge":                         `name=kestrel.tides`,
}

// storedFile is in the books of both workspaces.
var storedFile = "sha256:" + strings.Repeat("2", 64)

// pattern is a row's path with the placeholders of fill.
func pattern(row server.TableRow) string {
	path := row.Path
	switch {
	case strings.HasPrefix(path, "/api/auth/sessions/") || strings.HasPrefix(path, "/settings/devices/"):
		path = strings.Replace(path, ":id", "{device}", 1)
	case strings.HasPrefix(path, "/api/auth/tokens/") || strings.HasPrefix(path, "/settings/tokens/"):
		path = strings.Replace(path, ":id", "{token}", 1)
	}
	return strings.NewReplacer(":id", "{W}", ":user_id", "{user}", ":invite_id", "{invite}", ":thread", "{thread}", ":message", "{message}", ":post", "{post}", ":project", "{project}", ":note", "{note}", ":file", "{file}", ":plugin", "nothing", ":widget", "nothing", ":action", "nothing", ":version", "0123456789ab", "*", "nothing.css").Replace(path)
}

// applies tells which objects make a difference for a route.
func applies(row server.TableRow, object string) bool {
	text := pattern(row) + samples[row.Method+" "+row.Path]
	child := strings.Contains(text, "{user}") || strings.Contains(text, "{invite}") || strings.Contains(text, "{thread}") || strings.Contains(text, "{post}") || strings.Contains(text, "{project}") || strings.Contains(text, "{note}") || strings.Contains(text, "{file}")
	inPath := strings.Contains(text, "{W}")
	active := strings.Contains(row.Access, "active workspace")
	switch object {
	case "Harbour":
		return true
	case "Elsewhere":
		return (inPath || child || strings.Contains(text, "{device}") || strings.Contains(text, "{token}")) && !active
	case "missing":
		return inPath || child || strings.Contains(text, "{device}") || strings.Contains(text, "{token}") || strings.Contains(text, "{ticket}")
	case "missing workspace":
		return child && inPath
	default:
		return child && (inPath || active)
	}
}

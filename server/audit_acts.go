package server

import "strings"

// actNames is what people call the actions of the audit log, within a sentence:
// the same words whether it was done or refused.
var actNames = map[string]string{
	"auth.set_up":                    "server set up",
	"auth.signed_in":                 "sign-in",
	"auth.signed_out":                "sign-out",
	"auth.registered":                "new account",
	"auth.password_changed":          "password change",
	"auth.session_ended":             "device signed out",
	"auth.token_created":             "new API token",
	"auth.token_revoked":             "API token revoked",
	"user.created":                   "person added",
	"user.password_set":              "password set",
	"user.disabled":                  "person disabled",
	"user.enabled":                   "person enabled",
	"deployment_admin.granted":       "deployment admin named",
	"deployment_admin.revoked":       "deployment admin taken back",
	"workspace.created":              "new workspace",
	"workspace.updated":              "workspace change",
	"workspace.deleted":              "workspace deleted",
	"workspace.restored":             "workspace restored",
	"workspace.restrictions_changed": "rights of roles",
	"workspace.guest_access_changed": "guest access",
	"member.joined":                  "joined",
	"member.added":                   "member added",
	"member.role_changed":            "role change",
	"member.removed":                 "member removed",
	"member.left":                    "left",
	"invite.created":                 "invite",
	"invite.revoked":                 "invite withdrawn",
	"backup.made":                    "backup",
	"backup.restored":                "backup restored",
	"sync.collected":                 "old changes collected",
	"storage.collected":              "unused files collected",
	"storage.checked":                "files checked",
	"storage.quota_changed":          "room for files",
	"workspace.dashboard_arranged":   "dashboard",
	"plugin.installed":               "plugin installed",
	"plugin.upgraded":                "plugin updated",
	"plugin.consented":               "consent to a plugin",
	"plugin.version_refused":         "plugin version refused",
	"plugin.rolled_back":             "plugin rolled back",
	"plugin.stopped":                 "plugin stopped",
	"plugin.started":                 "plugin started",
	"plugin.uninstalled":             "plugin uninstalled",
	"plugin.reinstated":              "plugin brought back",
	"plugin.purged":                  "plugin's data removed",
	"plugin.exported":                "plugin's data exported",
	"plugin.enabled":                 "plugin enabled",
	"plugin.disabled":                "plugin disabled",
	"plugin.settings_changed":        "plugin settings",
	"plugin.quarantined":             "plugin quarantined",
	"plugin.released":                "plugin let run again",
	"storage.upload_released":        "unfinished upload released",
	"plugin.data_changed":            "a plugin's own data",
	"plugin.blob_changed":            "a plugin's own file",
	"plugin.row_changed":             "change by a plugin",
	"plugin.event_emitted":           "event of a plugin",
	"plugin.fetched":                 "request of a plugin",
	"plugin.notice_sent":             "notice of a plugin",
}

// actName words an action; one without a name is spelt out.
func actName(action string) string {
	if name := actNames[action]; name != "" {
		return name
	}
	return strings.NewReplacer(".", " ", "_", " ").Replace(action)
}

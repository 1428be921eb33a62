package server

import (
	"reflect"
	"time"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
)

// pluginAPIRoutes install and manage plugins. Packages are the deployment's;
// where a plugin runs and what is set for it is each workspace's own.
func (s *Server) pluginAPIRoutes() []row {
	change := guarded(policies.WorkspaceSettingsManage, deployment())
	here := guarded(policies.PluginsManage, inBody(func(b pluginPlaceBody) string { return b.WorkspaceID }))
	set := act("PUT", "/api/admin/plugins/:plugin/settings", guarded(policies.PluginsManage, inQuery("workspace_id")),
		"Replace what is set for a plugin in a workspace; a secret that is ****** stays as it is.", s.setPluginSettings, privileged(plugins.ActSettings), limited(60, perPerson))
	set.query = reflect.TypeFor[pluginQuery]()
	return []row{
		content("/api/plugins/manifest.schema.json", public("what a manifest looks like is no secret"), s.manifestSchema, describedAs("The JSON Schema of or3.manifest.json.", "application/schema+json")),
		search("/api/admin/plugins", guarded(policies.AdminAccess, inQuery("workspace_id").orDeployment()), "The installed plugins, and which are enabled in a workspace.", s.listPlugins),
		install("/api/admin/plugins/install", change, "Install a package; it runs when somebody has agreed to what it asks for.", s.installPlugin,
			s.largestPackage(), privileged(plugins.ActInstall), limited(30, perPerson)),
		get("/api/admin/plugins/:plugin", guarded(policies.AdminAccess, deployment()), "One plugin with its versions.", s.tellPlugin),
		search("/api/admin/plugins/:plugin/traces", guarded(policies.AdminAccess, inQuery("workspace_id").orDeployment()), "The last calls of a plugin on this node and the lines of its log, oldest first; after is the next of the answer before.", s.pluginTraces,
			quietly(), limited(600, perPerson)),
		act("POST", "/api/admin/plugins/:plugin/consent", change, "Agree to what the waiting version asks for: these very bytes.", s.consentPlugin, privileged(plugins.ActConsent), within(maxTimeout)),
		act("DELETE", "/api/admin/plugins/:plugin/waiting", change, "Throw the version away that waits.", s.refusePlugin, privileged(plugins.ActRefuse)),
		act("DELETE", "/api/admin/plugins/:plugin", change, "Uninstall a plugin; what it stored is kept for 30 days.", s.uninstallPlugin, privileged(plugins.ActUninstall)),
		act("POST", "/api/admin/plugins/:plugin/reinstate", change, "Bring back a plugin that was uninstalled.", s.reinstatePlugin, privileged(plugins.ActReinstate), within(maxTimeout)),
		act("POST", "/api/admin/plugins/:plugin/purge", change, "Remove an uninstalled plugin with all it stored.", s.purgePlugin, privileged(plugins.ActPurge)),
		act("POST", "/api/admin/plugins/:plugin/rollback", change, "Go back to an earlier version.", s.rollbackPlugin, privileged(plugins.ActRollback), within(maxTimeout)),
		act("POST", "/api/admin/plugins/:plugin/stop", change, "Let a plugin run nowhere, on every node.", s.stopPlugin, privileged(plugins.ActStop)),
		act("POST", "/api/admin/plugins/:plugin/start", change, "Let a stopped plugin run again.", s.startPlugin, privileged(plugins.ActStart), within(maxTimeout)),
		content("/api/admin/plugins/:plugin/export", change, s.exportPlugin, describedAs("What a plugin has stored, as lines of JSON.", "application/jsonl"), privileged(plugins.ActExport), within(5*time.Minute)),
		act("POST", "/api/admin/plugins/:plugin/enable", here, "Let a plugin run in a workspace.", s.enablePlugin, privileged(plugins.ActEnable), limited(60, perPerson)),
		act("POST", "/api/admin/plugins/:plugin/disable", here, "End that; what it stored stays.", s.disablePlugin, privileged(plugins.ActDisable), limited(60, perPerson)),
		act("POST", "/api/admin/plugins/:plugin/release", here, "Let a plugin run again that failed too often in a workspace.", s.releasePlugin, privileged(plugins.ActRelease), limited(60, perPerson)),
		search("/api/admin/plugins/:plugin/settings", guarded(policies.AdminAccess, inQuery("workspace_id")), "What is set for a plugin in a workspace.", s.pluginSettings),
		set,
	}
}

// install is a POST row whose body is a multipart form with a package.
func install(path string, a access, does string, h func(*request, packageForm) error, o ...option) row {
	w := newRow("POST", path, a, does, append([]option{within(maxTimeout)}, o...))
	w.body, w.reply, w.multipart = reflect.TypeFor[packageForm](), reflect.TypeFor[installReply](), true
	w.serve = withPackage(h)
	return w
}

package server

import (
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
)

// pluginConsoleRoutes are the pages that manage plugins. Packages are the whole
// server's; where a plugin is on, and its settings, are each workspace's.
func (s *Server) pluginConsoleRoutes() []row {
	readAny := guarded(policies.AdminAccess, active().orDeployment())
	read := guarded(policies.AdminAccess, active())
	packages := guarded(policies.WorkspaceSettingsManage, deployment())
	that := guarded(policies.PluginsManage, inPath("id"))
	one := "/admin/plugins/:plugin"
	return []row{
		page("/admin/plugins", readAny, s.pluginsPage),
		takesPackage("/admin/plugins/install", packages, s.installPluginWithForm, s.largestPackage(), limited(20, perPerson), privileged(plugins.ActInstall)),
		page("/admin/themes", readAny, s.themesPage),
		form("/admin/themes/:id/default", that, s.defaultThemeWithForm, privileged(plugins.ActDisable)),
		page(one, readAny, s.pluginOverviewPage),
		page(one+"/consent", readAny, s.consentPage),
		form(one+"/consent", packages, s.consentWithForm, within(maxTimeout), privileged(plugins.ActConsent)),
		form(one+"/refuse", packages, s.refusePluginWithForm, privileged(plugins.ActRefuse)),
		page(one+"/settings", read, s.pluginSettingsPage),
		form(one+"/workspaces/:id/settings", that, s.savePluginSettings, upTo(512<<10), privileged(plugins.ActSettings)),
		form(one+"/workspaces/:id/settings/check", that, s.checkPluginSetting, upTo(512<<10), limited(240, perPerson)),
		form(one+"/workspaces/:id/enable", that, s.enablePluginWithForm, privileged(plugins.ActEnable)),
		form(one+"/workspaces/:id/disable", that, s.disablePluginWithForm, privileged(plugins.ActDisable)),
		form(one+"/workspaces/:id/release", that, s.releasePluginWithForm, privileged(plugins.ActRelease)),
		page(one+"/log", readAny, s.pluginLogPage),
		page(one+"/calls", readAny, s.pluginCallsPage),
		page(one+"/rollback", packages, s.rollbackPluginPage),
		form(one+"/rollback", packages, s.rollbackPluginWithForm, within(maxTimeout), privileged(plugins.ActRollback)),
		page(one+"/stop", packages, s.stopPluginPage),
		form(one+"/stop", packages, s.stopPluginWithForm, privileged(plugins.ActStop)),
		form(one+"/start", packages, s.startPluginWithForm, within(maxTimeout), privileged(plugins.ActStart)),
		page(one+"/export", packages, s.exportPlugin, within(maxTimeout), limited(10, perPerson), privileged(plugins.ActExport)),
		page(one+"/uninstall", packages, s.uninstallPluginPage),
		form(one+"/uninstall", packages, s.uninstallPluginWithForm, privileged(plugins.ActUninstall)),
		form(one+"/reinstate", packages, s.reinstatePluginWithForm, within(maxTimeout), privileged(plugins.ActReinstate)),
		page(one+"/purge", packages, s.purgePluginPage),
		form(one+"/purge", packages, s.purgePluginWithForm, privileged(plugins.ActPurge)),
	}
}

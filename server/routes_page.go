package server

import (
	"slices"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// pageRoutes are the addresses people open: server-rendered pages and their
// forms. Admin pages are written with /admin, which table moves to
// admin.base_path.
func (s *Server) pageRoutes() []row {
	return slices.Concat(s.doorRoutes(), s.localRoutes(), s.personRoutes(), s.threadRoutes(), s.documentRoutes(), s.projectRoutes(), s.fileRoutes(), s.adminWorkspaceRoutes(), s.adminDeploymentRoutes(), s.pluginConsoleRoutes(), s.pluginRoutes())
}

// doorRoutes are the ways in and out.
func (s *Server) doorRoutes() []row {
	return []row{
		page("/", public("the way in"), s.homePage, always()),
		page("/sign-in", public("this is how one stops being anonymous"), s.signInPage),
		form("/sign-in", public("this is how one stops being anonymous"), s.signInWithForm, limited(20, perAddress)),
		page("/register", public("as auth.registration allows"), s.registerPage),
		form("/register", public("as auth.registration allows"), s.registerWithForm, limited(10, perAddress)),
		page("/invite", public("the link is the key"), s.invitePage, limited(60, perAddress)),
		form("/invite", public("asks for a session itself"), s.acceptInviteWithForm, limited(30, perAddress)),
		page("/setup", public("the link is the key, while no owner exists"), s.setupPage, limited(60, perAddress)),
		form("/setup", public("the link is the key, while no owner exists"), s.setupWithForm, limited(20, perAddress)),
		page("/sign-out", public("being signed out already is fine"), s.signOutPage),
		form("/sign-out", public("being signed out already is fine"), s.signOutWithForm, limited(60, perAddress)),
		form("/preferences", public("how pages look in this browser is no secret"), s.setPreferences, always(), limited(60, perAddress)),
	}
}

// localRoutes are the app without accounts: one page, and everything below its
// address is drawn by the browser.
func (s *Server) localRoutes() []row {
	nobodys := public("it has nobody's data: the browser that asks makes it all")
	return []row{
		page("/w/"+ui.LocalWorkspace, nobodys, s.localPage, needs(partGuests)),
		page("/w/"+ui.LocalWorkspace+"/*", nobodys, s.localPage, needs(partGuests)),
	}
}

// personRoutes belong to the person alone.
func (s *Server) personRoutes() []row {
	mine := signedIn()
	return []row{
		page("/settings", mine, s.settingsPage),
		form("/settings/profile", mine, s.saveProfile, limited(60, perPerson)),
		form("/settings/password", mine, s.changePasswordWithForm, limited(20, perPerson)),
		form("/settings/devices/end", mine, s.endOtherDevices),
		form("/settings/devices/:id/end", mine, s.endDevice),
		form("/settings/tokens", mine, s.createTokenWithForm, limited(30, perPerson)),
		form("/settings/tokens/:id/revoke", mine, s.revokeTokenWithForm),
		page("/shortcuts", mine, s.shortcutsPage),
		page("/search", mine, s.searchPage, limited(240, perPerson)),
		page("/workspaces", mine, s.myWorkspacesPage),
		page("/workspaces/new", mine, s.newWorkspacePage),
		form("/workspaces/new", mine, s.createWorkspaceWithForm, limited(30, perPerson)),
	}
}

// threadRoutes are a workspace's threads and its door.
func (s *Server) threadRoutes() []row {
	read := guarded(policies.WorkspaceRead, inPath("id"))
	write := guarded(policies.WorkspaceWrite, inPath("id"))
	long := upTo(512 << 10) // a long message, every byte of it as %XX
	return []row{
		page("/w/:id", read, s.threadsPage),
		page("/w/:id/waits", read, s.waitsPage),
		form("/w/:id/open", read, s.openWorkspace),
		page("/w/:id/leave", read, s.leavePage),
		form("/w/:id/leave", read, s.leaveWithForm),
		form("/w/:id/threads", write, s.startThread, long, withFiles(), limited(60, perPerson)),
		page("/w/:id/t/:thread", read, s.threadPage),
		form("/w/:id/t/:thread/messages", write, s.sendMessage, long, withFiles(), limited(120, perPerson)),
		form("/w/:id/t/:thread/rename", write, s.renameThread),
		form("/w/:id/t/:thread/pin", write, s.pinThread),
		page("/w/:id/t/:thread/delete", write, s.deleteThreadPage),
		form("/w/:id/t/:thread/delete", write, s.deleteThread),
		form("/w/:id/t/:thread/m/:message", write, s.editMessage, long),
		page("/w/:id/t/:thread/m/:message/delete", write, s.deleteMessagePage),
		form("/w/:id/t/:thread/m/:message/delete", write, s.deleteMessage),
	}
}

// documentRoutes are a workspace's documents and prompts.
func (s *Server) documentRoutes() []row {
	read := guarded(policies.WorkspaceRead, inPath("id"))
	write := guarded(policies.WorkspaceWrite, inPath("id"))
	long := upTo(1 << 20) // a long text, every byte of it as %XX
	return []row{
		page("/w/:id/documents", read, s.documentsPage),
		form("/w/:id/documents", write, s.createDocument, long, limited(60, perPerson)),
		page("/w/:id/documents/:post", read, s.documentPage),
		form("/w/:id/documents/:post", write, s.saveDocument, long, limited(120, perPerson)),
		page("/w/:id/documents/:post/delete", write, s.deleteDocumentPage),
		form("/w/:id/documents/:post/delete", write, s.deleteDocument),
		page("/w/:id/documents/:post/project", write, s.moveDocumentPage),
		form("/w/:id/documents/:post/project", write, s.moveDocument),
	}
}

// projectRoutes are a workspace's projects, what moves into them, and the ways
// to find things and to be told.
func (s *Server) projectRoutes() []row {
	read := guarded(policies.WorkspaceRead, inPath("id"))
	write := guarded(policies.WorkspaceWrite, inPath("id"))
	return []row{
		page("/w/:id/projects", read, s.projectsPage),
		form("/w/:id/projects", write, s.createProject, limited(60, perPerson)),
		page("/w/:id/projects/:project", read, s.projectPage),
		form("/w/:id/projects/:project", write, s.saveProject),
		form("/w/:id/projects/:project/add", write, s.addToProject),
		form("/w/:id/projects/:project/remove", write, s.removeFromProject),
		form("/w/:id/projects/:project/order", write, s.orderProject),
		page("/w/:id/projects/:project/delete", write, s.deleteProjectPage),
		form("/w/:id/projects/:project/delete", write, s.deleteProject),
		page("/w/:id/t/:thread/project", write, s.moveThreadPage),
		form("/w/:id/t/:thread/project", write, s.moveThread),
		page("/w/:id/t/:thread/prompt", write, s.threadPromptPage),
		form("/w/:id/t/:thread/prompt", write, s.setThreadPrompt),
		page("/w/:id/t/:thread/fork", write, s.forkPage),
		form("/w/:id/t/:thread/fork", write, s.forkThread, limited(30, perPerson)),
		form("/w/:id/t/:thread/mute", read, s.muteThread),
		page("/w/:id/activity", read, s.activityPage),
		form("/w/:id/activity/read", read, s.readNotices),
		form("/w/:id/activity/clear", read, s.clearNotices),
		form("/w/:id/activity/:note/read", read, s.readNotice),
		page("/w/:id/search", read, s.findPage, limited(120, perPerson)),
		page("/w/:id/backup", read, s.backupPage),
	}
}

// fileRoutes are a workspace's files.
func (s *Server) fileRoutes() []row {
	read := guarded(policies.WorkspaceRead, inPath("id"))
	write := guarded(policies.WorkspaceWrite, inPath("id"))
	return []row{
		page("/w/:id/files", read, s.filesPage),
		form("/w/:id/files", write, s.addFiles, needs(partStorage), withFiles(), limited(60, perPerson)),
		page("/w/:id/files/:file", read, s.filePage, needs(partStorage), limited(600, perPerson)),
		form("/w/:id/files/:file/rename", write, s.renameFile),
		form("/w/:id/files/:file/trash", write, s.trashFile),
		form("/w/:id/files/:file/restore", write, s.restoreFile),
		page("/w/:id/files/:file/delete", write, s.deleteFilePage),
		form("/w/:id/files/:file/delete", write, s.deleteFile),
	}
}

// adminWorkspaceRoutes are about one workspace: the active one, or the one in
// the address.
func (s *Server) adminWorkspaceRoutes() []row {
	read := guarded(policies.AdminAccess, active())
	readAny := guarded(policies.AdminAccess, active().orDeployment())
	people := guarded(policies.UsersManage, active())
	settings := guarded(policies.WorkspaceSettingsManage, active())
	that := guarded(policies.WorkspaceSettingsManage, inPath("id"))
	remove := guarded(policies.WorkspaceSettingsManage, inPath("id").orDeployment())
	return []row{
		page("/admin", readAny, s.overviewPage),
		page("/admin/workspaces", readAny, s.workspacesPage),
		form("/admin/workspaces/:id", that, s.saveWorkspace, privileged(workspace.ActUpdate)),
		form("/admin/workspaces/:id/guests", that, s.saveGuests, privileged(workspace.ActGuestAccess)),
		page("/admin/workspaces/:id/delete", remove, s.deleteWorkspacePage),
		form("/admin/workspaces/:id/delete", remove, s.deleteWorkspaceWithForm, privileged(workspace.ActDelete)),
		form("/admin/workspaces/:id/restore", signedIn(), s.restoreWorkspaceWithForm),
		page("/admin/members", read, s.membersPage),
		form("/admin/members", people, s.inviteMember, privileged(workspace.ActAddMember), limited(60, perPerson)),
		form("/admin/members/:user_id/role", people, s.changeRole, privileged(workspace.ActSetRole)),
		page("/admin/members/:user_id/remove", people, s.removePage),
		form("/admin/members/:user_id/remove", people, s.removeWithForm, privileged(workspace.ActRemoveMember)),
		form("/admin/members/invites/:invite_id/renew", people, s.renewInvite, privileged(workspace.ActInvite), limited(60, perPerson)),
		form("/admin/members/invites/:invite_id/withdraw", people, s.withdrawInvite, privileged(workspace.ActRevokeInvite)),
		page("/admin/access", read, s.accessPage),
		form("/admin/access/restrictions", settings, s.saveRestrictions, privileged(workspace.ActRestrict)),
		page("/admin/sync", read, s.syncPage, needs(partSync)),
		page("/admin/sync/collect", settings, s.collectPage, needs(partSync)),
		form("/admin/sync/collect", settings, s.collectWithForm, needs(partSync), within(5*time.Minute), limited(10, perPerson), privileged(actCollect)),
		form("/admin/sync/bring-back", guarded(policies.WorkspaceWrite, active()), s.bringBackWithForm, needs(partSync), limited(60, perPerson)),
		page("/admin/storage", read, s.storagePage, needs(partStorage), within(60*time.Second)),
		page("/admin/storage/collect", settings, s.collectFilesPage, needs(partStorage), within(60*time.Second), limited(10, perPerson)),
		form("/admin/storage/collect", settings, s.collectFilesWithForm, needs(partStorage), limited(10, perPerson), privileged(file.ActCollect)),
		form("/admin/storage/release/:id", settings, s.releaseUpload, needs(partStorage), privileged(actRelease)),
		page("/admin/audit", readAny, s.auditPage),
		page("/admin/audit/export", readAny, s.exportAuditPage),
	}
}

// adminDeploymentRoutes are about everybody on this server.
func (s *Server) adminDeploymentRoutes() []row {
	read := guarded(policies.AdminAccess, deployment())
	change := guarded(policies.WorkspaceSettingsManage, deployment())
	name := guarded(policies.WorkspaceSettingsManage, home())
	return []row{
		form("/admin/storage/check", change, s.checkFilesWithForm, needs(partStorage), limited(10, perPerson), privileged(actFileCheck)),
		form("/admin/storage/quota/:id", change, s.saveQuota, needs(partStorage), privileged(actFileQuota)),
		page("/admin/users", read, s.usersPage),
		page("/admin/users/:user_id/disable", change, s.disableUserPage),
		form("/admin/users/:user_id/disable", change, s.disableUserWithForm, privileged(account.ActDisableUser)),
		form("/admin/users/:user_id/enable", change, s.enableUserWithForm, privileged(account.ActEnableUser)),
		form("/admin/users/:user_id/grant", name, s.grantAdminWithForm, privileged(account.ActGrantAdmin)),
		form("/admin/users/:user_id/revoke", name, s.revokeAdminWithForm, privileged(account.ActRevokeAdmin)),
	}
}

package server

import (
	"slices"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// pageRoutes are the addresses people open: server-rendered pages and their
// forms. Admin pages are written with /admin, which table moves to
// admin.base_path.
func (s *Server) pageRoutes() []row {
	return slices.Concat(s.doorRoutes(), s.personRoutes(), s.threadRoutes(), s.adminWorkspaceRoutes(), s.adminDeploymentRoutes())
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
		form("/w/:id/open", read, s.openWorkspace),
		page("/w/:id/leave", read, s.leavePage),
		form("/w/:id/leave", read, s.leaveWithForm),
		form("/w/:id/threads", write, s.startThread, long, limited(60, perPerson)),
		page("/w/:id/t/:thread", read, s.threadPage),
		form("/w/:id/t/:thread/messages", write, s.sendMessage, long, limited(120, perPerson)),
		form("/w/:id/t/:thread/rename", write, s.renameThread),
		form("/w/:id/t/:thread/pin", write, s.pinThread),
		page("/w/:id/t/:thread/delete", write, s.deleteThreadPage),
		form("/w/:id/t/:thread/delete", write, s.deleteThread),
		form("/w/:id/t/:thread/m/:message", write, s.editMessage, long),
		page("/w/:id/t/:thread/m/:message/delete", write, s.deleteMessagePage),
		form("/w/:id/t/:thread/m/:message/delete", write, s.deleteMessage),
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
		page("/admin/users", read, s.usersPage),
		page("/admin/users/:user_id/disable", change, s.disableUserPage),
		form("/admin/users/:user_id/disable", change, s.disableUserWithForm, privileged(account.ActDisableUser)),
		form("/admin/users/:user_id/enable", change, s.enableUserWithForm, privileged(account.ActEnableUser)),
		form("/admin/users/:user_id/grant", name, s.grantAdminWithForm, privileged(account.ActGrantAdmin)),
		form("/admin/users/:user_id/revoke", name, s.revokeAdminWithForm, privileged(account.ActRevokeAdmin)),
	}
}

package server

import (
	"slices"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/wire"
)

// routes is the contents page of the program: every address it answers, what
// it asks of the caller, and the handler. A row without access does not
// compile. Pages are in routes_page.go.
func (s *Server) routes() []row {
	return slices.Concat(s.pluginFileRoutes(), s.operationRoutes(), s.identityRoutes(), s.workspaceRoutes(), s.syncRoutes(), s.storageRoutes(), s.adminRoutes(), s.pluginAPIRoutes(), s.pageRoutes())
}

// operationRoutes are for whoever runs the deployment, for their machines, and
// for browsers' own questions.
func (s *Server) operationRoutes() []row {
	return []row{
		content("/healthz", public("a probe; says only that the process lives"), s.health, always(), quietly()),
		content("/readyz", public("a probe; says only whether to send requests here"), s.ready, always(), quietly()),
		content("/metrics", guarded(policies.AdminAccess, deployment()), s.exposition, quietly()),
		content("/assets/*", public("styles, scripts and fonts of the program, the same for everybody"), s.asset, always(), quietly()),
		content("/shell", public("the app's frame and blueprints, the same for everybody"), s.shellPage, always(), quietly()),
		content("/sw.js", public("the service worker, the same for everybody"), s.serviceWorker, always(), quietly()),
		content("/manifest.webmanifest", public("how the app is installed"), s.manifest, always(), quietly()),
		content("/favicon.ico", public("the program's mark"), s.favicon, always(), quietly()),
		content("/api/openapi.json", public("the shape of the API is no secret"), s.describe, describedAs("This document.", "application/json")),
	}
}

// identityRoutes are about the person: who they are, their devices and tokens.
func (s *Server) identityRoutes() []row {
	return []row{
		get("/api/auth/session", public("tells nobody that they are nobody"), "Who the caller is, or null.", s.showSession, always(), limited(60, perAddress)),
		act("POST", "/api/auth/sign-in", public("this is how one stops being anonymous"), "Sign in with e-mail address and password.", s.signIn, cookieOnly(), limited(20, perAddress)),
		act("POST", "/api/auth/register", public("as auth.registration allows"), "Make an account and sign in.", s.register, cookieOnly(), limited(10, perAddress)),
		act("POST", "/api/auth/sign-out", public("signing out twice is fine"), "End this session.", s.signOut, cookieOnly(), limited(60, perAddress)),
		act("POST", "/api/auth/change-password", signedIn(), "Change the password; ends all other sessions and, unless keep_tokens, all tokens.", s.changePassword, cookieOnly(), limited(20, perPerson)),
		act("PATCH", "/api/auth/profile", signedIn(), "Change display name, locale or time zone.", s.updateProfile, limited(60, perPerson)),
		get("/api/auth/sessions", signedIn(), "The person's signed-in browsers.", s.listSessions),
		act("DELETE", "/api/auth/sessions/:id", signedIn(), "Sign a browser out.", s.endSession, cookieOnly()),
		get("/api/auth/tokens", signedIn(), "The person's API tokens, without their secrets.", s.listTokens),
		act("POST", "/api/auth/tokens", signedIn(), "Make an API token; its secret is shown this once.", s.createToken, cookieOnly(), answers(201), limited(30, perPerson)),
		act("DELETE", "/api/auth/tokens/:id", signedIn(), "Revoke an API token.", s.revokeToken, cookieOnly()),
		act("POST", "/api/invites/accept", signedIn(), "Accept an invite sent to the caller's e-mail address.", s.acceptInvite, limited(30, perPerson)),
	}
}

// workspaceRoutes are about workspaces, who is in them and what is taken from
// their roles.
func (s *Server) workspaceRoutes() []row {
	manageUsers := guarded(policies.UsersManage, inPath("id"))
	manageSettings := guarded(policies.WorkspaceSettingsManage, inPath("id"))
	readAdmin := guarded(policies.AdminAccess, inPath("id"))
	return []row{
		get("/api/workspaces", signedIn(), "The caller's workspaces.", s.listWorkspaces),
		act("POST", "/api/workspaces", signedIn(), "Make a workspace with the caller as owner.", s.createWorkspace, answers(201), limited(30, perPerson)),
		act("POST", "/api/workspaces/active", signedIn(), "Switch this session or token to another workspace.", s.switchWorkspace),
		act("PATCH", "/api/workspaces/:id", manageSettings, "Rename or describe a workspace.", s.updateWorkspace, privileged(workspace.ActUpdate)),
		act("DELETE", "/api/workspaces/:id", guarded(policies.WorkspaceSettingsManage, inPath("id").orDeployment()), "Delete a workspace; it can be restored.", s.deleteWorkspace, privileged(workspace.ActDelete)),
		act("POST", "/api/workspaces/:id/restore", signedIn(), "Restore a deleted workspace: its owners, or who runs the deployment.", s.restoreWorkspace),
		act("POST", "/api/workspaces/:id/leave", signedIn(), "End the caller's own membership.", s.leaveWorkspace),
		get("/api/workspaces/:id/members", guarded(policies.WorkspaceRead, inPath("id")), "Who is in a workspace.", s.listMembers),
		act("POST", "/api/workspaces/:id/members", manageUsers, "Add a colleague, or invite anybody else.", s.addMember, privileged(workspace.ActAddMember), limited(60, perPerson)),
		act("PATCH", "/api/workspaces/:id/members/:user_id", manageUsers, "Change a member's role.", s.setRole, privileged(workspace.ActSetRole)),
		act("DELETE", "/api/workspaces/:id/members/:user_id", manageUsers, "Remove a member.", s.removeMember, privileged(workspace.ActRemoveMember)),
		get("/api/workspaces/:id/invites", readAdmin, "Open invites.", s.listInvites),
		act("POST", "/api/workspaces/:id/invites", manageUsers, "Invite an e-mail address.", s.createInvite, privileged(workspace.ActInvite), answers(201), limited(60, perPerson)),
		act("DELETE", "/api/workspaces/:id/invites/:invite_id", manageUsers, "Withdraw an invite.", s.revokeInvite, privileged(workspace.ActRevokeInvite)),
		get("/api/workspaces/:id/restrictions", readAdmin, "What the workspace takes from its roles.", s.listRestrictions),
		act("PUT", "/api/workspaces/:id/restrictions", manageSettings, "Replace what the workspace takes from its roles.", s.setRestrictions, privileged(workspace.ActRestrict)),
		get("/api/workspaces/:id/guest-access", readAdmin, "Whether guests get the local-only app.", s.guestAccess),
		act("PUT", "/api/workspaces/:id/guest-access", manageSettings, "Let guests in or keep them out.", s.setGuestAccess, privileged(workspace.ActGuestAccess)),
		search("/api/access/explain", guarded(policies.AdminAccess, inQuery("workspace_id")), "Whether somebody may do something, and why.", s.explainAccess),
	}
}

// syncRoutes carry what devices write and read.
func (s *Server) syncRoutes() []row {
	pushed := inBody(func(b wire.PushRequest) string { return b.WorkspaceID })
	pulled := inBody(func(b wire.PullRequest) string { return b.WorkspaceID })
	collected := guarded(policies.WorkspaceSettingsManage, inBody(func(b wire.CollectRequest) string { return b.WorkspaceID }))
	return []row{
		decoded("POST", "/api/sync/push", guarded(policies.WorkspaceRead, pushed), "Apply what a device wrote; every op has its own result.",
			wire.DecodePush, s.push, needs(partSync), upTo(wire.MaxBody), within(30*time.Second), limited(200, perPerson)),
		decoded("POST", "/api/sync/pull", guarded(policies.WorkspaceRead, pulled), "What happened after a cursor.",
			wire.DecodePull, s.pull, needs(partSync), within(30*time.Second), limited(120, perPerson)),
		decoded("POST", "/api/sync/snapshot", read(func(b wire.SnapshotRequest) string { return b.WorkspaceID }), "The rows as they are, page by page, for a device that starts over.",
			wire.DecodeSnapshot, s.snapshot, needs(partSync), within(30*time.Second), limited(600, perPerson)),
		decoded("POST", "/api/sync/digest", read(func(b wire.DigestRequest) string { return b.WorkspaceID }), "A sum over all rows, to compare with a device's own.",
			wire.DecodeDigest, s.digest, needs(partSync), within(60*time.Second), limited(60, perPerson)),
		decoded("POST", "/api/sync/history", read(func(b wire.HistoryRequest) string { return b.WorkspaceID }), "Who wrote what to one row, what lost included.",
			wire.DecodeHistory, s.history, needs(partSync), limited(120, perPerson)),
		decoded("POST", "/api/sync/update-cursor", read(func(b wire.CursorRequest) string { return b.WorkspaceID }), "Note how far a device has come.",
			wire.DecodeCursor, s.updateCursor, needs(partSync), limited(60, perPerson)),
		decoded("POST", "/api/sync/gc-tombstones", collected, "Forget rows that were deleted long ago.",
			wire.DecodeCollect, s.collectTombstones, needs(partSync), within(5*time.Minute), limited(10, perPerson), privileged(actCollect)),
		decoded("POST", "/api/sync/gc-change-log", collected, "Remove from the log what happened long ago.",
			wire.DecodeCollect, s.collectChangeLog, needs(partSync), within(5*time.Minute), limited(10, perPerson), privileged(actCollect)),
		search("/api/sync/stream", guarded(policies.WorkspaceRead, inQuery("workspace_id")), "What happens in a workspace, as it happens.", s.stream,
			needs(partSync), describedAs("", "text/event-stream"), limited(120, perPerson)),
	}
}

// storageRoutes carry people's files. The last three are what the URLs of the
// others lead to where this server keeps the bytes itself.
func (s *Server) storageRoutes() []row {
	return []row{
		act("POST", "/api/storage/presign-upload", guarded(policies.WorkspaceWrite, inBody(func(b uploadRequest) string { return b.WorkspaceID })),
			"Ask where to send a file, or learn that the workspace has it.", s.presignUpload, needs(partStorage), within(maxTimeout), limited(50, perPerson)),
		act("POST", "/api/storage/commit", guarded(policies.WorkspaceWrite, inBody(func(b commitRequest) string { return b.WorkspaceID })),
			"Make a file of what was sent.", s.commitUpload, needs(partStorage), limited(30, perPerson)),
		decoded("POST", "/api/storage/upload-batch", guarded(policies.WorkspaceWrite, inBody(func(b fileBatch) string { return b.workspace })),
			"Send several small files at once; each is a file with the answer.", s.decodeBatch, s.uploadBatch, needs(partStorage), within(maxTimeout), limited(50, perPerson),
			upTo(batchBytes), taking[batchRequest](batchMedia, batchFraming)),
		act("POST", "/api/storage/presign-download", read(func(b downloadRequest) string { return b.WorkspaceID }),
			"Ask where a file can be fetched.", s.presignDownload, needs(partStorage), limited(100, perPerson)),
		act("POST", "/api/storage/gc/run", guarded(policies.WorkspaceSettingsManage, inBody(func(b collectFilesRequest) string { return b.WorkspaceID })),
			"Delete files that nothing has named for the retention, or tell which would go.", s.collectFiles, needs(partStorage), within(5*time.Minute), limited(10, perPerson), privileged(file.ActCollect)),
		upload("PUT", uploadPath, public("the URL is the right; its person's is asked again"), "Send a file, or the rest of it, to a URL of presign-upload.",
			s.receiveFile, needs(partStorage)),
		search(uploadPath, public("the URL is the right; its person's is asked again"), "How much of an upload has arrived.", s.uploadProgress, needs(partStorage)),
		search(downloadPath, public("the URL is the right; its person's is asked again"), "A file, at a URL of presign-download.", s.sendFile, within(maxTimeout),
			needs(partStorage), describedAs("", "application/octet-stream")),
	}
}

// read asks for workspace.read of the workspace that a body names.
func read[In any](id func(In) string) access { return guarded(policies.WorkspaceRead, inBody(id)) }

// adminRoutes are the deployment's own: judged by the home workspace or the
// deployment admin flag.
func (s *Server) adminRoutes() []row {
	read := guarded(policies.AdminAccess, deployment())
	change := guarded(policies.WorkspaceSettingsManage, deployment())
	name := guarded(policies.WorkspaceSettingsManage, home())
	readLog := guarded(policies.AdminAccess, inQuery("workspace_id").orDeployment())
	return []row{
		get("/api/admin/status", read, "What runs here, and what needs attention.", s.status),
		search("/api/admin/workspaces", read, "All workspaces of the deployment.", s.listAllWorkspaces),
		search("/api/admin/users", read, "The people of the deployment.", s.listUsers),
		act("POST", "/api/admin/users/:user_id/disable", change, "Disable a person: sessions and tokens end at once.", s.disableUser, cookieOnly(), privileged(account.ActDisableUser)),
		act("POST", "/api/admin/users/:user_id/enable", change, "Enable a disabled person.", s.enableUser, cookieOnly(), privileged(account.ActEnableUser)),
		act("POST", "/api/admin/admins", name, "Make a person deployment admin.", s.grantAdmin, cookieOnly(), privileged(account.ActGrantAdmin)),
		act("DELETE", "/api/admin/admins/:user_id", name, "Take the deployment admin flag away.", s.revokeAdmin, cookieOnly(), privileged(account.ActRevokeAdmin)),
		search("/api/admin/audit", readLog, "The audit log, newest first.", s.listAudit),
		search("/api/admin/audit/export", readLog, "The audit log as a CSV or JSON file, oldest first.", s.exportAudit, describedAs("", "text/csv")),
	}
}

package server

import (
	"time"

	"or3.cloud/or3/policies"
)

// pluginRoutes are the pages, widgets and actions of plugins, in the console for
// those of its kind and in the app for all. What each page asks for beside the
// route's own permission is in its plugin's manifest.
func (s *Server) pluginRoutes() []row {
	read := guarded(policies.WorkspaceRead, inPath("id"))
	admin := guarded(policies.AdminAccess, active())
	arrange := guarded(policies.WorkspaceSettingsManage, inPath("id"))
	rows := []row{
		page("/w/:id/dashboard", read, s.dashboardPage),
		form("/w/:id/dashboard", arrange, s.arrange, privileged(actDashboard), limited(240, perPerson)),
	}
	for _, at := range []struct {
		base string
		who  access
	}{{"/admin/x/:plugin", admin}, {"/w/:id/x/:plugin", read}} {
		rows = append(rows,
			page(at.base+"/-/widgets/:widget", at.who, s.pluginWidget, limited(600, perPerson)),
			page(at.base+"/-/dev", at.who, s.pluginIsNewer, quietly(), limited(2400, perPerson)),
			freeForm(at.base+"/-/actions/:action", at.who, s.pluginAction, upTo(maxPluginForm), limited(120, perPerson)),
			freeForm(at.base+"/-/proposals/:action", at.who, s.proposalsOf, upTo(maxPluginForm), limited(240, perPerson)),
			page(at.base, at.who, s.pluginPage, limited(240, perPerson)),
			freeForm(at.base, at.who, s.sendToPluginPage, upTo(maxPluginForm), limited(120, perPerson)),
			page(at.base+"/*", at.who, s.pluginPage, limited(240, perPerson)),
			freeForm(at.base+"/*", at.who, s.sendToPluginPage, upTo(maxPluginForm), limited(120, perPerson)),
		)
	}
	return rows
}

// pluginFileRoutes are the files that plugins bring. They come before the server's
// own, whose address ends in a *.
func (s *Server) pluginFileRoutes() []row {
	return []row{
		content("/assets/plugins/:plugin/:version/*", public("asks for a session itself, or for the pass of a frame, which has none"), s.pluginFile, quietly(), within(10*time.Second)),
	}
}

// freeForm is a POST route of a page whose fields are not the table's to know: it
// reads its body itself, after the guard.
func freeForm(path string, a access, h func(*request) error, o ...option) row {
	w := page(path, a, h, o...)
	w.method, w.isForm = "POST", true
	return w
}

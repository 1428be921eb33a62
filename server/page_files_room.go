package server

import (
	"slices"
	"strings"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// fileRoom is how much of its quota a workspace uses; nil where no files are
// kept.
func (s *Server) fileRoom(r *request) (*ui.FileRoom, error) {
	if s.files == nil {
		return nil, nil
	}
	usage, err := s.files.books.Usage(r.Ctx(), r.Param("id"))
	if err != nil {
		return nil, err
	}
	listed, err := db.ListedBytes(r.Ctx(), s.db.Read(), r.Param("id"))
	if err != nil {
		return nil, err
	}
	room := &ui.FileRoom{Used: usage.Used + usage.Reserved, Listed: min(listed, usage.Used), Coming: usage.Reserved, Quota: usage.Quota}
	if r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment()) {
		room.MoreURL = r.admin("/storage?quota=" + r.Param("id") + "#quota")
	}
	if r.Can(policies.WorkspaceSettingsManage, policies.Workspace(r.Param("id"))) {
		room.CollectURL = r.admin("/storage/collect")
	}
	return room, nil
}

// fileSort is an order of the list that there is; "" is the newest first.
func fileSort(asked string) string {
	if slices.Contains([]string{"name", "size", "old"}, asked) {
		return asked
	}
	return ""
}

func sortFiles(files []engine.ListedFile, by string) {
	switch by {
	case "name":
		slices.SortStableFunc(files, func(a, b engine.ListedFile) int {
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
	case "size":
		slices.SortStableFunc(files, func(a, b engine.ListedFile) int { return int(min(1, max(-1, b.SizeBytes-a.SizeBytes))) })
	case "old":
		slices.Reverse(files)
	}
}

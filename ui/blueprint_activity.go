package ui

// activityBlueprints are the notices of a person.
func activityBlueprints() []Blueprint {
	const url = atWorkspace + "/activity"
	row := NoticeRow{ID: "__note__", URL: "/__href__", Icon: "bell", Title: "__title__", Body: "__body__", Unread: true, Bring: "/__href__", ReadURL: url + "/__note__/read"}
	return []Blueprint{
		{ID: "activity", Block: "pages/app/activity", View: ActivityPage{Workspace: WorkspaceRef{ID: "__workspace__", Name: "__site__"}, URL: url, Total: 1, Unread: 1, Rows: []NoticeRow{row}, Earlier: url + "?before=__before__", Latest: url}},
		{ID: "activity-row", Block: "app/activity#row", View: row},
	}
}

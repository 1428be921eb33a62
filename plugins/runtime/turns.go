package runtime

// filterExport has a say in decisions. Whoever it keeps from something can call
// the same plugin's pages, and others' too: a flood of those, or ones that fail,
// must not be what silences it. So filters have turns and breakers of their own, and
// what quarantines the plugin leaves its filter alone, unless that has failed too
// often itself.
const filterExport = "or3_filter"

// turns are the calls that may run at once.
type turns struct{ filters, others chan struct{} }

func newTurns(n int) turns {
	return turns{filters: make(chan struct{}, n), others: make(chan struct{}, n)}
}

// of is where a call of an export waits for its turn.
func (t turns) of(export string) chan struct{} {
	if export == filterExport {
		return t.filters
	}
	return t.others
}

// breakersOf names the breakers of a workspace.
func breakersOf(workspace string) [2]string {
	return [2]string{workspace, workspace + " " + filterExport} // no workspace's id has a space
}

// breaker names the one that judges the call.
func (c *call) breaker() string {
	names := breakersOf(c.Workspace)
	if c.Export == filterExport {
		return names[1]
	}
	return names[0]
}

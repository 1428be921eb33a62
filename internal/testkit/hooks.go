package testkit

import (
	"context"
	"encoding/json"
	"sync"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
)

// Fired is one hook that fired, with its payload as JSON.
type Fired struct {
	Name    string
	Payload string
}

// Recorder writes down every hook of the administration that fires.
type Recorder struct {
	mu    sync.Mutex
	fired []Fired
}

func record(bus *hook.Bus) *Recorder {
	r := &Recorder{}
	listen(r, bus, account.UserCreated, account.UserDisabled, account.UserEnabled, account.PasswordChanged, account.AdminGranted, account.AdminRevoked)
	listen(r, bus, account.WorkspaceCreated)
	listen(r, bus, workspace.Created, workspace.Updated, workspace.Deleted, workspace.Restored)
	listen(r, bus, workspace.RoleChanged, workspace.MemberAdded, workspace.MemberRemoved)
	listen(r, bus, workspace.Invited, workspace.InviteRevoked)
	listen(r, bus, workspace.RestrictionsChanged)
	listen(r, bus, workspace.GuestAccessChanged)
	return r
}

func listen[T any](r *Recorder, bus *hook.Bus, actions ...hook.Action[T]) {
	for _, action := range actions {
		action.On(bus, hook.Options{Name: "testkit"}, func(_ context.Context, payload T) {
			text, err := json.Marshal(payload)
			if err != nil {
				text = []byte(err.Error())
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.fired = append(r.fired, Fired{Name: action.Name, Payload: string(text)})
		})
	}
}

// Take gives what fired since the last Take.
func (r *Recorder) Take() []Fired {
	r.mu.Lock()
	defer r.mu.Unlock()
	fired := r.fired
	r.fired = nil
	return fired
}

// Names gives the names of what fired since the last Take, and takes them.
func (r *Recorder) Names() []string {
	var names []string
	for _, f := range r.Take() {
		names = append(names, f.Name)
	}
	return names
}

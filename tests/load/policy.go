package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"
)

// measurePolicy runs two nodes on one PostgreSQL database. The owner takes
// workspace.write from editors on the first; an editor asks the second until it obeys.
func measurePolicy(ctx context.Context, o options) error {
	if o.postgres == "" {
		o.postgres = "postgres://root@127.0.0.1:5432/test?sslmode=disable"
	}
	s, err := newSite(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	owner, err := s.token(ctx, o)
	if err != nil {
		return err
	}
	first, err := s.start(ctx, o, s.dir)
	if err != nil {
		return err
	}
	defer first.stop()
	other, err := os.MkdirTemp("", "or3-load-second")
	if err != nil {
		return err
	}
	defer os.RemoveAll(other)
	second, err := s.start(ctx, o, other)
	if err != nil {
		return err
	}
	defer second.stop()
	workspace, err := first.workspace(ctx, owner)
	if err != nil {
		return err
	}
	if _, err := s.cli(ctx, o, ownerPassword+"\n", "user", "add", "--email", "dev@kestrel.example", "--name", "Dev Patel",
		"--password-stdin", "--workspace", workspace, "--role", "editor"); err != nil {
		return err
	}
	editor, err := s.cli(ctx, o, "", "token", "create", "--email", "dev@kestrel.example", "--name", "load")
	if err != nil {
		return err
	}

	path := "/api/workspaces/" + workspace + "/restrictions"
	deny := map[string]any{"restrictions": []map[string]string{{"role": "editor", "permission": "admin.access"}}}
	allow := map[string]any{"restrictions": []map[string]string{}}
	probe := "/api/access/explain?workspace_id=" + workspace + "&permission=workspace.read"
	var delays spread
	for round := range 20 {
		want, body := http.StatusForbidden, deny
		if round%2 == 1 {
			want, body = http.StatusOK, allow
		}
		if status, err := first.call(ctx, http.MethodPut, path, owner, body, nil); err != nil || status != http.StatusOK {
			return fmt.Errorf("PUT restrictions: %d %w", status, err)
		}
		changed := time.Now()
		for {
			status, err := second.call(ctx, http.MethodGet, probe, editor, nil, nil)
			if err != nil {
				return err
			}
			if status == want {
				break
			}
			if time.Since(changed) > 10*time.Second {
				return fmt.Errorf("the second node still answers %d after 10 s", status)
			}
			time.Sleep(2 * time.Millisecond)
		}
		delays = append(delays, time.Since(changed))
	}
	fmt.Printf("policy: a change on one node is obeyed by another after: %s (poll 250 ms)\n", delays)
	return nil
}

package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"or3.cloud/or3/internal/account"
)

// withThrowaway runs a server with an owner and nothing else in a folder that is
// removed afterwards, and hands over its address and a token.
func (p *program) withThrowaway(ctx context.Context, w io.Writer, fn func(ctx context.Context, base, token string) error) (err error) {
	dir, err := os.MkdirTemp("", "or3-dev-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	own := *p
	own.data, own.file = filepath.Join(dir, "data"), ""
	own.Environ = withoutSettings(p.Environ)
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	address := &firstAddress{found: make(chan string, 1)}
	own.Stdout, own.Stderr = address, log
	password := rand.Text()
	token, err := own.firstOwner(ctx, password)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- own.serve(serving, map[string]string{"server.addr": "127.0.0.1:0"}) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	select {
	case base := <-address.found:
		if err := say(w, "a server of its own: %s\n  sign in as %s with the password %s\n", base+"/sign-in", throwawayOwner, password); err != nil {
			return err
		}
		return fn(ctx, base, token)
	case err := <-ended:
		ended <- nil
		return errors.Join(errNotServing, err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

const throwawayOwner = "dev@or3.example"

// firstOwner makes the owner of a fresh database, and a token.
func (p *program) firstOwner(ctx context.Context, password string) (token string, err error) {
	c, err := p.config(nil)
	if err != nil {
		return "", err
	}
	if _, err = ownDataDir(c); err != nil {
		return "", err
	}
	err = p.withServices(ctx, mayCreate, func(ctx context.Context, s services) error {
		added, err := s.accounts.AddUser(ctx, account.NewUser{Email: throwawayOwner, DisplayName: "Developer", Password: password, Workspace: "Workbench"})
		if err != nil {
			return err
		}
		token, _, err = s.accounts.CreateTokenFor(ctx, added.User.ID, account.NewToken{Name: "or3 plugin dev"})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("making the first owner: %w", err)
	}
	return token, nil
}

// withoutSettings leaves out what would configure a server that is not the
// developer's own.
func withoutSettings(environ []string) []string {
	var out []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "OR3_") {
			out = append(out, pair)
		}
	}
	return out
}

var listeningOn = regexp.MustCompile(`listening on (\S+)`)

// firstAddress reads where a server listens from what it says.
type firstAddress struct {
	mu    sync.Mutex
	said  bytes.Buffer
	told  bool
	found chan string
}

// Write implements io.Writer.
func (f *firstAddress) Write(text []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.told {
		f.said.Write(text)
		if m := listeningOn.FindStringSubmatch(f.said.String()); m != nil {
			f.told = true
			f.found <- m[1]
		}
	}
	return len(text), nil
}

//go:build linux

package fault

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"or3.cloud/or3/internal/db/dbtest"
)

const nodesSeed = 815

// Three servers on one PostgreSQL, devices spread over them, one server killed
// in the middle: its devices go on with the others.
func TestThreeServersOnOneDatabaseAgree(t *testing.T) {
	threeNodes(t, newSite(t, dataDir(t), dbtest.PostgresURL(t)))
}

// The same with a pooler between them and the database that gives every
// transaction another connection.
func TestThreeServersBehindPgBouncerAgree(t *testing.T) {
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		if path = "/usr/sbin/pgbouncer"; exec.Command(path, "-V").Run() != nil {
			need(t, "pgbouncer", "pgbouncer is not installed")
		}
	}
	c := newCluster(t)
	threeNodes(t, newSite(t, dataDir(t), startBouncer(t, c, path)))
}

func threeNodes(t *testing.T, s *site) {
	var nodes []*node
	for range 3 {
		nodes = append(nodes, s.startIn(t, dataDir(t)))
	}
	network := newChaos(t, nodesSeed)
	network.aim(nodes[0].base, nodes[1].base, nodes[2].base)
	f := newFleet(t, s, nodesSeed, 12, network.at)
	listening, hush := context.WithCancel(t.Context())
	listeners, hushed := f.listen(listening, 6) // on whichever server; the writes come to all of them
	defer func() { hush(); hushed() }()
	done := make(chan struct{})
	go func() { defer close(done); f.write(t.Context(), 40) }()
	wrote := func(writes int) func() bool {
		return func() bool { return len(f.history.Events()) > writes*len(f.members) }
	}
	eventually(t, "the devices write", wrote(30))
	nodes[1].kill()
	network.aim(nodes[0].base, nodes[2].base)
	eventually(t, "the devices go on with two servers", wrote(60))
	nodes[1] = s.startIn(t, dataDir(t))
	network.aim(nodes[0].base, nodes[1].base, nodes[2].base)
	<-done
	network.heal()
	took := f.settle(t)
	f.hear(t, listeners, nodes[0].base)
	hush()
	hushed()
	for _, n := range nodes {
		f.check(t, n.base)
		n.stop(t)
	}
	t.Logf("%d events, settled %s after healing; network %v", len(f.history.Events()), took, network.done)
}

// startBouncer runs PgBouncer in transaction mode and gives the URL that leads
// through it.
func startBouncer(t *testing.T, c *cluster, path string) string {
	t.Helper()
	dir := ownDir(t, c.as)
	config := fmt.Sprintf(`[databases]
postgres = host=%s port=5432 user=postgres
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
max_client_conn = 300
default_pool_size = 20
`, c.dir, dir)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	log := &tail{}
	cmd := exec.Command(path, file)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGKILL); <-done })
	eventually(t, "PgBouncer answers", func() bool {
		select {
		case <-done:
			t.Fatalf("pgbouncer ended: %s", log)
		default:
		}
		return c.command("psql", "-h", dir, "-p", "6432", "-U", "postgres", "-qc", "SELECT 1", "postgres").Run() == nil
	})
	return "postgres://postgres@/postgres?host=" + dir + "&port=6432"
}

// The database itself is killed while devices write through two servers. They
// say so, and go on by themselves when it is back.
func TestServersOutliveTheirDatabase(t *testing.T) {
	c := newCluster(t)
	s := newSite(t, dataDir(t), c.url())
	nodes := []*node{s.startIn(t, dataDir(t)), s.startIn(t, dataDir(t))}
	network := newChaos(t, nodesSeed+1)
	network.heal() // this time only the database is bad
	network.aim(nodes[0].base, nodes[1].base)
	f := newFleet(t, s, nodesSeed+1, 12, network.at)
	for _, end := range []func(){c.kill, c.quit, c.kill} {
		written := len(f.history.Events())
		enough := f.keepWriting(t.Context(), 15)
		eventually(t, "the devices write", func() bool { return len(f.history.Events()) > written+50 })
		lost := gaveUp(f)
		end()
		eventually(t, "a device is told that the database is gone", func() bool { return gaveUp(f) > lost })
		stopped := enough()
		c.start(t)
		<-stopped
		f.settle(t)
		for i, n := range nodes {
			select {
			case <-n.done:
				t.Fatalf("server %d ended with its database: %s", i, n.log)
			default:
			}
		}
	}
	for _, n := range nodes {
		f.check(t, n.base)
		n.stop(t)
	}
	t.Logf("%d events; devices waited %d times", len(f.history.Events()), gaveUp(f))
}

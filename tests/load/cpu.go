package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc/<pid>/stat on Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that the node has used, and on PostgreSQL what the
// backends of its database have. Unlike a rate it hardly depends on what else
// the machine does.
func (n *node) cpu() (server, database time.Duration, err error) {
	server, err = cpuOf(n.cmd.Process.Pid)
	if err != nil || n.database == "" {
		return server, 0, err
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return server, 0, err
	}
	for _, line := range lines {
		text, _ := os.ReadFile(line) // it may have ended meanwhile
		if !bytes.HasPrefix(text, []byte("postgres: ")) || !bytes.Contains(text, []byte(n.database)) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(line)))
		if used, err := cpuOf(pid); err == nil {
			database += used
		}
	}
	return server, database, nil
}

func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// meter measures processor time from when it was made.
type meter struct {
	n                *node
	server, database time.Duration
}

func (n *node) meter() (m meter, err error) {
	m.n = n
	m.server, m.database, err = n.cpu()
	return m, err
}

// per words the processor time of each of so many things.
func (m meter) per(count int, what string) string {
	server, database, err := m.n.cpu()
	if err != nil || count == 0 {
		return "processor time unknown"
	}
	each := func(used time.Duration) string {
		return fmt.Sprintf("%.1f µs", float64(used.Nanoseconds())/1000/float64(count))
	}
	text := "the server's processor time " + each(server-m.server)
	if m.n.database != "" {
		text += ", PostgreSQL's " + each(database-m.database)
	}
	return text + " for each " + what
}

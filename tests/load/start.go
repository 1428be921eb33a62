package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// measureStart times ten starts on an existing database, beside `or3 version`,
// which loads the same binary and does nothing.
func measureStart(ctx context.Context, o options) error {
	s, err := newSite(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.token(ctx, o); err != nil {
		return err
	}
	var starts, loads spread
	for range 10 {
		began := time.Now()
		if err := exec.CommandContext(ctx, o.binary, "version").Run(); err != nil {
			return err
		}
		loads = append(loads, time.Since(began))
		n, err := s.start(ctx, o, s.dir)
		if err != nil {
			return err
		}
		starts = append(starts, n.ready)
		n.stop()
	}
	fmt.Printf("start: to `listening`: %s\n", starts)
	fmt.Printf("start: `or3 version`: %s; ratio of p50 %.1f\n", loads, float64(starts.at(.5))/float64(loads.at(.5)))

	n, err := s.start(ctx, o, s.dir)
	if err != nil {
		return err
	}
	defer n.stop()
	time.Sleep(5 * time.Second) // idle means idle: let start-up work end
	rss, err := n.rss()
	if err != nil {
		return err
	}
	info, err := os.Stat(o.binary)
	if err != nil {
		return err
	}
	fmt.Printf("start: idle memory %.1f MiB; binary %.1f MiB\n", rss, float64(info.Size())/(1<<20))
	return nil
}

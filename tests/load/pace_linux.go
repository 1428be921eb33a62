package main

import (
	"syscall"
	"time"
)

// pause sleeps by the kernel's own clock: Go's timers wake up to a millisecond
// late, and in an open loop that would count as the server's time.
func pause(d time.Duration) {
	if d <= 0 {
		return
	}
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil)
}

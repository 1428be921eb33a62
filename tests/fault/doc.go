// Package fault breaks what the server stands on, the way it breaks in life:
// the process is killed or frozen, the power goes, the disk fills up, the
// network delays, cuts and repeats, the database dies, an old backup is put
// back. The tests drive the real binary and then look for one thing: whether
// anything that was acknowledged is missing.
//
// docs/reliability.md says what each of them proves and how to run more.
package fault

// Package mistake names what people get wrong in servers and clients like these,
// so that the tests can be tested: built with the tag or3_mistakes, the program
// makes the one mistake that OR3_TEST_MISTAKE names. Without the tag On is
// always false and the compiler takes the mistakes out. The table in
// docs/reliability.md says who catches which.
package mistake

// Mistake is one mistake.
type Mistake string

// Mistakes of the server.
const (
	AckBeforeCommit    Mistake = "acknowledge before commit"
	HintBeforeCommit   Mistake = "hint before commit"
	Sequence           Mistake = "sequence instead of counter"
	CursorInclusive    Mistake = "cursor >="
	FilteredPageStands Mistake = "filtered page does not advance"
	PageSplitsGroup    Mistake = "page splits an atomic group"
	HalfGroup          Mistake = "atomic group applied by halves"
	CollectedEarly     Mistake = "tombstone collected early"
	StaleAccepted      Mistake = "stale device accepted"
	ReplayedTwice      Mistake = "replay applied twice"
	TieByArrival       Mistake = "tie by arrival"
	LoserForgotten     Mistake = "superseded op not recorded"
	SnapshotLeaks      Mistake = "private row leaked in snapshot"
	PullLeaks          Mistake = "private row leaked in pull"
	DigestLive         Mistake = "digest ignores tombstones"
	DigestStale        Mistake = "digest cached too long"
	SameHistory        Mistake = "restore keeps the history"
	BaseIsHead         Mistake = "snapshot forgets the restored head"
	DiscardIgnored     Mistake = "discard_newer ignored"
	ViewerWrites       Mistake = "viewer may write"
	CursorFalls        Mistake = "device cursor falls"
)

// Mistakes of a device.
const (
	ClockNotMerged  Mistake = "HLC not merged"
	EchoCaptured    Mistake = "echo captured"
	FailedPurged    Mistake = "failed op purged"
	OutboxReset     Mistake = "outbox lost with a reset"
	UnknownIsDone   Mistake = "no answer taken for yes"
	RemoteOverwrite Mistake = "remote change overwrites a newer row"
	FloorIgnored    Mistake = "old tombstones kept"
	LostNotPushed   Mistake = "what a restore lost is not pushed again"
)

// All lists the mistakes.
func All() []Mistake {
	return []Mistake{
		AckBeforeCommit, HintBeforeCommit, Sequence, CursorInclusive, FilteredPageStands, PageSplitsGroup, HalfGroup,
		CollectedEarly, StaleAccepted, ReplayedTwice, TieByArrival, LoserForgotten, SnapshotLeaks, PullLeaks, DigestLive, DigestStale,
		SameHistory, BaseIsHead, DiscardIgnored, ViewerWrites, CursorFalls,
		ClockNotMerged, EchoCaptured, FailedPurged, OutboxReset, UnknownIsDone, RemoteOverwrite, FloorIgnored, LostNotPushed,
	}
}

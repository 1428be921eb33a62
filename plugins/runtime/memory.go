package runtime

import (
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
)

// ledger counts the memory of all instances. What does not fit is not given:
// memory.grow says -1 to the guest, as it may on any machine.
type ledger struct {
	limit int64
	used  atomic.Int64
	// shed frees idle instances until so many bytes fit, if it can.
	shed func(n int64) bool
}

// claim takes n bytes, at the cost of idle instances when it must, or says that
// there is no room.
func (l *ledger) claim(n int64) bool {
	for !l.take(n) {
		if !l.shed(n) {
			return false
		}
	}
	return true
}

// take takes n bytes if they are there.
func (l *ledger) take(n int64) bool {
	for {
		used := l.used.Load()
		if used+n > l.limit {
			return false
		}
		if l.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// meter counts the memories of one instance: the guest's and Extism's.
type meter struct {
	ledger   *ledger
	held     atomic.Int64 // claimed and not given back
	reserved int64        // claimed before the memories were there
	refused  bool         // something was not given, for want of room for all
}

// Allocate implements wazero's MemoryAllocator.
func (m *meter) Allocate(_, limit uint64) experimental.LinearMemory {
	return &linear{meter: m, limit: limit}
}

func (m *meter) claim(n int64) bool {
	if fromReserve := min(n, m.reserved); fromReserve > 0 {
		m.reserved -= fromReserve
		n -= fromReserve
	}
	if n == 0 {
		return true
	}
	if !m.ledger.claim(n) {
		return false
	}
	m.held.Add(n)
	return true
}

// reserve takes what an instance begins with.
func (m *meter) reserve(n int64) bool {
	if !m.ledger.take(n) {
		return false
	}
	m.held.Add(n)
	m.reserved = n
	return true
}

// settle gives back what was reserved and not needed.
func (m *meter) settle() {
	m.held.Add(-m.reserved)
	m.ledger.used.Add(-m.reserved)
	m.reserved = 0
}

// release gives everything back. Twice is safe.
func (m *meter) release() { m.ledger.used.Add(-m.held.Swap(0)) }

// linear is one memory.
type linear struct {
	meter *meter
	limit uint64
	bytes []byte
}

// Reallocate implements wazero's LinearMemory. It grows in large steps, because
// what it leaves behind waits for the garbage collector.
func (l *linear) Reallocate(size uint64) []byte {
	if size <= uint64(cap(l.bytes)) {
		l.bytes = l.bytes[:size]
		return l.bytes
	}
	for _, capacity := range []uint64{min(l.limit, max(size, 2*uint64(cap(l.bytes)))), size} {
		if l.meter.claim(int64(capacity) - int64(cap(l.bytes))) {
			grown := make([]byte, size, capacity)
			copy(grown, l.bytes)
			l.bytes = grown
			return l.bytes
		}
	}
	l.meter.refused = true
	return nil
}

// Free implements wazero's LinearMemory. The instance gives back what its
// memories hold once it is known that nothing runs in it any more.
func (l *linear) Free() {}

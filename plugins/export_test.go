package plugins

// HoldInstalls takes the place of all packages that may be installed at once.
func (m *Manager) HoldInstalls() (release func()) {
	for range installsAtOnce {
		m.installing <- struct{}{}
	}
	return func() {
		for range installsAtOnce {
			<-m.installing
		}
	}
}

// HoldPlugin keeps others from acting on a plugin. HeldBy is how many have it or
// wait for it.
func (m *Manager) HoldPlugin(id string) (release func()) { return m.acting.lock(id) }

func (m *Manager) HeldBy(id string) int {
	m.acting.mu.Lock()
	defer m.acting.mu.Unlock()
	if l := m.acting.locks[id]; l != nil {
		return l.waiting
	}
	return 0
}

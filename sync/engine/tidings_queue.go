package engine

import "slices"

// Bounds of what waits to be told. A person's is below a workspace's and that
// below everybody's, so that it takes many to fill what all share.
const (
	untoldOfAll       = 4096
	untoldOfWorkspace = 1024
	untoldOfPerson    = 512 // in all workspaces together
)

// untold is a thread with news, or a notice, that waits. userID is on whose
// account it is: of those who wrote in it, who has the least waiting beside it,
// so that nobody's news goes because of somebody else's flood. Nobody's, "", is
// what the program says.
type untold struct {
	workspaceID, userID string
	messages            []news // of a thread: the latest, and the latest by somebody else
	letter              *addressed
}

// untoldQueue holds what waits to be told. Workspaces take turns, and when there
// is no room, who has the most waiting gives way to who has little: nobody
// keeps somebody else's news out or makes them wait for all of their own.
type untoldQueue struct {
	ofAll, ofWorkspace, ofPerson int // bounds

	total  int
	places map[string]*untoldPlace
	turns  []*untoldPlace // those with something waiting, the next first
	people map[string]int // how much of what a person wrote waits
}

// untoldPlace is what waits in one workspace, in its order.
type untoldPlace struct {
	waiting []*untold
	threads map[string]*untold // by their ids
	people  map[string]int
}

func newUntoldQueue(ofAll, ofWorkspace, ofPerson int) *untoldQueue {
	return &untoldQueue{ofAll: ofAll, ofWorkspace: ofWorkspace, ofPerson: ofPerson, places: map[string]*untoldPlace{}, people: map[string]int{}}
}

// message keeps a message, instead of earlier ones of its thread: the latest,
// and for its author the latest of somebody else. It tells how much was left
// out: the message itself, or what had to make room for it.
func (q *untoldQueue) message(n news) (leftOut int) {
	if p := q.places[n.thread.WorkspaceID]; p != nil && p.threads[n.thread.ID] != nil {
		u := p.threads[n.thread.ID]
		kept := []news{n}
		for _, earlier := range u.messages {
			if earlier.userID != n.userID {
				kept = append(kept, earlier)
				break
			}
		}
		u.messages = kept
		q.passOn(p, u, n.userID)
		return 0
	}
	return q.add(&untold{workspaceID: n.thread.WorkspaceID, userID: n.userID, messages: []news{n}})
}

// passOn puts a thread on the account of somebody who has written in it too, when
// they have less waiting than whose it was.
func (q *untoldQueue) passOn(p *untoldPlace, u *untold, userID string) {
	if p.people[userID]+1 >= p.people[u.userID] {
		return
	}
	q.count(p, u.userID, -1)
	u.userID = userID
	q.count(p, u.userID, +1)
}

// count adds to what is on a person's account.
func (q *untoldQueue) count(p *untoldPlace, userID string, n int) {
	for _, account := range []map[string]int{p.people, q.people} {
		if account[userID] += n; account[userID] == 0 {
			delete(account, userID)
		}
	}
}

// notice keeps a notice, and tells how much was left out.
func (q *untoldQueue) notice(a addressed) (leftOut int) {
	return q.add(&untold{workspaceID: a.workspaceID, letter: &a})
}

func (q *untoldQueue) add(u *untold) (leftOut int) {
	if u.userID != "" && q.people[u.userID] >= q.ofPerson {
		return 1
	}
	p := q.places[u.workspaceID]
	if p != nil && len(p.waiting) >= q.ofWorkspace {
		other, most := greatest(p.people)
		if most <= p.people[u.userID]+1 {
			return 1
		}
		q.giveWay(p, func(w *untold) bool { return w.userID == other })
		leftOut++
	}
	if q.total >= q.ofAll {
		own := 0
		if p != nil {
			own = len(p.waiting)
		}
		fullest := slices.MaxFunc(q.turns, func(a, b *untoldPlace) int { return len(a.waiting) - len(b.waiting) })
		if len(fullest.waiting) <= own+1 {
			return leftOut + 1
		}
		loudest, _ := greatest(fullest.people)
		q.giveWay(fullest, func(w *untold) bool { return w.userID == loudest })
		leftOut++
	}
	if p == nil {
		p = &untoldPlace{threads: map[string]*untold{}, people: map[string]int{}}
		q.places[u.workspaceID] = p
		q.turns = append(q.turns, p)
	}
	p.waiting = append(p.waiting, u)
	if u.letter == nil {
		p.threads[u.messages[0].thread.ID] = u
	}
	q.count(p, u.userID, +1)
	q.total++
	return leftOut
}

// giveWay drops the latest of a workspace's that is meant. There is one, and
// another one that stays.
func (q *untoldQueue) giveWay(p *untoldPlace, meant func(*untold) bool) {
	for i, u := range slices.Backward(p.waiting) {
		if meant(u) {
			p.waiting = slices.Delete(p.waiting, i, i+1)
			q.forget(p, u)
			return
		}
	}
}

// next takes out what is told next; nil when nothing waits.
func (q *untoldQueue) next() *untold {
	if len(q.turns) == 0 {
		return nil
	}
	p := q.turns[0]
	q.turns = q.turns[1:]
	u := p.waiting[0]
	p.waiting = p.waiting[1:]
	q.forget(p, u)
	if len(p.waiting) > 0 {
		q.turns = append(q.turns, p)
	} else {
		delete(q.places, u.workspaceID)
	}
	return u
}

// forget takes what was told or dropped off the accounts.
func (q *untoldQueue) forget(p *untoldPlace, u *untold) {
	if u.letter == nil {
		delete(p.threads, u.messages[0].thread.ID)
	}
	q.count(p, u.userID, -1)
	q.total--
}

// greatest gives who has the most.
func greatest(of map[string]int) (who string, most int) {
	for one, n := range of {
		if n > most || n == most && one < who {
			who, most = one, n
		}
	}
	return who, most
}

package server

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
)

// TableRow is a row of the route table as the tests outside the package see it.
type TableRow struct {
	Method, Path string
	Access       string // in words
	Kind         string // public, signed in, guarded
	Permission   string
	IsPage       bool
	IsForm       bool
	CookieOnly   bool
	ByURL        bool // its URL is the right, so a cookie is not asked for
	HasBody      bool
	BodyType     string
	Takes        string // the body's media type
}

// Table gives every row this server answers.
func (s *Server) Table() []TableRow {
	var rows []TableRow
	for i := range s.rows {
		w := &s.rows[i]
		out := TableRow{
			Method: w.method, Path: w.path, Access: w.access.String(), Kind: string(w.access.kind), Permission: string(w.access.permission),
			IsPage: w.isPage, IsForm: w.isForm, CookieOnly: w.private, ByURL: w.streamed, Takes: cmp.Or(w.takes, "application/json"),
		}
		if w.body != nil && w.body.Name() != "nothing" {
			out.HasBody, out.BodyType = true, fmt.Sprint(w.body)
		}
		rows = append(rows, out)
	}
	return rows
}

// CheckTable is what every start runs over the table.
func CheckTable(declare func(add func(method, path string, public, handler bool))) {
	var rows []row
	declare(func(method, path string, isPublic, handler bool) {
		w := row{method: method, path: path, does: "x"}
		if isPublic {
			w.access = public("a test")
		}
		if handler {
			w.serve = func(*request) error { return nil }
		}
		rows = append(rows, w)
	})
	checkTable(rows)
}

// LocalPath, CleanPath and Matches for tests.
var (
	LocalPath = localPath
	CleanPath = cleanPath
	Matches   = matches
)

// Kept is what the route /api/test/kept/:id kept beyond its requests.
type Kept struct {
	mu     sync.Mutex
	Values map[string][]string // what was kept, by the id that was sent
}

// MisbehavingRoutes adds routes that misbehave in the ways tests need.
func MisbehavingRoutes(kept *Kept) func(*Options) {
	return func(o *Options) {
		o.more = func(s *Server) []row {
			gates.Store(s, &gate{begun: make(chan struct{}), goOn: make(chan struct{})})
			return []row{
				get("/api/test/panic", public("a test"), "Panics.", func(*request) (nothing, error) { panic("secret of the panic") }),
				page("/test/panic", public("a test"), func(*request) error { panic("secret of the panic") }),
				get("/api/test/broken", public("a test"), "Fails.", func(*request) (nothing, error) {
					return nothing{}, fmt.Errorf("open /etc/secret: no luck")
				}),
				get("/api/test/slow", public("a test"), "Waits for its time limit.", func(r *request) (nothing, error) {
					<-r.Ctx().Done()
					return nothing{}, r.Ctx().Err()
				}, within(time.Millisecond)),
				get("/api/test/wait", public("a test"), "Waits until it is let go.", func(r *request) (nothing, error) {
					close(waiting(r.s).begun)
					<-waiting(r.s).goOn
					return nothing{}, nil
				}),
				get("/api/test/kept/:id", public("a test"), "Keeps what it was given.", func(r *request) (nothing, error) {
					kept.mu.Lock()
					defer kept.mu.Unlock()
					kept.Values[r.Param("id")] = []string{r.Query("q"), r.Header("X-Test"), r.Path(), r.Param("id"), r.IP(), r.sessionCookie(), r.client.host}
					return nothing{}, nil
				}),
			}
		}
	}
}

// Household for tests.
var Household = household

// Limits is the limiter without a server around it.
type Limits struct{ l *limiter }

// NewLimits makes a limiter that is on.
func NewLimits() Limits { return Limits{newLimiter(true)} }

// Allow takes one token.
func (l Limits) Allow(route, who string, perMinute int, now time.Time) bool {
	return l.l.allow(route, who, routeRate{PerMinute: perMinute}, now).ok
}

// Len counts the buckets.
func (l Limits) Len() int { return len(l.l.buckets) }

// gate lets a test wait for a request in its handler, and hold it there.
type gate struct{ begun, goOn chan struct{} }

// gates belong to servers of tests.
var gates sync.Map

func waiting(s *Server) *gate {
	g, _ := gates.Load(s)
	return g.(*gate)
}

// Waiting returns when a request is in the handler of /api/test/wait.
func Waiting(s *Server) { <-waiting(s).begun }

// LetGo lets that request go on.
func LetGo(s *Server) { close(waiting(s).goOn) }

// StopBegun returns when a Shutdown has closed the listeners.
func StopBegun(s *Server) {
	<-s.stopping
	s.mu.Lock() // the listeners are closed under it
	defer s.mu.Unlock()
}

// The parsers, for fuzzing.
var (
	ParseValues = parseValues
	ScanJSON    = scanJSON
)

// AllowConnections changes how many connections one address may hold.
func (s *Server) AllowConnections(most int) {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	s.crowd.most = most
}

// LargeBodies counts the large bodies under way that have room.
func (s *Server) LargeBodies() (n int) {
	s.bodies.mu.Lock()
	defer s.bodies.mu.Unlock()
	for _, each := range s.bodies.heads {
		if each.reason == nil {
			n++
		}
	}
	return n
}

// SweepEvery makes a server collect what is old more often than people need.
func SweepEvery(pause time.Duration) func(*Options) {
	return func(o *Options) { o.sweepEvery = pause }
}

// CheckStreamsEvery changes how often streams are judged though nothing has
// changed.
func CheckStreamsEvery(pause time.Duration) func(*Options) {
	return func(o *Options) { o.checkEvery = pause }
}

// FilterIn gives plugins another time for a decision than people wait for.
func FilterIn(each time.Duration) func(*Options) {
	return func(o *Options) { o.filterTime = each }
}

// BeginLate gives a stream its connection after the server has given it up, as
// when its client took too long, and tells how many streams are open then.
func (s *Server) BeginLate(session *policies.Session, workspaceID string, conn net.Conn) (open int, err error) {
	st, err := s.streams.admit(session, workspaceID)
	if err != nil {
		return 0, err
	}
	st.rest = []byte("HTTP/1.1 200 OK\r\n\r\n")
	s.streams.forget(st)
	s.streams.begin(st, conn)
	return s.streams.count(), nil
}

// DropGone looks for closed connections at once.
func (s *Server) DropGone() { s.streams.dropGone() }

// OpenStreams counts the open streams.
func (s *Server) OpenStreams() int { return s.streams.count() }

// TakeLooks keeps all places in which files are looked into, until the function
// that it gives is called; nobody waits for one.
func (s *Server) TakeLooks() (back func()) {
	s.files.patience = 0
	for range looksAtOnce {
		s.files.looks.places <- struct{}{}
	}
	return func() {
		for range looksAtOnce {
			<-s.files.looks.places
		}
	}
}

// FillStore makes the store one without room for another byte.
func (s *Server) FillStore() { s.files.store = fullStore{s.files.store} }

type fullStore struct{ storage.Store }

func (f fullStore) Unwrap() storage.Store { return f.Store }

func (f fullStore) Receive(context.Context, storage.Incoming) (storage.Blob, error) {
	return storage.Blob{}, storage.Full(nil)
}

// OnServe calls a function with the context of each request for a path before it
// is answered.
func (s *Server) OnServe(path string, do func(context.Context)) {
	for i := range s.rows {
		if w := &s.rows[i]; w.path == path {
			serve := w.serve
			w.serve = func(r *request) error {
				do(r.ctx)
				return serve(r)
			}
		}
	}
}

// TakeUploads takes every place that a person has for uploads, until the
// function that it gives is called.
func (s *Server) TakeUploads(person string) (back func()) {
	var ends []func()
	for i := range uploadsOfOne {
		if end, err := s.files.uploads.begin(context.Background(), fmt.Sprint("taken ", i), person, func() {}); err == nil {
			ends = append(ends, end)
		}
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// Turns are the places to look into files.
type Turns struct{ *turns }

// NewTurns makes some places.
func NewTurns(places int) Turns { return Turns{newTurns(places)} }

// Take is turns.take.
func (t Turns) Take(ctx context.Context, person string) (func(), error) { return t.take(ctx, person) }

// People counts those who have a turn or wait for one.
func (t Turns) People() int { return len(t.people) }

// Looking notes what is looked into.
type Looking struct{ *looking }

// NewLooking notes it in a directory.
func NewLooking(dir string) Looking { return Looking{&looking{dir: dir, now: map[storage.Ref]int{}}} }

// Begin is looking.begin for the name of a content.
func (l Looking) Begin(hash string) (func(), error) {
	ref, err := storage.ParseRef(hash)
	if err != nil {
		return nil, err
	}
	return l.begin(ref)
}

// PackageIn reads a form with a package and gives the package.
func PackageIn(body []byte, boundary string) (zip []byte, force, grantAll bool, err error) {
	in, err := packageIn(body, boundary)
	return in.zip, in.force, in.grant.all, err
}

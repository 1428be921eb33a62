package account

import (
	"slices"
	"strings"
	"sync"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// Registry holds the providers of one kind that are built in, by id. Each is
// made once, when it is first asked for.
type Registry[T any] struct {
	kind string // as errors name it, e.g. auth.provider
	mu   sync.Mutex
	made map[string]T
	make map[string]func() (T, error)
}

// NewRegistry makes an empty registry. setting is the configuration key that
// chooses from it.
func NewRegistry[T any](setting string) *Registry[T] {
	return &Registry[T]{kind: setting, made: map[string]T{}, make: map[string]func() (T, error){}}
}

// Register adds a provider. An id that is taken is a mistake in the wiring and
// panics.
func (r *Registry[T]) Register(id string, create func() (T, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.make[id]; taken {
		panic("account: " + r.kind + " " + id + " is registered twice")
	}
	r.make[id] = create
}

// Get gives the provider of an id. An unknown id is an error that names it and
// those there are: call Get at start.
func (r *Registry[T]) Get(id string) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if made, ok := r.made[id]; ok {
		return made, nil
	}
	create, ok := r.make[id]
	if !ok {
		var none T
		return none, fault.Field(r.kind, r.kind+" is "+quoted(id)+", which is not built in. Use "+strings.Join(r.ids(), " or ")+".")
	}
	made, err := create()
	if err == nil {
		r.made[id] = made
	}
	return made, err
}

// IDs lists the ids, sorted.
func (r *Registry[T]) IDs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids()
}

func (r *Registry[T]) ids() []string {
	ids := make([]string, 0, len(r.make))
	for id := range r.make {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func quoted(s string) string { return "“" + s + "”" }

// Providers is the registry of auth providers with those that are built in:
// local.
func Providers(d *db.DB, passwords *Passwords) *Registry[Provider] {
	r := NewRegistry[Provider]("auth.provider")
	r.Register(LocalID, func() (Provider, error) { return NewLocal(d, passwords), nil })
	return r
}

// Stores is the registry of workspace stores: builtin, the program's database.
func Stores(o StoreOptions) *Registry[WorkspaceStore] {
	r := NewRegistry[WorkspaceStore]("auth.store")
	r.Register("builtin", func() (WorkspaceStore, error) { return NewStore(o), nil })
	return r
}

// Brokers is the registry of token brokers: gateway, which hands out none.
func Brokers() *Registry[TokenBroker] {
	r := NewRegistry[TokenBroker]("auth.broker")
	r.Register("gateway", func() (TokenBroker, error) { return Gateway{}, nil })
	return r
}

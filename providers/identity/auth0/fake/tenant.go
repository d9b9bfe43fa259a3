package fake

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"callflow/engine"
)

// The defaults of Config.
const (
	DefaultDomain   = "fake-tenant.auth0.test"
	DefaultClientID = "fake-client"
	DefaultSecret   = "fake-secret"
	DefaultRealm    = "Username-Password-Authentication"
	DefaultAttempts = 10
	defaultLife     = 24 * time.Hour
)

// Config says what the tenant is like. Zero values get the defaults.
type Config struct {
	Domain       string
	ClientID     string
	ClientSecret engine.Secret
	Realm        string   // the only database connection
	Scopes       []string // of the management token: read:users
	Users        []User
	Settings     Settings
	// Attempts is how many wrong PINs block a user; below zero: any number.
	Attempts int
	// Life is how long tokens are good.
	Life time.Duration
	// Keys are used in turn to sign; when they are used up, new ones are made.
	Keys []*rsa.PrivateKey
	// Gateway posts to the SMS gateways of connections; nil: one of its own.
	Gateway *http.Client
	// Logs posts log events to the tenant's log streams; nil: they get none.
	Logs *http.Client
	Now  func() time.Time
}

// Tenant is an Auth0 tenant. It is an http.Handler, safe for concurrent use.
type Tenant struct {
	config   Config
	audience string

	mu      sync.Mutex
	records []*record
	faults  []Fault
	keys    []key // published, the current one last
	spare   []*rsa.PrivateKey
	issued  map[string]issued // management tokens
	counts  map[Endpoint]int
	serial  int

	made    map[string][]map[string]any  // resources, by their path
	bound   map[string][]map[string]any  // Actions, by their trigger
	clients map[string][]string          // those a connection is switched on for
	secrets map[string]map[string]string // values of Actions' secrets, by the Action's id
	jobs    map[string]*job
	codes   codes
	logs    logs

	life   context.Context // ends with Close
	cancel context.CancelFunc
	flying sync.WaitGroup
}

// issued is a management token that was given out.
type issued struct {
	expires time.Time
	scopes  []string
}

var _ http.Handler = (*Tenant)(nil)

// New makes a tenant.
func New(c Config) (*Tenant, error) {
	c.Domain = cmp.Or(c.Domain, DefaultDomain)
	c.ClientID = cmp.Or(c.ClientID, DefaultClientID)
	if c.ClientSecret.Len() == 0 {
		c.ClientSecret = engine.NewSecret(DefaultSecret)
	}
	c.Realm = cmp.Or(c.Realm, DefaultRealm)
	if c.Scopes == nil {
		c.Scopes = []string{scopeUsers}
	}
	c.Attempts = cmp.Or(c.Attempts, DefaultAttempts)
	c.Life = cmp.Or(c.Life, defaultLife)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Gateway == nil {
		c.Gateway = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	}
	t := &Tenant{
		config:   c,
		audience: "https://" + c.Domain + "/api/v2/",
		spare:    slices.Clone(c.Keys),
		issued:   map[string]issued{},
		counts:   map[Endpoint]int{},
	}
	t.life, t.cancel = context.WithCancel(context.Background())
	for _, u := range c.Users {
		t.Put(u)
	}
	if err := t.Rotate(); err != nil {
		return nil, err
	}
	return t, nil
}

// Domain is the tenant's.
func (t *Tenant) Domain() string { return t.config.Domain }

// Put adds a user, or changes the one of the same id or, without an id, account.
func (t *Tenant) Put(u User) {
	byID := u.ID != ""
	u = u.complete(t.config.Realm)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.records {
		if byID && r.user.ID == u.ID || !byID && r.user.Account == u.Account {
			before := r.user
			r.before, r.user, r.changed = &before, u, t.config.Now()
			return
		}
	}
	t.records = append(t.records, &record{user: u, changed: t.config.Now()})
}

// Remove deletes the user of an id.
func (t *Tenant) Remove(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = slices.DeleteFunc(t.records, func(r *record) bool { return r.user.ID == id })
}

// Rotate signs with a new key from now on, and publishes it. The one before is
// still published.
func (t *Tenant) Rotate() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	private, err := t.newKey()
	if err != nil {
		return err
	}
	t.serial++
	k, err := makeKey(private, t.serial)
	if err != nil {
		return err
	}
	t.keys = append(t.keys, k)
	t.keys = t.keys[max(0, len(t.keys)-2):]
	return nil
}

// newKey is a spare one, or made. The lock is held.
func (t *Tenant) newKey() (*rsa.PrivateKey, error) {
	if len(t.spare) > 0 {
		k := t.spare[0]
		t.spare = t.spare[1:]
		return k, nil
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, errors.New("fake: no key can be made")
	}
	return k, nil
}

// Revoke makes every management token bad, which a real tenant cannot.
func (t *Tenant) Revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.issued)
}

// Unblock forgets all wrong PINs.
func (t *Tenant) Unblock() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.records {
		r.wrong = 0
	}
}

// Count is how many requests an endpoint has had, faults included.
func (t *Tenant) Count(at Endpoint) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[at]
}

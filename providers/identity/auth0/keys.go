package auth0

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	keysTimeout = 3 * time.Second
	// keysFresh is how long keys are used without asking again: a key that the
	// tenant has withdrawn is not good for longer, unless its keys cannot be had.
	keysFresh = time.Hour
	// keysEvery bounds how often keys are fetched because one was not among them.
	keysEvery = 5 * time.Second
	minBits   = 2048
)

// keys are what the tenant signs ID tokens with, by their ids.
type keys struct {
	url    string
	client *http.Client
	gate   *gate
	now    func() time.Time

	fetching chan struct{} // holds one: who may fetch

	mu      sync.Mutex
	known   map[string]*rsa.PublicKey
	fetched time.Time
	missed  time.Time // when they were last fetched for a key that was not among them
}

func newKeys(c Config, t *transport) *keys {
	return &keys{
		url:      c.issuer() + ".well-known/jwks.json",
		client:   t.client(keysTimeout),
		gate:     newGate(5, 5, c.Now),
		now:      c.Now,
		fetching: make(chan struct{}, 1),
	}
}

// ready sees to it that there are keys, before a PIN is sent for a token that
// could not be verified.
func (k *keys) ready(ctx context.Context) error {
	_, at := k.find("")
	if !at.IsZero() && k.now().Sub(at) < keysFresh {
		return nil
	}
	err := k.fetch(ctx, at, false)
	if err != nil && !at.IsZero() {
		return nil // the old ones may do
	}
	return err
}

// key returns a key by its id; nil if the tenant has none, which is asked again
// after it has changed its keys.
func (k *keys) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	lately := k.missedLately() // before looking, or what is fetched in between is overlooked
	key, at := k.find(id)
	if key != nil || lately {
		return key, nil
	}
	if err := k.fetch(ctx, at, true); err != nil {
		return nil, err
	}
	key, _ = k.find(id)
	return key, nil
}

// missedLately tells whether keys were fetched for a missing one a moment ago: whoever
// makes up ids of keys does not have the tenant asked each time.
func (k *keys) missedLately() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.missed.IsZero() && k.now().Sub(k.missed) < keysEvery
}

func (k *keys) find(id string) (*rsa.PublicKey, time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[id], k.fetched
}

// fetch replaces the keys, unless somebody did so since they were looked at. missing: for
// one that was not among them.
func (k *keys) fetch(ctx context.Context, seen time.Time, missing bool) error {
	const doing = "signing keys"
	select {
	case k.fetching <- struct{}{}:
		defer func() { <-k.fetching }()
	case <-ctx.Done():
		return lost(doing, &note{}, ctx.Err())
	}
	if _, at := k.find(""); !at.Equal(seen) {
		return nil
	}
	return k.gate.do(ctx, doing, func(ctx context.Context, n *note) error {
		ctx, cancel := context.WithTimeout(ctx, keysTimeout)
		defer cancel()
		set, err := k.get(ctx)
		switch {
		case n.status == http.StatusTooManyRequests:
			return k.gate.hold(doing, n)
		case err != nil:
			return lost(doing, n, err)
		}
		known := usable(set)
		if len(known) == 0 {
			return &outage{doing: doing, status: n.status, cause: errors.New("the tenant publishes no RSA key of 2048 bits or more"), down: true}
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.known, k.fetched = known, k.now()
		if missing {
			k.missed = k.fetched
		}
		return nil
	})
}

// get asks the tenant. (The library's own fetching keeps neither to the context nor
// to its values.)
func (k *keys) get(ctx context.Context) (jwk.Set, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", res.StatusCode)
	}
	return jwk.ParseReader(res.Body)
}

// usable are the keys of a set that may verify RS256.
func usable(set jwk.Set) map[string]*rsa.PublicKey {
	known := map[string]*rsa.PublicKey{}
	for i := range set.Len() {
		key, _ := set.Key(i)
		if use := key.KeyUsage(); use != "" && use != "sig" {
			continue
		}
		if alg := key.Algorithm().String(); alg != "" && alg != "RS256" {
			continue
		}
		var public rsa.PublicKey
		if key.KeyID() == "" || key.Raw(&public) != nil || public.N.BitLen() < minBits {
			continue
		}
		known[key.KeyID()] = &public
	}
	return known
}

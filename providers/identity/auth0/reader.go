package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/auth0/go-auth0/management"

	"callflow/engine/runner"
)

// Reader reads users for what can wait: the index of their numbers. It keeps to a
// slow rate of its own, and waits while calls need what Auth0 allows: when it has
// asked for a pause, when it says that little is left, when it fails, and when calls
// have used more than half of their own burst.
type Reader struct {
	provider *Provider
	gate     *gate
}

// Reader makes a reader of so many requests a second.
func (p *Provider) Reader(perSecond int) *Reader {
	return &Reader{p, newGate(perSecond, 1, p.config.Now)}
}

// Usernames tells whether account numbers are usernames.
func (p *Provider) Usernames() bool { return p.config.Lookup == LookupUsername }

// The scope, and the bound in time, of what a Reader reads.
const (
	scopeMethods = "read:authentication_methods"
	readTimeout  = 10 * time.Second
)

// Profile reads a user as the Management API shows it: runner.ErrNotFound.
func (r *Reader) Profile(ctx context.Context, id string) (json.RawMessage, error) {
	return r.read(ctx, "profile", scopeUsers, []string{"users", id}, management.IncludeFields(entryFields[:]...))
}

// entryFields are what an index keeps something of.
var entryFields = [...]string{"user_id", "username", "name", "phone_number", "identities", "app_metadata", "updated_at"}

// Methods reads a user's authentication methods: runner.ErrNotFound.
func (r *Reader) Methods(ctx context.Context, id string) (json.RawMessage, error) {
	return r.read(ctx, "authentication methods", scopeMethods, []string{"users", id, "authentication-methods"},
		management.PerPage(50), management.IncludeTotals(true))
}

func (r *Reader) read(ctx context.Context, doing, scope string, path []string, options ...management.RequestOption) (got json.RawMessage, err error) {
	if err := r.wait(ctx); err != nil {
		return nil, err
	}
	e := errand{doing: doing, scope: scope, gate: r.gate, timeout: readTimeout}
	err = r.provider.request(ctx, e, func(ctx context.Context, api *management.Management) error {
		if err := api.Request(ctx, http.MethodGet, api.URI(path...), &got, options...); err != nil {
			return err
		}
		if len(got) == 0 {
			return errEmpty
		}
		return nil
	})
	var o *outage
	// Auth0 answers 400 where no user can have the id.
	if missing(err) || errors.As(err, &o) && o.status == http.StatusBadRequest {
		return nil, runner.ErrNotFound
	}
	return got, err
}

// wait waits until calls do not need what a request would take.
func (r *Reader) wait(ctx context.Context) error {
	calls := r.provider.lookups
	for {
		wait := max(r.gate.quiet(), calls.quiet())
		if wait == 0 && calls.bucket.Allow() {
			return nil
		}
		t := time.NewTimer(max(wait, 10*time.Millisecond))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/auth0/go-auth0/management"

	"callflow/engine/lazy"
)

// Searcher finds the users of a telephone number as the tenant has them now. It is for
// callers who wait and whom an index does not know: it keeps to a slow rate of its own,
// takes its share of what calls may ask for, and asks nothing while Auth0 has anybody
// here wait.
type Searcher struct {
	provider *Provider
	gate     *gate
	narrow   atomic.Bool // the tenant does not search identities
}

// searchBurst is how many seconds' worth of searches may come at once.
const searchBurst = 5

// Searcher makes one of so many searches a second.
func (p *Provider) Searcher(perSecond int) *Searcher {
	return &Searcher{provider: p, gate: newGate(perSecond, searchBurst*perSecond, p.config.Now)}
}

// What users are searched by: the number of the profile, and that of an SMS identity
// which is linked to another user's. Second factors cannot be searched.
const (
	byNumber   = "phone_number:%[1]s"
	byIdentity = byNumber + " OR identities.profileData.phone_number:%[1]s"
)

// doingSearch is what is under way.
const doingSearch = "search for a number"

var e164 = lazy.Regexp(`\A\+[1-9][0-9]{3,14}\z`)

// errNumber is what a number is that is none.
var errNumber = errors.New("auth0: " + doingSearch + ": it is not E.164")

// ByPhone returns the profiles of a number, E.164, up to limit, as the Management API
// shows them. It takes no longer than a look-up for a sign-in may.
func (s *Searcher) ByPhone(ctx context.Context, number string, limit int) ([]json.RawMessage, error) {
	if !e164().MatchString(number) {
		return nil, errNumber
	}
	ctx, cancel := context.WithTimeout(ctx, s.provider.config.LookupTimeout)
	defer cancel()
	if !s.narrow.Load() {
		found, err := s.search(ctx, fmt.Sprintf(byIdentity, phrase(number)), limit)
		var o *outage
		if !errors.As(err, &o) || o.status != http.StatusBadRequest {
			return found, err
		}
	}
	found, err := s.search(ctx, fmt.Sprintf(byNumber, phrase(number)), limit)
	if err == nil {
		s.narrow.Store(true) // it was the query's other half that was refused
	}
	return found, err
}

func (s *Searcher) search(ctx context.Context, query string, limit int) ([]json.RawMessage, error) {
	calls := s.provider.lookups
	if wait := calls.held(); wait > 0 {
		return nil, limited(doingSearch, "not tried: Auth0's rate limit is reached, for another %s", wait.Round(time.Second))
	}
	if !calls.bucket.Allow() {
		return nil, limited(doingSearch, "not tried: sign-ins need what we allow ourselves")
	}
	var got struct {
		Users *[]json.RawMessage `json:"users"`
	}
	e := errand{doing: doingSearch, scope: scopeUsers, gate: s.gate, timeout: s.provider.config.LookupTimeout, retry: true}
	err := s.provider.request(ctx, e, func(ctx context.Context, api *management.Management) error {
		got.Users = nil
		if err := api.Request(ctx, http.MethodGet, api.URI("users"), &got,
			management.Query(query), management.PerPage(limit), management.IncludeTotals(true),
			management.Parameter("primary_order", "false"), management.IncludeFields(entryFields[:]...)); err != nil {
			return err
		}
		if got.Users == nil {
			return errEmpty
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return *got.Users, nil
}

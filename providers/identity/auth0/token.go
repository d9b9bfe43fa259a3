package auth0

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/auth0/go-auth0/management"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"callflow/engine/runner"
)

const (
	tokenTimeout = 3 * time.Second
	// renewEarly is how long before its end a token is renewed, in the background
	// while calls go on with it; for short-lived tokens a tenth of their life.
	renewEarly = 5 * time.Minute
	// tokenMargin is how long before its end a token is not used any more.
	tokenMargin = 10 * time.Second
	// dropEvery bounds how often a token is thrown away because Auth0 refused it.
	dropEvery = 10 * time.Second
)

// access is the Management API with one token.
type access struct {
	api            *management.Management
	renew, expires time.Time
	scope          string
}

// tokens keep the one management token that all calls share. The SDK's own way
// makes every caller wait for a renewal whatever its context says, guesses how to
// send the credentials, and keeps a token that Auth0 refuses.
type tokens struct {
	config    clientcredentials.Config
	transport *transport
	gate      *gate
	now       func() time.Time

	life   context.Context // ends with close
	cancel context.CancelFunc
	flying sync.WaitGroup

	mu      sync.Mutex
	current *access
	flight  *flight
	dropped time.Time
}

// flight is a token being fetched.
type flight struct {
	done chan struct{}
	got  *access
	err  error
}

func newTokens(c Config, t *transport) *tokens {
	life, cancel := context.WithCancel(context.Background())
	return &tokens{
		config: clientcredentials.Config{
			ClientID:       c.ClientID,
			ClientSecret:   c.ClientSecret.Reveal(),
			TokenURL:       c.issuer() + "oauth/token",
			EndpointParams: url.Values{"audience": {c.Audience}},
			AuthStyle:      oauth2.AuthStyleInParams,
		},
		transport: t,
		gate:      newGate(1, 5, c.Now),
		now:       c.Now,
		life:      life,
		cancel:    cancel,
	}
}

// close ends what is under way and waits for it.
func (t *tokens) close() {
	t.cancel()
	t.flying.Wait()
}

// access returns the Management API with a token that is good. Only the first
// caller, and whoever comes after a long outage, waits for one.
func (t *tokens) access(ctx context.Context) (*access, error) {
	t.mu.Lock()
	now := t.now()
	if a := t.current; a != nil && now.Before(a.expires) {
		if !now.Before(a.renew) && t.flight == nil {
			a.renew = now.Add(dropEvery) // if this one fails, not at every call
			t.fly()
		}
		t.mu.Unlock()
		return a, nil
	}
	if t.flight == nil {
		t.fly()
	}
	f := t.flight
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.got, f.err
	case <-ctx.Done():
		return nil, lost("management token", &note{}, ctx.Err())
	}
}

// fly fetches a token for everybody who waits. The lock is held.
func (t *tokens) fly() {
	f := &flight{done: make(chan struct{})}
	t.flight = f
	t.flying.Go(func() {
		ctx, cancel := context.WithTimeout(t.life, tokenTimeout)
		defer cancel()
		f.got, f.err = t.fetch(ctx)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.flight = nil
		if f.err == nil {
			t.current = f.got
		}
		close(f.done)
	})
}

// drop forgets a token that Auth0 refused, so that the next one is fetched. It is
// false if that was done a moment ago: another new token will not help.
func (t *tokens) drop(refused *access) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != refused {
		return true // somebody has done it
	}
	now := t.now()
	if !t.dropped.IsZero() && now.Sub(t.dropped) < dropEvery {
		return false
	}
	t.current, t.dropped = nil, now
	return true
}

func (t *tokens) fetch(ctx context.Context) (got *access, err error) {
	const doing = "management token"
	err = t.gate.do(ctx, doing, func(ctx context.Context, n *note) error {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, t.transport.client(tokenTimeout))
		token, err := t.config.Token(ctx)
		if err != nil {
			return t.refused(doing, n, err)
		}
		got, err = t.open(token)
		return err
	})
	return got, err
}

// open makes the API of a token.
func (t *tokens) open(token *oauth2.Token) (*access, error) {
	api, err := management.New(t.config.TokenURL[:len(t.config.TokenURL)-len("/oauth/token")],
		management.WithClient(t.transport.client(longestErrand)),
		management.WithStaticToken(token.AccessToken),
		management.WithNoRetries())
	if err != nil {
		return nil, &outage{doing: "management token", advice: "no client can be made for this domain", cause: runner.ErrSetup}
	}
	now := t.now()
	life := time.Minute // Auth0 always says
	if !token.Expiry.IsZero() {
		life = time.Until(token.Expiry) // which the library reckoned by its own clock
	}
	a := &access{api: api, renew: now.Add(life - min(renewEarly, life/10)), expires: now.Add(life - min(tokenMargin, life/20))}
	a.scope, _ = token.Extra("scope").(string)
	return a, nil
}

// refused tells what came of asking for a token.
func (t *tokens) refused(doing string, n *note, err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || n.status < 400 || n.status >= 500 {
		return lost(doing, n, err)
	}
	o := &outage{doing: doing, status: n.status, code: codeOf(answer.ErrorCode), cause: runner.ErrSetup}
	switch {
	case n.status == http.StatusTooManyRequests:
		return t.gate.hold(doing, n)
	case o.code == "unauthorized_client":
		o.advice = "the application may not use the Client Credentials grant: switch it on under Advanced Settings, Grant Types"
	case n.status == http.StatusUnauthorized, o.code == "invalid_client":
		o.advice, o.cause = "check client_id and client_secret", runner.ErrCredentials
	case n.status == http.StatusForbidden:
		o.advice = "the application may not use the Management API: authorize it there, with the scope read:users; with a custom domain, check audience"
	case n.status == http.StatusNotFound:
		o.advice = "there is no such tenant: check the domain"
	default:
		o.advice = "check the domain and the audience"
	}
	return o
}

package auth0

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/auth0/go-auth0/management"

	"callflow/engine/runner"
)

// errand is a request to the Management API.
type errand struct {
	doing   string
	scope   string // what the token needs for it
	gate    *gate
	timeout time.Duration // longestErrand at most
	// retry says that it may be made twice: that it only reads.
	retry bool
}

// errand is one for an operator, who can wait.
func (p *Provider) errand(doing, scope string, reads bool) errand {
	return errand{doing: doing, scope: scope, gate: p.errands, timeout: readTimeout, retry: reads}
}

// longestErrand bounds every request to the Management API.
const longestErrand = 30 * time.Second

// request makes a request of the Management API, and where that can help once more:
// with a new token when Auth0 refuses the one we have, or, if it only reads, when
// nothing came back. All of it in one time-out.
func (p *Provider) request(ctx context.Context, e errand, call func(context.Context, *management.Management) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	err := p.requestOnce(ctx, e, call)
	var again *retry
	if errors.As(err, &again) && ctx.Err() == nil && (e.retry || again.status == http.StatusUnauthorized) {
		err = p.requestOnce(ctx, e, call)
	}
	if errors.As(err, &again) {
		err = again.outage
	}
	return err
}

// retry is an outage after which the same request may do better.
type retry struct{ *outage }

func (r *retry) Unwrap() error { return r.outage }

func (p *Provider) requestOnce(ctx context.Context, e errand, call func(context.Context, *management.Management) error) error {
	a, err := p.tokens.access(ctx)
	if err != nil {
		return err
	}
	return e.gate.do(ctx, e.doing, func(ctx context.Context, n *note) error {
		err := call(ctx, a.api)
		if err == nil {
			return nil
		}
		return p.unmanaged(e, a, n, err)
	})
}

// unmanaged tells what came of a request to the Management API.
func (p *Provider) unmanaged(e errand, a *access, n *note, err error) error {
	var answer management.Error
	if !errors.As(err, &answer) || n.status < 400 {
		if errors.Is(err, errEmpty) {
			return empty(e.doing, n)
		}
		return again(lost(e.doing, n, err))
	}
	o := &outage{doing: e.doing, status: n.status}
	switch n.status {
	case http.StatusTooManyRequests:
		return e.gate.hold(e.doing, n)
	case http.StatusUnauthorized:
		o.found, o.cause = "Auth0 refuses the management token", runner.ErrCredentials
		o.advice = "check that domain, client_id and audience are of one tenant"
		if p.tokens.drop(a) {
			return &retry{o}
		}
	case http.StatusForbidden:
		o.found, o.cause = "the management token may not do it", runner.ErrSetup
		if e.scope == scopeUsers {
			o.found = "the management token may not read users"
		}
		o.advice = "grant the application the scope " + e.scope + ", " + whereScopes
	case http.StatusNotFound:
		o.cause = errNotThere
		if e.gate == p.errands {
			o.advice = "check the domain, and whether the tenant's plan has it"
		}
	default:
		if n.status >= 500 {
			return again(lost(e.doing, n, err))
		}
		o.found, o.cause = "the request is refused", runner.ErrSetup
		o.advice = "the tenant's log may say why, under Monitoring, Logs"
	}
	return o
}

// again marks an outage that has time left: not one of time itself.
func again(o *outage) error {
	if errors.Is(o, context.DeadlineExceeded) || errors.Is(o, context.Canceled) {
		return o
	}
	return &retry{o}
}

// missing tells a 404 of the Management API.
func missing(err error) bool {
	var o *outage
	return errors.As(err, &o) && o.status == http.StatusNotFound && errors.Is(err, errNotThere)
}

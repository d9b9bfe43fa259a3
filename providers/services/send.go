package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/retryafter"
)

// exchange is what came of one try.
type exchange struct {
	runner.Verdict
	detail string
	body   []byte
	// after is how long the service wants to be left alone, if it says so.
	after time.Duration
	// sent: the service may have seen something of it.
	sent bool
}

// find returns a service and the time for one effect: the flow's, or the
// service's own.
func (s *Services) find(f engine.Fetch) (*service, time.Duration, error) {
	svc := s.byName[f.Service]
	if svc == nil {
		return nil, 0, fmt.Errorf("service %q is not configured", f.Service)
	}
	if f.Timeout > 0 {
		return svc, f.Timeout, nil
	}
	return svc, svc.timeout, nil
}

// send makes one try. ctx carries the time for it. key is an action's.
func (svc *service) send(ctx context.Context, f engine.Fetch, key string, timeout time.Duration) exchange {
	req, err := svc.request(f, key)
	if err != nil {
		// It can never be sent, so that waiting helps nobody.
		return exchange{Verdict: runner.Verdict{Request: engine.AnswerError, Action: engine.AnswerRejected}, detail: err.Error()}
	}
	var sent atomic.Bool
	// From here on bytes may leave. Whether they did is not known for sure until
	// an answer comes, and a doubt counts as sent.
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	// A transport, not a client: it follows no redirect and keeps no cookies.
	resp, err := svc.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		x := exchange{Verdict: runner.Outage(), detail: fault(ctx, err, timeout), sent: sent.Load()}
		if errors.Is(err, errAddress) {
			x.Retry, x.Mend = false, errAddress
		}
		return x
	}
	defer resp.Body.Close()
	x := exchange{
		Verdict: runner.Judge(resp.StatusCode),
		detail:  "HTTP " + strconv.Itoa(resp.StatusCode),
		after:   retryafter.Wait(resp.Header, time.Now()),
		sent:    true,
	}
	if x.Request == engine.AnswerOK {
		x.read(ctx, resp.Body, timeout)
	} else if n := resp.ContentLength; n >= 0 && n <= maxDrain {
		_, _ = io.CopyN(io.Discard, resp.Body, n) // so that the connection is used again
	}
	return x
}

// read takes the body of a good answer. If that fails an action is done all the
// same, and only what it returned is lost.
func (x *exchange) read(ctx context.Context, r io.Reader, timeout time.Duration) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	switch {
	case err != nil:
		x.Request, x.Retry = engine.AnswerError, true
		x.detail += ", then " + fault(ctx, err, timeout)
	case len(body) > maxBody:
		x.Request = engine.AnswerError
		x.detail += fmt.Sprintf(", more than %d KiB", maxBody>>10)
	case len(body) > 0:
		x.body = body
	}
}

// err is the error of an exchange that was no answer to go by: what an operator
// must mend, or the end of the caller's context.
func (x exchange) err(ctx context.Context, svc *service) error {
	if x.Mend != nil {
		return fmt.Errorf("service %s: %s: %w", svc.name, x.detail, x.Mend)
	}
	return ctx.Err()
}

// request builds an HTTP request. Its errors hold nothing of the effect.
func (svc *service) request(f engine.Fetch, key string) (*http.Request, error) {
	u, err := svc.join(f.Path)
	if err != nil {
		return nil, err
	}
	header := make(http.Header, len(svc.headers)+len(f.Headers)+4)
	header.Set("Accept", "application/json")
	header.Set("User-Agent", "callflow")
	for _, h := range f.Headers {
		if !httpguts.ValidHeaderFieldName(h.Name) || !httpguts.ValidHeaderFieldValue(h.Value) || reserved(h.Name) {
			return nil, errHeader
		}
		header.Set(h.Name, h.Value)
	}
	if len(f.Body) > 0 {
		header.Set("Content-Type", "application/json")
	}
	for name, values := range svc.headers {
		header[name] = values
	}
	if key != "" {
		if !httpguts.ValidHeaderFieldValue(key) {
			return nil, errHeader
		}
		// Written as HTTP/2 writes it, and not in the form that makes a transport
		// repeat the request by itself when a connection breaks: an action is sent
		// once.
		header[idempotencyKey] = []string{key}
	}
	if !httpguts.ValidHeaderFieldName(f.Method) { // a token, as a header's name is
		return nil, errMethod
	}
	req := &http.Request{Method: f.Method, URL: u, Host: u.Host, Header: header}
	if len(f.Body) > 0 {
		req.ContentLength = int64(len(f.Body))
		req.Body = io.NopCloser(bytes.NewReader(f.Body))
	}
	return req, nil
}

const idempotencyKey = "idempotency-key"

// What an effect is refused with, before anything is sent.
var (
	errHeader = errors.New("header not allowed")
	errMethod = errors.New("method not allowed")
)

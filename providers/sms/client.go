package sms

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"callflow/providers/retryafter"
)

// maxAnswer bounds what is read of a vendor's answer, in bytes.
const maxAnswer = 64 << 10

// soon is how long a vendor may ask us to wait before the one more try.
const soon = 2 * time.Second

// Client sends requests to a vendor.
type Client struct {
	Sender  string
	Timeout time.Duration // of one message; zero: DefaultTimeout
	// Transport is for tests; nil: a new one.
	Transport http.RoundTripper
}

// NewClient makes a client with connections of its own.
func NewClient(sender string, timeout time.Duration) *Client {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &Client{Sender: sender, Timeout: timeout, Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   3 * time.Second,
		ResponseHeaderTimeout: timeout,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
		ForceAttemptHTTP2:     true,
	}}
}

// Request is one request to a vendor.
type Request struct {
	Method      string
	URL         string
	ContentType string
	Header      http.Header // besides
	// User and Password are Basic authentication, where User is set.
	User, Password string
	Body           []byte
}

// Answer is what a vendor answered.
type Answer struct {
	Status int
	Body   []byte
	// After is the Retry-After it sent.
	After time.Duration
}

// Do sends a request and returns the answer, whatever its status. It tries once
// more where nothing can have been sent: when no connection came about, and when
// the vendor says so (429, 503) and asks for little time. The error is a *Failure.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	for try := 1; ; try++ {
		a, maybe, err := c.once(ctx, r)
		again := try == 1 && (err != nil && !maybe || err == nil && (a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable) && a.After > 0 && a.After <= soon)
		if again && pause(ctx, a.After) {
			continue
		}
		if err != nil {
			return a, &Failure{Sender: c.Sender, Kind: ErrOutage, Reason: words(ctx, err), Maybe: maybe}
		}
		return a, nil
	}
}

// once makes one try. maybe is set when the vendor may have seen the request.
func (c *Client) once(ctx context.Context, r Request) (a Answer, maybe bool, err error) {
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return a, true, errors.New("the request cannot be made") // and never will be
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	req.Header.Set("User-Agent", "callflow")
	if r.User != "" {
		req.SetBasicAuth(r.User, r.Password)
	}
	// A body that cannot be read again keeps the transport from trying by itself.
	req.GetBody = nil
	// A transport, not a client: it follows no redirect with a code in it.
	resp, err := c.Transport.RoundTrip(req)
	if err != nil {
		return a, wrote.Load(), err
	}
	defer resp.Body.Close()
	a.Status = resp.StatusCode
	a.After = retryafter.Wait(resp.Header, time.Now())
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return a, true, err
	}
	return a, false, nil
}

// pause waits, if there is time for that and more.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// words say why there was no answer. The error itself holds the URL, and that may
// hold the text.
func words(ctx context.Context, err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "timed out"
	case ctx.Err() != nil:
		return "given up"
	case errors.As(err, &dns):
		return "its name is not found"
	case errors.As(err, &cert):
		return "its certificate is not accepted"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	}
	return "the connection failed"
}

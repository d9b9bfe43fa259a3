package auth0

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callflow/providers/retryafter"
)

// maxBody bounds what is read of one answer, in bytes. A profile has 10 KB, of a
// search at most two are asked for.
const maxBody = 1 << 20

var (
	errRedirect = errors.New("redirected, which Auth0's API never does: check the domain")
	errTooLarge = fmt.Errorf("the answer is larger than %d bytes", maxBody)
)

// transport is under every client of this package. It aims requests at the base
// URL, follows no redirect (a PIN is sent to one place only), bounds answers, and
// keeps what the SDK drops: the real status and the headers about rates.
type transport struct {
	base *url.URL // nil: where the request says
	next http.RoundTripper
}

func newTransport(c Config) (*transport, error) {
	t := &transport{next: c.Transport}
	if c.BaseURL != "" {
		var err error
		if t.base, err = url.Parse(strings.TrimRight(c.BaseURL, "/")); err != nil {
			return nil, errors.New("base_url is not a URL")
		}
	}
	if t.next == nil {
		t.next = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 3 * time.Second,
			MaxIdleConnsPerHost: 32, // all calls go to one host
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
			// A connection that died unseen would take every request with it.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 2 * time.Second},
		}
	}
	return t, nil
}

// client returns a fresh client: the SDK changes the one it is given.
func (t *transport) client(timeout time.Duration) *http.Client {
	return &http.Client{Transport: t, Timeout: timeout}
}

// close closes idle connections, of our own transport.
func (t *transport) close() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip sends a request once.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.base != nil {
		out := req.Clone(req.Context())
		out.URL.Scheme, out.URL.Host, out.Host = t.base.Scheme, t.base.Host, ""
		out.URL.Path = t.base.Path + req.URL.Path
		if req.URL.RawPath != "" {
			out.URL.RawPath = t.base.EscapedPath() + req.URL.RawPath
		}
		req = out
	}
	res, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if n, ok := req.Context().Value(noteKey{}).(*note); ok {
		n.status, n.header = res.StatusCode, res.Header
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		_ = res.Body.Close()
		return nil, errRedirect
	}
	res.Body = &bounded{res.Body, maxBody}
	return res, nil
}

// bounded fails, instead of ending, when a body is too large.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// note is what one request was answered with. It travels in the request's context.
type note struct {
	status int // zero: nothing came back
	header http.Header
}

type noteKey struct{}

func withNote(ctx context.Context) (context.Context, *note) {
	n := &note{}
	return context.WithValue(ctx, noteKey{}, n), n
}

// The bounds of how long Auth0 can make us wait, and what we wait where it does
// not say.
const (
	minPause = time.Second
	maxPause = time.Minute
)

// pause is how long a 429 asks us to wait.
func (n *note) pause(now time.Time) time.Duration {
	wait := minPause
	if after := retryafter.Wait(n.header, now); after > 0 {
		wait = after
	} else if reset, err := strconv.ParseInt(n.header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		wait = time.Unix(reset, 0).Sub(now)
	}
	return min(max(wait, minPause), maxPause)
}

package services

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"callflow/engine"
	"callflow/engine/runner"
)

// Defaults and bounds.
const (
	DefaultTimeout = 3 * time.Second

	maxBody   = 64 << 10 // bytes of an answer
	maxDrain  = 4 << 10  // bytes of an answer that nobody reads
	maxHeader = 64 << 10
	maxDial   = 5 * time.Second // the dial outlives the request that began it
)

// Config is what New needs.
type Config struct {
	Services map[string]Service
	// Callbacks are how the numbers begin that an action may ask to be called:
	// "+61". None: no number may be.
	Callbacks []string
	// Resolver looks names up. Nil: as the system does.
	Resolver *net.Resolver
}

// Service is an HTTP service.
type Service struct {
	// URL is where the service's paths begin: scheme, host, and perhaps a path.
	URL string
	// Timeout bounds a request with all its tries, or one try of an action; zero:
	// DefaultTimeout. A flow may set its own.
	Timeout time.Duration
	// Headers are sent with everything, and win over a flow's.
	Headers map[string]engine.Secret
	// Idempotent tells that the service does an action once, however often it
	// comes under the same Idempotency-Key. Nil: yes.
	Idempotent *bool
	// Private allows addresses that are not public: this machine's, the local
	// network's, a cloud's metadata.
	Private bool
}

// Services is an HTTP client for the services of an installation. It is safe
// for concurrent use.
type Services struct {
	callbacks []string
	byName    map[string]*service
	// Private services have connections of their own, so that no other service
	// of the same host finds one that is open already.
	public, private *http.Transport
	// backoff is how long to wait before the second and the third try.
	backoff []time.Duration
	stop    context.CancelFunc
}

var _ runner.Services = (*Services)(nil)

// service is a Service that was checked.
type service struct {
	name       string
	base       *url.URL
	timeout    time.Duration
	headers    http.Header
	idempotent bool
	transport  *http.Transport
}

// New checks the configuration, all of it, and returns a client. Call Close.
func New(c Config) (*Services, error) {
	closing, stop := context.WithCancel(context.Background())
	s := &Services{
		callbacks: c.Callbacks,
		byName:    make(map[string]*service, len(c.Services)),
		public:    newTransport(closing, c.Resolver, allowPublic),
		private:   newTransport(closing, c.Resolver, nil),
		backoff:   []time.Duration{50 * time.Millisecond, 200 * time.Millisecond},
		stop:      stop,
	}
	names := make([]string, 0, len(c.Services))
	for name := range c.Services {
		names = append(names, name)
	}
	slices.Sort(names)
	var errs []error
	for _, name := range names {
		svc, err := s.check(name, c.Services[name])
		if err != nil {
			errs = append(errs, err)
		}
		s.byName[name] = svc
	}
	if err := errors.Join(errs...); err != nil {
		stop()
		return nil, err
	}
	return s, nil
}

// Idempotent tells whether a service may be sent an action again. One that is
// not known may not.
func (s *Services) Idempotent(name string) bool {
	svc := s.byName[name]
	return svc != nil && svc.idempotent
}

// Close gives up dials and closes idle connections. Requests that run end by
// their own contexts.
func (s *Services) Close() error {
	s.stop()
	s.public.CloseIdleConnections()
	s.private.CloseIdleConnections()
	return nil
}

// check turns configuration into a service, or says all that is wrong with it.
func (s *Services) check(name string, c Service) (*service, error) {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("service "+name+": "+format, args...))
	}
	svc := &service{
		name:       name,
		timeout:    c.Timeout,
		headers:    http.Header{},
		idempotent: c.Idempotent == nil || *c.Idempotent,
		transport:  s.public,
	}
	if c.Private {
		svc.transport = s.private
	}
	switch {
	case c.Timeout < 0:
		fail("timeout is %v; expected some seconds", c.Timeout)
	case c.Timeout == 0:
		svc.timeout = DefaultTimeout
	}
	base, err := parseBase(c.URL)
	if err != nil {
		fail("%w", err)
	} else if svc.base = base; !c.Private && isLocal(base.Hostname()) {
		fail("url leads to %s, which is not a public address; if that is meant, say private: true", base.Hostname())
	}
	headers := make([]string, 0, len(c.Headers))
	for h := range c.Headers {
		headers = append(headers, h)
	}
	slices.Sort(headers)
	for _, h := range headers {
		switch {
		case !httpguts.ValidHeaderFieldName(h):
			fail("%q is not a name for a header", h)
		case reserved(h):
			fail("header %s is set by callflow itself; remove it", h)
		case !httpguts.ValidHeaderFieldValue(c.Headers[h].Reveal()):
			fail("the value of header %s holds a line break or another character that no header may hold", h)
		default:
			svc.headers.Set(h, c.Headers[h].Reveal())
		}
	}
	return svc, errors.Join(errs...)
}

// isLocal tells early what dialling would refuse anyway: names of this machine
// and addresses written out.
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && !public(addr)
}

// reserved are headers that are not for configuration or flows to set: they
// belong to the connection, or to this package.
func reserved(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Content-Length", "Expect", "Host", "Idempotency-Key", "Keep-Alive", "Proxy-Authorization",
		"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "X-Idempotency-Key":
		return true
	}
	return false
}

// newTransport makes connections that no environment variable redirects. allow
// judges each address that is about to be dialled.
func newTransport(closing context.Context, r *net.Resolver, allow control) *http.Transport {
	dialer := &net.Dialer{Timeout: maxDial, Resolver: r, Control: allow}
	return &http.Transport{
		Proxy: nil,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(closing, cancel)()
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    maxDial,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

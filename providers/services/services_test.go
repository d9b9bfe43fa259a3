package services

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"callflow/engine"
	"callflow/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token   = "Bearer tell-nobody"
	account = "8675309" // what a caller entered
)

// bench is a service and its client.
type bench struct {
	*Services
	*httptest.Server
	hits atomic.Int64
}

// serve starts a service named bank, at this machine and therefore private.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*Service)) *bench {
	t.Helper()
	b := &bench{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.hits.Add(1)
		handler(w, r)
	}))
	t.Cleanup(b.Server.Close)
	svc := Service{
		URL:     b.Server.URL + "/v1",
		Headers: map[string]engine.Secret{"Authorization": engine.NewSecret(token)},
		Private: true,
		Timeout: 30 * time.Second, // slow machines test, too
	}
	for _, c := range change {
		c(&svc)
	}
	b.client(t, svc, nil)
	return b
}

func (b *bench) client(t *testing.T, svc Service, r *net.Resolver) {
	t.Helper()
	var err error
	b.Services, err = New(Config{Services: map[string]Service{"bank": svc}, Resolver: r})
	if err != nil {
		t.Fatal(err)
	}
	b.backoff = []time.Duration{time.Millisecond, time.Millisecond}
	t.Cleanup(func() {
		if err := b.Services.Close(); err != nil {
			t.Error(err)
		}
	})
}

// quiet fails the test if what is shown to anybody holds a secret or a caller's
// data.
func (b *bench) quiet(t *testing.T, a engine.Answered, err error) {
	t.Helper()
	shown := fmt.Sprintln(a.Detail, err)
	for _, s := range []string{"tell-nobody", account} {
		if strings.Contains(shown, s) {
			t.Errorf("%q is shown: %s", s, shown)
		}
	}
}

func fetch() engine.Fetch {
	return engine.Fetch{Service: "bank", Method: http.MethodGet, Path: "/accounts/" + account + "?q=" + account}
}

func (b *bench) request(t *testing.T, ctx context.Context) (engine.Answered, error) {
	t.Helper()
	a, err := b.Request(ctx, engine.Request{Fetch: fetch()})
	b.quiet(t, a, err)
	return a, err
}

func (b *bench) action(t *testing.T, ctx context.Context) (engine.Answered, bool, error) {
	t.Helper()
	f := fetch()
	f.Method, f.Body = http.MethodPost, []byte(`{"account":"`+account+`"}`)
	a, sent, err := b.Action(ctx, engine.Action{Fetch: f, Key: "s1-record-1"})
	b.quiet(t, a, err)
	return a, sent, err
}

// TestTable sends a request and an action for every row of the table.
func TestTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status          int
		request, action engine.Answer
		tries           int64
		err             error
	}{
		{200, engine.AnswerOK, engine.AnswerDone, 1, nil},
		{201, engine.AnswerOK, engine.AnswerDone, 1, nil},
		{202, engine.AnswerOK, engine.AnswerDone, 1, nil},
		{204, engine.AnswerOK, engine.AnswerDone, 1, nil},
		{301, engine.AnswerError, engine.AnswerPending, 1, runner.ErrRedirect},
		{304, engine.AnswerError, engine.AnswerPending, 1, runner.ErrRedirect},
		{307, engine.AnswerError, engine.AnswerPending, 1, runner.ErrRedirect},
		{400, engine.AnswerError, engine.AnswerRejected, 1, nil},
		{401, engine.AnswerError, engine.AnswerPending, 1, runner.ErrCredentials},
		{402, engine.AnswerError, engine.AnswerRejected, 1, nil},
		{403, engine.AnswerError, engine.AnswerPending, 1, runner.ErrCredentials},
		{404, engine.AnswerNotFound, engine.AnswerRejected, 1, nil},
		{408, engine.AnswerError, engine.AnswerPending, 3, nil},
		{409, engine.AnswerError, engine.AnswerRejected, 1, nil},
		{410, engine.AnswerError, engine.AnswerRejected, 1, nil},
		{422, engine.AnswerError, engine.AnswerRejected, 1, nil},
		{425, engine.AnswerError, engine.AnswerPending, 3, nil},
		{429, engine.AnswerError, engine.AnswerPending, 3, nil},
		{500, engine.AnswerError, engine.AnswerPending, 3, nil},
		{501, engine.AnswerError, engine.AnswerPending, 3, nil},
		{503, engine.AnswerError, engine.AnswerPending, 3, nil},
		{599, engine.AnswerError, engine.AnswerPending, 3, nil},
		{999, engine.AnswerError, engine.AnswerPending, 3, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			t.Parallel()
			b := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				if tt.status != 204 && tt.status != 304 {
					fmt.Fprint(w, `{"amount":12.5}`)
				}
			})
			wantBody := ""
			if tt.request == engine.AnswerOK && tt.status != 204 {
				wantBody = `{"amount":12.5}`
			}
			check := func(what string, a engine.Answered, want engine.Answer, tries int64) {
				t.Helper()
				if a.Result != want || string(a.Body) != wantBody || a.Detail != fmt.Sprintf("HTTP %d", tt.status) {
					t.Errorf("%s: %s, %q, %q; want %s, %q", what, a.Result, a.Body, a.Detail, want, wantBody)
				}
				if n := b.hits.Swap(0); n != tries {
					t.Errorf("%s was tried %d times, want %d", what, n, tries)
				}
			}
			a, err := b.request(t, t.Context())
			if !errors.Is(err, tt.err) {
				t.Errorf("error is %v, want %v", err, tt.err)
			}
			check("request", a, tt.request, tt.tries)
			a, sent, err := b.action(t, t.Context())
			if !errors.Is(err, tt.err) || !sent {
				t.Errorf("sent is %v, error is %v, want %v", sent, err, tt.err)
			}
			check("action", a, tt.action, 1)
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	b := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	f := engine.Fetch{
		Service: "bank", Method: http.MethodPut, Path: "/a%2Fb/c%20d?x=1&y=%20",
		Headers: []engine.Header{{Name: "X-Flow", Value: "herd"}, {Name: "authorization", Value: "the flow's own"}},
		Body:    []byte(`{"event":"birth"}`),
	}
	a, sent, err := b.Action(t.Context(), engine.Action{Fetch: f, Key: "s1-record-1"})
	if err != nil || !sent || a.Result != engine.AnswerDone || a.Body != nil {
		t.Fatalf("answer is %+v, %v, %v", a, sent, err)
	}
	if got.Method != http.MethodPut || got.RequestURI != "/v1/a%2Fb/c%20d?x=1&y=%20" || string(body) != `{"event":"birth"}` {
		t.Errorf("sent %s %s %s", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Authorization":   token, // the configuration wins
		"X-Flow":          "herd",
		"Idempotency-Key": "s1-record-1",
		"Content-Type":    "application/json",
		"Accept":          "application/json",
	} {
		if v := got.Header.Values(name); len(v) != 1 || v[0] != want {
			t.Errorf("header %s is %q, want %q", name, v, want)
		}
	}

	if _, err := b.request(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Idempotency-Key") != "" || got.Header.Get("Content-Type") != "" {
		t.Errorf("a request carries %v", got.Header)
	}
}

// TestGetsBetter fails twice and then answers.
func TestGetsBetter(t *testing.T) {
	t.Parallel()
	var b *bench
	b = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if b.hits.Load() < 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
		fmt.Fprint(w, `{}`)
	})
	a, err := b.request(t, t.Context())
	if err != nil || a.Result != engine.AnswerOK || string(a.Body) != `{}` {
		t.Errorf("answer is %+v, %v", a, err)
	}
}

func TestOnlyReadsAreRepeated(t *testing.T) {
	t.Parallel()
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	f := fetch()
	f.Method = http.MethodPost
	if a, err := b.Request(t.Context(), engine.Request{Fetch: f}); err != nil || a.Result != engine.AnswerError {
		t.Errorf("answer is %+v, %v", a, err)
	}
	if n := b.hits.Load(); n != 1 {
		t.Errorf("a POST was sent %d times", n)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60") // longer than there is time
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if a, err := b.request(t, t.Context()); err != nil || a.Detail != "HTTP 503" {
		t.Errorf("answer is %+v, %v", a, err)
	}
	if n := b.hits.Load(); n != 1 {
		t.Errorf("tried %d times", n)
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := serve(t, func(http.ResponseWriter, *http.Request) { <-release }, func(s *Service) { s.Timeout = 300 * time.Millisecond })
	defer close(release)
	a, err := b.request(t, t.Context())
	if err != nil || a.Result != engine.AnswerError || a.Detail != "timed out after 300ms" {
		t.Errorf("request: %+v, %v", a, err)
	}
	a, sent, err := b.action(t, t.Context())
	if err != nil || !sent || a.Result != engine.AnswerPending || a.Detail != "timed out after 300ms" {
		t.Errorf("action: %+v, %v, %v", a, sent, err)
	}
	f := fetch()
	f.Timeout = 10 * time.Millisecond // the flow's own
	if a, err := b.Request(t.Context(), engine.Request{Fetch: f}); err != nil || a.Detail != "timed out after 10ms" {
		t.Errorf("request: %+v, %v", a, err)
	}
}

// TestSlowBody answers at once and then says no more.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"amount":`)
		w.(http.Flusher).Flush()
		<-release
	}, func(s *Service) { s.Timeout = time.Second })
	defer close(release)
	a, err := b.request(t, t.Context())
	if err != nil || a.Result != engine.AnswerError || a.Body != nil || a.Detail != "HTTP 200, then timed out after 1s" {
		t.Errorf("request: %+v, %v", a, err)
	}
	// The service has done it, whatever became of its words.
	a, sent, err := b.action(t, t.Context())
	if err != nil || !sent || a.Result != engine.AnswerDone || a.Body != nil {
		t.Errorf("action: %+v, %v, %v", a, sent, err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	b := serve(t, func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-release })
	defer close(release)
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		a, sent, err := b.action(t, ctx)
		if !errors.Is(err, context.Canceled) || !sent || a.Result != engine.AnswerPending || a.Detail != "given up" {
			t.Errorf("action: %+v, %v, %v", a, sent, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if a, err := b.request(t, ctx); !errors.Is(err, context.Canceled) || a.Result != engine.AnswerError {
		t.Errorf("request: %+v, %v", a, err)
	}
	if n := b.hits.Load(); n != 3 {
		t.Errorf("tried %d times, want 3", n)
	}
}

func drop(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestDropped(t *testing.T) {
	t.Parallel()
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) { drop(w) })
	a, err := b.request(t, t.Context())
	if err != nil || a.Result != engine.AnswerError || a.Detail != "connection lost" {
		t.Errorf("request: %+v, %v", a, err)
	}
	if n := b.hits.Swap(0); n != 3 {
		t.Errorf("request was tried %d times, want 3", n)
	}
	a, sent, err := b.action(t, t.Context())
	if err != nil || !sent || a.Result != engine.AnswerPending || a.Detail != "connection lost" {
		t.Errorf("action: %+v, %v, %v", a, sent, err)
	}
	if n := b.hits.Load(); n != 1 {
		t.Errorf("action was sent %d times", n)
	}
}

// TestActionsAreSentOnce breaks a connection that has been used before: a
// transport would repeat a request that carries an idempotency key.
func TestActionsAreSentOnce(t *testing.T) {
	t.Parallel()
	var b *bench
	b = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if b.hits.Load() > 1 {
			drop(w)
		}
	})
	for i, want := range []engine.Answer{engine.AnswerDone, engine.AnswerPending} {
		f := fetch()
		f.Method = http.MethodDelete // without a body, which could not be repeated
		a, sent, err := b.Action(t.Context(), engine.Action{Fetch: f, Key: "key"})
		if err != nil || !sent || a.Result != want {
			t.Errorf("action %d: %+v, %v, %v", i, a, sent, err)
		}
	}
	if n := b.hits.Load(); n != 2 {
		t.Errorf("two actions were sent %d times", n)
	}
}

func TestHugeBody(t *testing.T) {
	t.Parallel()
	size := maxBody
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) })
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerOK || len(a.Body) != maxBody {
		t.Errorf("64 KiB: %s, %d bytes, %v", a.Result, len(a.Body), err)
	}
	size = 10 << 20
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerError || a.Body != nil || a.Detail != "HTTP 200, more than 64 KiB" {
		t.Errorf("10 MiB: %s, %d bytes, %q, %v", a.Result, len(a.Body), a.Detail, err)
	}
	if a, sent, err := b.action(t, t.Context()); err != nil || !sent || a.Result != engine.AnswerDone || a.Body != nil {
		t.Errorf("10 MiB: %s, %d bytes, %v", a.Result, len(a.Body), err)
	}
}

func TestGarbageIsPassedOn(t *testing.T) {
	t.Parallel()
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerOK || string(a.Body) != "<html>" {
		t.Errorf("answer is %+v, %v", a, err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		b := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		if a, err := b.request(t, t.Context()); !errors.Is(err, runner.ErrRedirect) || a.Result != engine.AnswerError {
			t.Errorf("request: %+v, %v", a, err)
		}
		if a, _, err := b.action(t, t.Context()); !errors.Is(err, runner.ErrRedirect) || a.Result != engine.AnswerPending {
			t.Errorf("action: %+v, %v", a, err)
		}
		if n := b.hits.Load(); n != 2 {
			t.Errorf("HTTP %d: %d requests", status, n)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	b := serve(t, func(http.ResponseWriter, *http.Request) {})
	b.Server.Close()
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerError || a.Detail != "connection refused" {
		t.Errorf("request: %+v, %v", a, err)
	}
	if a, sent, err := b.action(t, t.Context()); err != nil || sent || a.Result != engine.AnswerPending || a.Detail != "connection refused" {
		t.Errorf("action: %+v, %v, %v", a, sent, err)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it expects what happens
	server.StartTLS()
	defer server.Close()
	b := &bench{}
	b.client(t, Service{URL: server.URL, Private: true}, nil)
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerError || a.Detail != "certificate not trusted" {
		t.Errorf("https: %+v, %v", a, err)
	}
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	b.client(t, Service{URL: strings.Replace(plain.URL, "http:", "https:", 1), Private: true}, nil)
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerError || a.Detail != "TLS failed" {
		t.Errorf("https to http: %+v, %v", a, err)
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	b := serve(t, func(http.ResponseWriter, *http.Request) {})
	if b.public.Proxy != nil || b.private.Proxy != nil {
		t.Error("a proxy is used")
	}
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerOK {
		t.Errorf("answer is %+v, %v", a, err)
	}
}

func TestNotConfigured(t *testing.T) {
	t.Parallel()
	b := serve(t, func(http.ResponseWriter, *http.Request) {})
	f := fetch()
	f.Service = "blank"
	a, err := b.Request(t.Context(), engine.Request{Fetch: f})
	if err == nil || a.Result != engine.AnswerError {
		t.Errorf("request: %+v, %v", a, err)
	}
	a, sent, err := b.Action(t.Context(), engine.Action{Fetch: f, Key: "key"})
	if err == nil || sent || a.Result != engine.AnswerPending {
		t.Errorf("action: %+v, %v, %v", a, sent, err)
	}
	if b.Idempotent("blank") {
		t.Error("an unknown service is idempotent")
	}
}

func TestIdempotent(t *testing.T) {
	t.Parallel()
	no, yes := false, true
	s, err := New(Config{Services: map[string]Service{
		"default": {URL: "https://a.example.com"},
		"yes":     {URL: "https://a.example.com", Idempotent: &yes},
		"no":      {URL: "https://a.example.com", Idempotent: &no},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]bool{"default": true, "yes": true, "no": false} {
		if got := s.Idempotent(name); got != want {
			t.Errorf("service %s: idempotent is %v", name, got)
		}
	}
}

// TestNeverSent are effects that no service should see.
func TestNeverSent(t *testing.T) {
	t.Parallel()
	b := serve(t, func(http.ResponseWriter, *http.Request) {})
	tests := map[string]engine.Fetch{
		"path not allowed":   {Path: "/accounts/../admin"},
		"header not allowed": {Path: "/", Headers: []engine.Header{{Name: "X-Name", Value: account + "\r\nX-Admin: yes"}}},
		"method not allowed": {Path: "/", Method: "GET / HTTP/1.1\r\nX: "},
	}
	for detail, f := range tests {
		f.Service = "bank"
		if f.Method == "" {
			f.Method = http.MethodPost
		}
		a, sent, err := b.Action(t.Context(), engine.Action{Fetch: f, Key: "key"})
		if err != nil || sent || a.Result != engine.AnswerRejected || a.Detail != detail {
			t.Errorf("%s: action %+v, %v, %v", detail, a, sent, err)
		}
		if a, err := b.Request(t.Context(), engine.Request{Fetch: f}); err != nil || a.Result != engine.AnswerError || a.Detail != detail {
			t.Errorf("%s: request %+v, %v", detail, a, err)
		}
	}
	for _, name := range []string{"Host", "content-length", "Transfer-Encoding", "idempotency-key"} {
		f := engine.Fetch{Service: "bank", Method: http.MethodPost, Path: "/", Headers: []engine.Header{{Name: name, Value: "1"}}}
		if a, _, _ := b.Action(t.Context(), engine.Action{Fetch: f, Key: "key"}); a.Detail != "header not allowed" {
			t.Errorf("header %s: %+v", name, a)
		}
	}
	if a, _, _ := b.Action(t.Context(), engine.Action{Fetch: engine.Fetch{Service: "bank", Method: "POST", Path: "/"}, Key: "a\nb"}); a.Detail != "header not allowed" {
		t.Errorf("a key with a line break: %+v", a)
	}
	if n := b.hits.Load(); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// TestPrivateName resolves a public-looking name to addresses that are not.
func TestPrivateName(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "100.100.100.200", "0.0.0.0", "::1", "fd00:ec2::254", "fe80::1", "::ffff:127.0.0.1"} {
		t.Run(addr, func(t *testing.T) {
			t.Parallel()
			b := serve(t, func(http.ResponseWriter, *http.Request) {})
			_, port, _ := net.SplitHostPort(b.Listener.Addr().String())
			svc := Service{URL: "http://bank.example.com:" + port, Headers: map[string]engine.Secret{"Authorization": engine.NewSecret(token)}}
			b.client(t, svc, resolver(addr))
			a, err := b.request(t, t.Context())
			if !errors.Is(err, errAddress) || a.Result != engine.AnswerError || a.Detail != "address not allowed" {
				t.Errorf("request: %+v, %v", a, err)
			}
			a, sent, err := b.action(t, t.Context())
			if !errors.Is(err, errAddress) || sent || a.Result != engine.AnswerPending || a.Detail != "address not allowed" {
				t.Errorf("action: %+v, %v, %v", a, sent, err)
			}
			if n := b.hits.Load(); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

func TestPrivateServiceByName(t *testing.T) {
	t.Parallel()
	b := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(b.Listener.Addr().String())
	b.client(t, Service{URL: "http://bank.example.com:" + port, Private: true}, resolver("127.0.0.1"))
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerOK {
		t.Errorf("declared private: %+v, %v", a, err)
	}
	// Another service at the same place finds no connection left open for it.
	public := *b.byName["bank"]
	public.name, public.transport = "public", b.public
	b.byName["public"] = &public
	f := fetch()
	f.Service = "public"
	if a, err := b.Request(t.Context(), engine.Request{Fetch: f}); !errors.Is(err, errAddress) || a.Detail != "address not allowed" {
		t.Errorf("not declared private: %+v, %v", a, err)
	}
}

func TestNoSuchHost(t *testing.T) {
	t.Parallel()
	b := &bench{}
	b.client(t, Service{URL: "https://bank.example.com"}, resolver())
	if a, err := b.request(t, t.Context()); err != nil || a.Result != engine.AnswerError || a.Detail != "no such host" {
		t.Errorf("request: %+v, %v", a, err)
	}
}

// resolver answers every name with these addresses, or knows none.
func resolver(addrs ...string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for answerName(theirs, addrs) == nil {
			}
		}()
		return ours, nil
	}}
}

// answerName answers one DNS question as it goes over TCP.
func answerName(conn net.Conn, addrs []string) error {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	buf := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(buf); err != nil {
		return err
	}
	m.Response, m.Authoritative = true, true
	m.Additionals = nil
	if len(addrs) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	q := m.Questions[0]
	for _, s := range addrs {
		a := netip.MustParseAddr(s)
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && !a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...))
	return err
}

func TestPublic(t *testing.T) {
	t.Parallel()
	tests := map[bool][]string{
		true: {"1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"},
		false: {
			"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
			"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
			"224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
			"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254",
			"fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
		},
	}
	for want, addrs := range tests {
		for _, s := range addrs {
			if got := public(netip.MustParseAddr(s)); got != want {
				t.Errorf("public(%s) is %v", s, got)
			}
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	const secret = "tell-nobody"
	tests := []struct {
		name string
		svc  Service
		want string
	}{
		{"no url", Service{}, "url is missing"},
		{"no scheme", Service{URL: "bank.example.com"}, "neither https:// nor http://"},
		{"other scheme", Service{URL: "file:///etc/passwd"}, "neither https:// nor http://"},
		{"no host", Service{URL: "https:///v1"}, "names no host"},
		{"port only", Service{URL: "https://:8080"}, "names no host"},
		{"not a url", Service{URL: "https://bank.example.com/%zz" + secret}, "not a URL"},
		{"user", Service{URL: "https://ana:" + secret + "@bank.example.com"}, "put credentials into headers"},
		{"query", Service{URL: "https://bank.example.com?key=" + secret}, "queries belong to the flow"},
		{"fragment", Service{URL: "https://bank.example.com#x"}, "queries belong to the flow"},
		{"dots", Service{URL: "https://bank.example.com/v1/../admin"}, `"."`},
		{"this machine", Service{URL: "http://localhost:8080"}, "say private: true"},
		{"this machine, too", Service{URL: "http://bank.LOCALHOST./"}, "say private: true"},
		{"an address", Service{URL: "http://127.0.0.1"}, "say private: true"},
		{"metadata", Service{URL: "http://169.254.169.254/latest"}, "say private: true"},
		{"an address of six", Service{URL: "http://[::1]:80"}, "say private: true"},
		{"timeout", Service{URL: "https://bank.example.com", Timeout: -time.Second}, "timeout is -1s"},
		{"header name", Service{URL: "https://bank.example.com", Headers: map[string]engine.Secret{"A B": engine.NewSecret(secret)}}, `"A B" is not a name`},
		{"header value", Service{URL: "https://bank.example.com", Headers: map[string]engine.Secret{"A": engine.NewSecret(secret + "\r\nB: c")}}, "value of header A"},
		{"reserved header", Service{URL: "https://bank.example.com", Headers: map[string]engine.Secret{"host": engine.NewSecret(secret)}}, "set by callflow itself"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Config{Services: map[string]Service{"bank": tt.svc}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "service bank: ") {
				t.Fatalf("error is %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}

	_, err := New(Config{Services: map[string]Service{"b": {}, "a": {Timeout: -1}}})
	if lines := strings.Split(fmt.Sprint(err), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "service a: ") {
		t.Errorf("not all is reported, or in no order: %v", err)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://bank.example.com", "https://bank.example.com/", "https://bank.example.com/v1%2F2", "https://bank.example.com/v1/"} {
		u, err := parseBase(base)
		if err != nil {
			t.Fatal(err)
		}
		svc := &service{base: u}
		for path, ok := range map[string]bool{
			"/":                        true,
			"/accounts/00042/balance":  true,
			"/a%20b/c%2Fd?x=1&y=a/../": true,
			"/a//b":                    true,
			"//evil.example.com/":      true, // a path all the same
			"/a?b?c":                   true,
			"":                         false,
			"a":                        false,
			"?a":                       false,
			"@evil.example.com/":       false,
			"https://evil.example.com": false,
			"/..":                      false,
			"/a/../b":                  false,
			"/a/./b":                   false,
			"/a/%2e%2e/b":              false,
			"/a/%2E./b":                false,
			"/a%2f..%2fb":              false,
			"/a/..%5cb":                false,
			"/a\\b":                    false,
			"/a#b":                     false,
			"/a b":                     false,
			"/a?b c":                   false,
			"/a\r\nb":                  false,
			"/ü":                       false,
			"/%zz":                     false,
			"/\x00":                    false,
		} {
			got, err := svc.join(path)
			if (err == nil) != ok {
				t.Errorf("join(%s, %q): %v, %v", base, path, got, err)
			}
			if err == nil && got.String() != strings.TrimSuffix(base, "/")+path {
				t.Errorf("join(%s, %q) is %s", base, path, got)
			}
		}
	}
}

func FuzzJoin(f *testing.F) {
	for _, path := range []string{"/", "/a%2Fb?c=d", "//evil.example.com", "/%2e%2e/", "/a;b=c,d/:e", "/?"} {
		f.Add(path)
	}
	base, err := parseBase("https://bank.example.com/v1")
	if err != nil {
		f.Fatal(err)
	}
	svc := &service{base: base}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := svc.join(path)
		if err != nil {
			return
		}
		if u.Scheme != "https" || u.Host != "bank.example.com" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q leads to %s", path, u)
		}
		line := u.RequestURI()
		if !strings.HasPrefix(line, "/v1/") || strings.ContainsAny(line, " \r\n") || strays(u.EscapedPath()) {
			t.Fatalf("%q asks for %q", path, line)
		}
	})
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if a, err := b.Request(t.Context(), engine.Request{Fetch: fetch()}); err != nil || a.Result != engine.AnswerOK {
				t.Errorf("answer is %+v, %v", a, err)
			}
		})
	}
	wg.Wait()
}

// TestCallbacks: no number is asked to be called that the installation does not
// allow, and nothing leaves for one.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { n++; w.WriteHeader(http.StatusCreated) }))
	defer srv.Close()
	for _, c := range []struct {
		allow []string
		calls string
		want  engine.Answer
	}{
		{nil, "+61255500100", engine.AnswerRejected},
		{[]string{"+64"}, "+61255500100", engine.AnswerRejected},
		{[]string{"+64", "+61"}, "+61255500100", engine.AnswerDone},
		{nil, "", engine.AnswerDone},
	} {
		before := n
		s, err := New(Config{
			Services: map[string]Service{"desk": {URL: srv.URL, Private: true}}, Callbacks: c.allow,
		})
		if err != nil {
			t.Fatal(err)
		}
		got, sent, err := s.Action(t.Context(), engine.Action{Fetch: engine.Fetch{Service: "desk", Method: "POST", Path: "/callbacks"}, Key: "k", Calls: c.calls})
		if got.Result != c.want || err != nil || sent != (c.want == engine.AnswerDone) || n-before != map[bool]int{true: 1}[sent] {
			t.Errorf("%v, %s: got %+v, sent %t, %d arrived, %v", c.allow, c.calls, got, sent, n-before, err)
		}
		s.Close()
	}
}

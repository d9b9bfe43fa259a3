package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/server"
)

// pipes is a listener without a network, whose time can be made to pass.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

// dial connects; net.ErrClosed when nobody listens any more.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// running is a bench whose server runs.
type running struct {
	*bench
	ln     *pipes
	client *http.Client
	stop   context.CancelFunc
	ended  chan error
}

func newRunning(t *testing.T, limits server.Limits) *running {
	t.Helper()
	r := &running{
		bench: newBench(t, func(d *server.Deps) { d.Limits = limits }),
		ln:    newPipes(),
		ended: make(chan error, 1),
	}
	r.client = &http.Client{Transport: &http.Transport{DialContext: r.ln.dial, DisableKeepAlives: true}}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.ended <- r.srv.Run(ctx, r.ln) }()
	synctest.Wait()
	return r
}

// send posts a hook over the wire.
func (r *running) send(path, body string) (status int, answer string, err error) {
	req, err := http.NewRequest(http.MethodPost, "http://server"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	header := signedHeader(path, body)
	req.Header.Set(header[0], header[1])
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func (r *running) get(path string) (int, error) {
	resp, err := r.client.Get("http://server" + path)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// signingIn is the path of a turn whose answer waits for a sign-in.
func (r *running) signingIn() string {
	r.t.Helper()
	w := r.post("/v1/generic/calls", firstHook("generic", "call-1", "+61255500100"))
	w = r.post(nextTurn(r.t.(*testing.T), w), keysHook("generic", "call-1", "1234567890"))
	return nextTurn(r.t.(*testing.T), w)
}

func TestDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunning(t, server.Limits{Linger: 2 * time.Second})
		r.auth.slow = time.Second
		path := r.signingIn()
		type answer struct {
			status int
			text   string
			err    error
		}
		answered := make(chan answer, 1)
		go func() {
			var a answer
			a.status, a.text, a.err = r.send(path, keysHook("generic", "call-1", "4321"))
			answered <- a
		}()
		synctest.Wait() // the sign-in runs
		r.stop()
		synctest.Wait()

		// While it lingers it is not ready, and takes calls all the same.
		if status, err := r.get("/readyz"); status != http.StatusServiceUnavailable || err != nil {
			t.Errorf("HTTP %d (%v), expected 503", status, err)
		}
		if status, _, err := r.send("/v1/generic/calls", firstHook("generic", "call-2", "+61255500100")); status != http.StatusOK || err != nil {
			t.Errorf("HTTP %d (%v), expected 200", status, err)
		}
		if a := <-answered; a.err != nil || a.status != http.StatusOK || !strings.Contains(a.text, "Welcome Ben.") {
			t.Errorf("the running turn got %d %s (%v)", a.status, a.text, a.err)
		}
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		if _, err := r.get("/healthz"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("it still listens: %v", err)
		}
	})
}

// Running turns are finished, even without time to linger.
func TestDrainFinishesTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunning(t, server.Limits{})
		r.auth.slow = time.Second
		path := r.signingIn()
		answered := make(chan string, 1)
		go func() {
			_, text, err := r.send(path, keysHook("generic", "call-1", "4321"))
			if err != nil {
				text = err.Error()
			}
			answered <- text
		}()
		synctest.Wait()
		r.stop()
		if text := <-answered; !strings.Contains(text, "Welcome Ben.") {
			t.Errorf("the running turn got %s", text)
		}
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
}

// What does not end within the limit is cut off, and that is an error.
func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunning(t, server.Limits{Drain: 500 * time.Millisecond})
		r.auth.slow = time.Hour
		path := r.signingIn()
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			_, _, _ = r.send(path, keysHook("generic", "call-1", "4321"))
		}()
		synctest.Wait()
		r.stop()
		began := time.Now()
		if err := <-r.ended; err == nil {
			t.Error("no error although a turn was cut off")
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s to stop", took)
		}
		<-answered
	})
}

// A client that sends its head, or its body, a byte a year does not keep a
// connection.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunning(t, server.Limits{})
		for name, head := range map[string]string{
			"head": "POST /v1/generic/calls HTTP/1.1\r\nHost: x\r\n",
			"body": "POST /v1/generic/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
		} {
			conn, err := r.ln.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil {
				if resp.StatusCode != http.StatusRequestTimeout || name == "head" {
					t.Errorf("%s: HTTP %d", name, resp.StatusCode)
				}
				_ = resp.Body.Close()
			} else if name == "body" {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("%s: the connection was kept for %s", name, took)
			}
			_ = conn.Close()
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
}

func TestABrokenListenerEndsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunning(t, server.Limits{})
		_ = r.ln.Close()
		if err := <-r.ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Run returned %v", err)
		}
		r.stop()
	})
}

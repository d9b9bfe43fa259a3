package server_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
	"callflow/providers/telephony/player"
	"callflow/providers/telephony/sender"
)

// straight hands requests to a handler, without a network, and remembers the answers.
type straight struct {
	handler http.Handler
	answers []*httptest.ResponseRecorder
	told    *told
}

func (d *straight) RoundTrip(r *http.Request) (*http.Response, error) {
	d.told.hook()
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, httptestRequest(r))
	d.answers = append(d.answers, w)
	return w.Result(), nil
}

func httptestRequest(r *http.Request) *http.Request {
	inner := r.Clone(r.Context())
	inner.RequestURI, inner.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
	return inner
}

// told takes the commands of a server to a platform's API, and remembers behind which
// hook each of them came. Nil is of a platform that takes none.
type told struct {
	api   http.Handler
	mu    sync.Mutex
	hooks [][]command // by hook
}

// command is one as it was sent.
type command struct {
	path   string
	header http.Header
	body   []byte
}

// again forgets a call.
func (t *told) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hooks = nil
}

// hook takes note of one more hook.
func (t *told) hook() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hooks = append(t.hooks, nil)
}

func (t *told) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c := command{r.URL.Path, r.Header.Clone(), body}
	t.mu.Lock()
	last := len(t.hooks) - 1
	t.hooks[last] = append(t.hooks[last], c)
	t.mu.Unlock()
	return c.send(t.api), nil
}

// send sends it to the API.
func (c command) send(api http.Handler) *http.Response {
	r := httptest.NewRequest(http.MethodPost, c.path, bytes.NewReader(c.body))
	r.Header = c.header
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Result()
}

// commands is how many there were.
func (t *told) commands() (n int) {
	for _, of := range t.hooks {
		n += len(of)
	}
	return n
}

// parrot gives the answers of another call in order, and sends its commands: what is left
// of a call is what playing the platform costs.
type parrot struct {
	answers  []*httptest.ResponseRecorder
	commands [][]command
	api      http.Handler
	from, to string // ids of the other call and of this one
	next     int
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	_ = httptestRequest(r) // which costs something on the other side too
	a := p.answers[p.next]
	if p.next < len(p.commands) {
		for _, c := range p.commands[p.next] {
			c.path = strings.Replace(c.path, p.from, p.to, 1)
			_ = c.send(p.api)
		}
	}
	p.next++
	w := httptest.NewRecorder()
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Code)
	_, _ = io.Copy(w, bytes.NewReader(a.Body.Bytes()))
	return w.Result(), nil
}

// BenchmarkTurnByPlatform is the call of BenchmarkTurn on every platform: what a webhook
// costs the processor, notices and commands included, less what playing the platform
// costs. The ratio is that to the generic platform.
func BenchmarkTurnByPlatform(b *testing.B) {
	var more []telephony.Codec
	names := []string{"jambonz"}
	for _, c := range codecs(b) {
		if c.Name() != "jambonz" {
			more = append(more, c)
			names = append(names, c.Name())
		}
	}
	slices.SortStableFunc(names, func(x, y string) int { return cmp.Compare(b2i(x != "generic"), b2i(y != "generic")) })
	api := player.NewTelnyxAPI(apiKey, nil)
	sent := &told{api: api}
	h := commandingStack(b, bankFlow(b), memory.New(), sender.New(more, sent), more...)
	generic := 0.0
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			calls := 0
			play := func(through func(id string) http.RoundTripper) {
				calls++
				id := fmt.Sprintf("call-%s-%d-%d", name, b.N, calls)
				o := player.Options{
					URL: costBase + "/v1/" + name + "/calls", StatusURL: costBase + "/v1/" + name + "/status", Secret: secret,
					Call:   player.Call{ID: id, Account: "acme", From: "+15550100", To: "+61255500100"},
					Script: moves("12345# 1234 1 2 9"), Client: &http.Client{Transport: through(id)}, API: api,
				}
				if name == "jambonz" {
					o.Secret = engine.NewSecret(lineSecret)
				}
				if r := benchPlayers()[name](b.Context(), o); r.End != player.HungUp {
					b.Fatalf("%s: %v; heard %q", r.End, r.Err, r.Heard)
				}
			}
			sent.again()
			first, original := &straight{handler: h, told: sent}, ""
			play(func(id string) http.RoundTripper { original = id; return first })
			hooks, commands, kept := len(first.answers), sent.commands(), sent.hooks
			took := func(through func(id string) http.RoundTripper) time.Duration {
				before := cpu(b)
				for range b.N {
					play(through)
				}
				return cpu(b) - before
			}
			b.ResetTimer()
			whole := took(func(string) http.RoundTripper {
				sent.again()
				return &straight{handler: h, told: sent}
			})
			b.StopTimer()
			asking := took(func(id string) http.RoundTripper {
				return &parrot{answers: first.answers, commands: kept, api: api, from: original, to: id}
			})
			each := float64((whole - asking).Nanoseconds()) / 1e3 / float64(b.N*hooks)
			if name == "generic" {
				generic = each
			}
			b.ReportMetric(each, "cpu-us/hook")
			b.ReportMetric(float64(hooks), "hooks/call")
			if commands > 0 {
				b.ReportMetric(float64(commands), "commands/call")
			}
			if generic > 0 {
				b.ReportMetric(each/generic, "ratio")
			}
		})
	}
}

func b2i(is bool) int {
	if is {
		return 1
	}
	return 0
}

// BenchmarkEncodeByPlatform writes one question, as every platform is asked it.
func BenchmarkEncodeByPlatform(b *testing.B) {
	out := codectest.With(codectest.Account())
	for _, c := range codecs(b) {
		b.Run(c.Name(), func(b *testing.B) {
			reply, err := c.Encode(out)
			if err != nil {
				b.Fatal(err)
			}
			size := len(reply.Body)
			for _, command := range reply.Commands {
				size += len(command.Body)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Encode(out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "document-bytes")
		})
	}
}

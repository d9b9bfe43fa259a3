package server_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
	"callflow/providers/telephony/player"
)

// straight hands requests to a handler, without a network, and remembers the answers.
type straight struct {
	handler http.Handler
	answers []*httptest.ResponseRecorder
}

func (d *straight) RoundTrip(r *http.Request) (*http.Response, error) {
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

// parrot gives the answers of another call in order: what is left of a call is what
// playing the platform costs.
type parrot struct {
	answers []*httptest.ResponseRecorder
	next    int
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	_ = httptestRequest(r) // which costs something on the other side too
	a := p.answers[p.next]
	p.next++
	w := httptest.NewRecorder()
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Code)
	_, _ = io.Copy(w, bytes.NewReader(a.Body.Bytes()))
	return w.Result(), nil
}

// BenchmarkTurnByPlatform is the call of BenchmarkTurn on every platform that can be
// played by documents: what a webhook costs the processor, notices included, less what
// playing the platform costs. The ratio is that to the generic platform.
func BenchmarkTurnByPlatform(b *testing.B) {
	var more []telephony.Codec
	names := []string{"jambonz"}
	for _, c := range codecs(b) {
		if c.Name() != "jambonz" && c.Name() != "telnyx" { // which is told by commands
			more = append(more, c)
			names = append(names, c.Name())
		}
	}
	slices.SortStableFunc(names, func(x, y string) int { return cmp.Compare(b2i(x != "generic"), b2i(y != "generic")) })
	h := stack(b, bankFlow(b), memory.New(), more...)
	generic := 0.0
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			calls := 0
			play := func(through http.RoundTripper) {
				calls++
				o := player.Options{
					URL: costBase + "/v1/" + name + "/calls", StatusURL: costBase + "/v1/" + name + "/status", Secret: secret,
					Call:   player.Call{ID: fmt.Sprintf("call-%s-%d-%d", name, b.N, calls), Account: "acme", From: "+15550100", To: "+61255500100"},
					Script: moves("12345# 1234 1 2 9"), Client: &http.Client{Transport: through},
				}
				if name == "jambonz" {
					o.Secret = engine.NewSecret(lineSecret)
				}
				if r := benchPlayers()[name](b.Context(), o); r.End != player.HungUp {
					b.Fatalf("%s: %v; heard %q", r.End, r.Err, r.Heard)
				}
			}
			first := &straight{handler: h}
			play(first)
			hooks := len(first.answers)
			took := func(through func() http.RoundTripper) time.Duration {
				before := cpu(b)
				for range b.N {
					play(through())
				}
				return cpu(b) - before
			}
			b.ResetTimer()
			whole := took(func() http.RoundTripper { return &straight{handler: h} })
			b.StopTimer()
			asking := took(func() http.RoundTripper { return &parrot{answers: first.answers} })
			each := float64((whole - asking).Nanoseconds()) / 1e3 / float64(b.N*hooks)
			if name == "generic" {
				generic = each
			}
			b.ReportMetric(each, "cpu-us/hook")
			b.ReportMetric(float64(hooks), "hooks/call")
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

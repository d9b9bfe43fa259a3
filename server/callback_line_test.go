package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const callbacks = `
callflow: 1
flow: callbacks
start: number
states:
  number: { collect: { prompt: Your number., digits: 6-15 }, next: ring }
  ring:
    callback: { number: "${number}", country: "61", at: tomorrow, service: desk, post: /callbacks, body: { topic: cards } }
    next: { done: promised, rejected: refused, pending: later }
  promised: { hangup: { say: We will call you. } }
  refused: { hangup: { say: We cannot call that number. } }
  later: { hangup: { say: It may take a while. } }
`

// TestCallbackOverHTTP: a call is promised to numbers that the installation allows,
// written with their country, and to no others.
func TestCallbackOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(telephony.Capabilities) bool { return true }, func(t *testing.T, platform string) {
		for _, c := range []struct {
			name, script string
			allow        []string
			status       int
			heard        string
			asked        []string
		}{
			{"allowed", "0255500177#", []string{"+61"}, http.StatusCreated, "We will call you.", []string{`"+61255500177"`}},
			{"not allowed", "0255500177#", []string{"+64"}, http.StatusCreated, "We cannot call that number.", nil},
			{"nothing is allowed", "0255500177#", nil, http.StatusCreated, "We cannot call that number.", nil},
			{"no number", "000000#", []string{"+61"}, http.StatusCreated, "We cannot call that number.", nil},
			{"the desk refuses", "0255500177#", []string{"+61"}, http.StatusUnprocessableEntity, "We cannot call that number.", []string{`"+61255500177"`}},
		} {
			d := &desk{}
			l := newLine(t, lineOptions{source: callbacks, callbacks: c.allow, services: map[string]http.Handler{
				"desk": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if c.status == http.StatusCreated {
						d.ServeHTTP(w, r)
						return
					}
					d.ServeHTTP(discard{w}, r)
					w.WriteHeader(c.status)
				}),
			}})
			runs(t, l)
			r := l.playWith(platform, callID(t, 1), c.script, func(*player.Options) {})
			if r.End != player.HungUp || r.Err != nil || !strings.HasSuffix(said(r), c.heard) {
				t.Fatalf("%s: ended %s (%v) after %q", c.name, r.End, r.Err, said(r))
			}
			var asked []string
			for _, m := range d.taken() {
				if !strings.Contains(m, `"at":"tomorrow"`) || !strings.Contains(m, `"topic":"cards"`) {
					t.Errorf("%s: asked %s", c.name, m)
				}
				_, number, _ := strings.Cut(m, `"number":`)
				number, _, _ = strings.Cut(number, ",")
				asked = append(asked, strings.TrimSuffix(number, "}"))
			}
			if !slices.Equal(asked, c.asked) {
				t.Errorf("%s: asked for %q, expected %q", c.name, asked, c.asked)
			}
		}
	})
}

// discard lets somebody else say the status.
type discard struct{ http.ResponseWriter }

func (discard) WriteHeader(int) {}

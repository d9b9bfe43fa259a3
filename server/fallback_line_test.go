package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const counting = `
callflow: 1
flow: counting
start: account
states:
  account: { collect: { prompt: Your account., digits: 5, attempts: 2 }, next: again }
  again: { collect: { prompt: Once more., digits: 5, attempts: 1 }, next: bye }
  bye: { hangup: { say: "You said ${digits(account)} and ${digits(again)}." } }
`

// TestGetOverHTTP: the first hook comes by GET where the platform may be set up so.
func TestGetOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.Get }, func(t *testing.T, platform string) {
		l := newLine(t, lineOptions{source: counting})
		var methods methodsOf
		r := l.playWith(platform, callID(t, 1), "12345 54321", func(o *player.Options) {
			o.Get, o.Client = true, &http.Client{Transport: &methods}
		})
		if r.End != player.HungUp || r.Err != nil || !strings.HasSuffix(said(r), "You said 1 2 3 4 5 and 5 4 3 2 1.") {
			t.Errorf("ended %s (%v) after %s", r.End, r.Err, said(r))
		}
		if len(methods) == 0 || methods[0] != http.MethodGet {
			t.Errorf("the first hook came by %v", methods)
		}
		// Somebody who was not asked to sign is refused by GET as by POST.
		r = l.playWith(platform, callID(t, 2), "12345 54321", func(o *player.Options) { o.Get, o.Secret = true, engine.NewSecret("another secret of somebodys") })
		if r.End != player.Refused {
			t.Errorf("with another secret: ended %s", r.End)
		}
	})
}

// methodsOf are the methods of what was sent.
type methodsOf []string

func (m *methodsOf) RoundTrip(r *http.Request) (*http.Response, error) {
	*m = append(*m, r.Method)
	return apart.RoundTrip(r)
}

// TestFallbackOverHTTP: where the platform goes to another address when a hook fails,
// the call is back at the question that it was at, which costs no attempt.
func TestFallbackOverHTTP(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"twilio", "texml"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, lineOptions{source: counting})
			broken := &brokenTurn{failing: 2}
			r := l.playWith(platform, callID(t, 1), "12345 54321 55555", func(o *player.Options) {
				o.FallbackURL = o.URL + "?lost=1"
				o.Client = &http.Client{Transport: broken}
			})
			if broken.failed == 0 || r.End != player.HungUp || !strings.HasSuffix(said(r), "You said 1 2 3 4 5 and 5 5 5 5 5.") {
				t.Errorf("after %d failures: ended %s (%v) after %s", broken.failed, r.End, r.Err, said(r))
			}
			inOrder(t, said(r), "Your account.", "Once more.", "Once more.", "You said")
		})
	}
	// At the beginning of a call any answer will do.
	for _, platform := range []string{"plivo", "signalwire"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, lineOptions{source: counting})
			r := l.playWith(platform, callID(t, 1), "12345 54321", func(o *player.Options) {
				o.FallbackURL = o.URL + "?lost=1"
				o.Client = &http.Client{Transport: &brokenStart{}}
			})
			if r.End != player.HungUp || !strings.HasSuffix(said(r), "You said 1 2 3 4 5 and 5 4 3 2 1.") {
				t.Errorf("ended %s (%v) after %s", r.End, r.Err, said(r))
			}
		})
	}
}

// TestNoEndlessFallback: a platform whose hooks never come through but by the fallback
// URL does not go round for ever, not even in the first turn.
func TestNoEndlessFallback(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"twilio", "texml"} {
		for _, failing := range []int{1, 2} { // the turn whose hooks fail
			t.Run(fmt.Sprintf("%s, turn %d", platform, failing), func(t *testing.T) {
				t.Parallel()
				l := newLine(t, lineOptions{source: counting})
				broken := &brokenFrom{turn: failing}
				r := l.playWith(platform, callID(t, 1), "", func(o *player.Options) {
					o.FallbackURL = o.URL + "?lost=1"
					o.Client = &http.Client{Transport: broken}
					o.More = func([]string) []player.Move { // the patience of a caller
						if broken.failed > 20 {
							return nil
						}
						return []player.Move{{Keys: engine.NewSecret("12345")}}
					}
				})
				if r.End != player.HungUp || broken.failed == 0 || broken.failed > 4*3 { // four rounds, each hook tried three times
					t.Errorf("after %d failures: ended %s (%v) after %s", broken.failed, r.End, r.Err, said(r))
				}
				if n := strings.Count(said(r), []string{"", "Your account.", "Once more."}[failing]); n < 2 || n > 4 {
					t.Errorf("the question is asked %d times: %s", n, said(r))
				}
			})
		}
	}
}

// TestFallbackByTheSameURL: TeXML asks at its failover URL with the form of a first hook.
// Where that is the URL of first hooks, nobody can tell in the first turn that the call is
// lost: the opening is said as often as hooks fail. Of a later turn it is told by the way
// back of the answer, and counted.
func TestFallbackByTheSameURL(t *testing.T) {
	t.Parallel()
	for failing, want := range map[int]string{
		1: strings.Repeat("Your account. | ", 9) + "Your account.",
		2: "Your account. | " + strings.Repeat("Once more. | ", 4) + "Sorry, something went wrong on our side. Please call again later. Goodbye.",
	} {
		l := newLine(t, lineOptions{source: counting})
		asked := 0
		r := l.playWith("texml", callID(t, failing), "", func(o *player.Options) {
			o.FallbackURL = o.URL
			o.Client = &http.Client{Transport: &brokenFrom{turn: failing}}
			o.More = func([]string) []player.Move {
				if asked++; asked == 10 {
					return nil
				}
				return []player.Move{{Keys: engine.NewSecret("12345")}}
			}
		})
		if said(r) != want {
			t.Errorf("where turn %d fails: ended %s (%v) after %s, expected %s", failing, r.End, r.Err, said(r), want)
		}
	}
}

// brokenFrom fails the hooks of all turns from one on.
type brokenFrom struct{ turn, failed int }

func (b *brokenFrom) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, rest, ok := strings.Cut(r.URL.Path, "/turns/"); ok {
		if n, err := strconv.Atoi(strings.Split(rest, "/")[1]); err != nil || n >= b.turn {
			b.failed++
			return unavailable(), nil
		}
	}
	return apart.RoundTrip(r)
}

// brokenTurn fails the hooks of one turn, as often as they come.
type brokenTurn struct {
	failing, failed int
	turns           []string
}

func (b *brokenTurn) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/turns/") {
		if n := len(b.turns); n == 0 || b.turns[n-1] != r.URL.Path {
			b.turns = append(b.turns, r.URL.Path)
		}
		if len(b.turns) == b.failing {
			b.failed++
			return unavailable(), nil
		}
	}
	return apart.RoundTrip(r)
}

// brokenStart fails whatever comes to where calls begin, but by the address of the lost.
type brokenStart struct{}

func (brokenStart) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/calls") && r.URL.Query().Get("lost") == "" {
		return unavailable(), nil
	}
	return apart.RoundTrip(r)
}

func unavailable() *http.Response {
	w := httptest.NewRecorder()
	w.WriteHeader(http.StatusServiceUnavailable)
	return w.Result()
}

// TestMoreOverHTTP: whoever plays a platform is asked what the caller does next, with
// what was said until then, and an ear that is out of order hears nothing.
func TestMoreOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(telephony.Capabilities) bool { return true }, func(t *testing.T, platform string) {
		l := newLine(t, lineOptions{source: counting})
		asked := 0
		r := l.playWith(platform, callID(t, 1), "", func(o *player.Options) {
			o.KeysOnly = true
			o.More = func(heard []string) []player.Move {
				if asked++; len(heard) < asked {
					t.Errorf("asked %d times, heard %q", asked, heard)
				}
				return [][]player.Move{
					{{Say: engine.NewSecret("one two three four five")}}, {{Keys: engine.NewSecret("12345")}}, {{Keys: engine.NewSecret("54321")}},
				}[asked-1]
			}
		})
		if r.End != player.HungUp || r.Err != nil || asked != 3 || !strings.HasSuffix(said(r), "You said 1 2 3 4 5 and 5 4 3 2 1.") {
			t.Errorf("ended %s (%v), asked %d times, after %s", r.End, r.Err, asked, said(r))
		}
	})
}

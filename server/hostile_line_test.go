package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
	"callflow/providers/telephony/player"
)

const repeating = `
callflow: 1
flow: repeating
start: look
states:
  look:
    request: { service: desk, get: /words, returns: { text: text } }
    next: { ok: tell, error: sorry }
  tell: { say: "Hello ${call.name}, they say ${look.text}, as ever.", next: choose }
  choose:
    menu: { prompt: "${look.text}. Press 1.", options: { 1: bye } }
  bye: { hangup: { say: Goodbye. } }
  sorry: { hangup: { say: Nobody says anything. } }
`

// TestHostileTextOverHTTP: whatever a caller is called, and whatever a service answers,
// is said and nothing else: the platform carries the same document out.
func TestHostileTextOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(telephony.Capabilities) bool { return true }, func(t *testing.T, platform string) {
		var text atomic.Value
		l := newLine(t, lineOptions{source: repeating, services: map[string]http.Handler{
			"desk": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"text": text.Load()})
			}),
		}})
		runs(t, l)
		for i, hostile := range codectest.Hostile() {
			if len(hostile) > 256 {
				continue // it is cut off, or said in parts
			}
			text.Store(hostile)
			r := l.playWith(platform, callID(t, i), "1", func(o *player.Options) { o.Call.Name = hostile })
			if r.End != player.HungUp || r.Err != nil || r.Faults != 0 || r.Unused != 0 {
				t.Fatalf("%q: ended %s after %d faults: %v", hostile, r.End, r.Faults, r.Err)
			}
			heard := spelled(said(r))
			named := spelled("Hello" + hostile + "they say" + hostile + "as ever" + hostile + "Press 1 Goodbye")
			nameless := spelled("Hello they say" + hostile + "as ever" + hostile + "Press 1 Goodbye")
			if heard != named && heard != nameless {
				t.Errorf("%q: heard %q", hostile, said(r))
			}
		}
	})
}

// spelled are the letters and digits of a text.
func spelled(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, s)
}

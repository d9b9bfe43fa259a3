package server_test

import (
	"slices"
	"strings"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const recordedCalls = `
callflow: 1
flow: recorded
recording: { calls: true, announce: This call is recorded. }
start: account
states:
  account: { collect: { prompt: Your account., digits: 5 }, next: pin }
  pin: { collect: { prompt: Your PIN., digits: 4, secret: true, attempts: 2 }, next: { match: sign_in, exhausted: bye } }
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: welcome, denied: bye }
  welcome: { menu: { prompt: "Press 1.", options: { 1: bye } } }
  bye: { hangup: { say: Good bye. } }
`

// TestRecordedCallsOverHTTP: the recording of a call rests at the PIN, however that
// ends.
func TestRecordedCallsOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.RecordCalls }, func(t *testing.T, platform string) {
		for _, c := range []struct {
			name, script string
			end          player.End
			want         []string
		}{
			{"signed in", "12345 1234 1", player.HungUp, []string{"start", "pause", "secret", "resume"}},
			{"denied", "12345 9999", player.HungUp, []string{"start", "pause", "secret", "resume"}},
			{"silent", "12345 - -", player.HungUp, []string{"start", "pause", "secret", "pause", "secret", "resume"}},
			{"gone at the PIN", "12345 x", player.Left, []string{"start", "pause", "secret"}},
			{"gone before", "x", player.Left, []string{"start"}},
		} {
			l := newLine(t, lineOptions{source: recordedCalls})
			r := l.playWith(platform, callID(t, 1), c.script, func(*player.Options) {})
			if r.End != c.end || r.Err != nil {
				t.Fatalf("%s: ended %s: %v", c.name, r.End, r.Err)
			}
			if !strings.HasPrefix(said(r), "This call is recorded. | Your account.") {
				t.Errorf("%s: heard %q", c.name, said(r))
			}
			want := c.want
			if platform != "generic" { // no other is told what is secret
				want = slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "secret" })
			}
			if platform == "signalwire" || platform == "telnyx" { // where what has stopped is not stopped again
				want = slices.Compact(want)
			}
			if !slices.Equal(r.Recordings, want) {
				t.Errorf("%s: %q, expected %q", c.name, r.Recordings, want)
			}
		}
	})
}

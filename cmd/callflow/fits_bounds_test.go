package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callflow/flows"
)

const bounded = `callflow: 1
flow: bounded
start: choose
states:
  choose:
    menu: { prompt: "Press 1, or 10 for more.", options: { 1: number, 10: number }, timeout: 700ms, inter_digit_timeout: 5s }
  number:
    collect: { prompt: "Number?", digits: 2-10, terminator: none, timeout: 90s, inter_digit_timeout: 20s, speech: true }
    next: { match: short, exhausted: short }
  short:
    collect: { prompt: "Number?", digits: 2-10, terminator: "#", timeout: 2500ms, inter_digit_timeout: 2500ms }
    next: { match: tell, exhausted: tell }
  tell:
    record: { prompt: Please speak., silence: 1m }
    next: { recorded: agent, empty: agent, failed: agent }
  agent:
    transfer: { to: "+15550100", timeout: 10m, limit: 24h, whisper: A call. }
    next: bye
  bye: { hangup: { say: Goodbye. } }
`

// TestFitsBounds: what a platform's codec cuts to its bounds is said, and so is what
// nobody could enter.
func TestFitsBounds(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("f.yaml", []byte(bounded), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		platform string
		want     []string
	}{
		{"generic", nil},
		{"vonage", []string{
			"6:5 warning vonage has one clock: the longer of timeout (700ms) and inter_digit_timeout (5s) serves for both, and is 5s",
			"8:5 warning vonage has one clock: the longer of timeout (1m30s) and inter_digit_timeout (20s) serves for both, and is 10s",
			"11:5 warning vonage counts whole seconds: timeout (2.5s) becomes 3s",
			"14:5 warning vonage ends a recording by a pause of 3s to 10s; silence (1m0s) becomes 10s",
			"17:5 warning vonage ends a conversation after 2h0m0s at most; limit (24h0m0s) is shortened to it",
			"17:5 warning vonage lets a transfer ring for 2m0s at most; timeout (10m0s) is shortened to it",
			"17:5 warning vonage whispers to a telephone number only: a sip: address is connected without a word",
		}},
		{"plivo", []string{
			"6:5 warning plivo counts whole seconds: timeout (700ms) becomes 1s",
			"8:5 warning plivo waits at most 10s for inter_digit_timeout; 20s is shortened to it",
			"8:5 warning plivo waits at most 1m0s for timeout; 1m30s is shortened to it",
			"11:5 warning plivo counts whole seconds: inter_digit_timeout (2.5s) becomes 3s",
			"11:5 warning plivo counts whole seconds: timeout (2.5s) becomes 3s",
		}},
		{"signalwire", []string{
			"17:5 warning signalwire ends a conversation after 4h0m0s at most; limit (24h0m0s) is shortened to it",
		}},
		{"eightx8", []string{
			"6:5 error eightx8 tells whole entries only: 1 cannot be chosen beside options of 2 keys",
			"8:5 error eightx8 tells whole entries only: one of fewer than 10 digits counts as silence, for no key ends it",
			"11:5 warning eightx8 tells whole entries only: one of fewer than 10 digits counts as silence unless # ends it",
		}},
	} {
		got := misfitsOf(t, opened(t, c.platform, nil), []byte(bounded))
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.want))
		if c.platform == "eightx8" { // what it has nothing of at all is told elsewhere
			got = slices.DeleteFunc(got, func(s string) bool { return !slices.Contains(want, s) })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.platform, fmt.Sprintf("%q", got), fmt.Sprintf("%q", want))
		}
	}
}

const least = `callflow: 1
flow: least
start: number
states:
  number:
    collect: { prompt: "Number?", digits: 2-10, terminator: none, timeout: 250ms, inter_digit_timeout: 90s, max_duration: 2s, speech: true }
    next: { match: tell, exhausted: tell }
  tell:
    record: { prompt: Please speak., max: 1s, silence: 4s }
    next: { recorded: agent, empty: agent, failed: agent }
  agent:
    transfer: { to: "sip:desk@example.com", timeout: 1s, limit: 10s }
    next: bye
  bye: { hangup: { say: Goodbye. } }
`

// TestFitsLeast: what platforms make longer is said too, and what is left to somebody
// else.
func TestFitsLeast(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("f.yaml", []byte(least), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		platform string
		want     []string
	}{
		{"jambonz", []string{
			"ends no recording by a pause: silence (4s) is left to the recorder, which is told of it",
		}},
		{"twilio", []string{
			"counts whole seconds: timeout (250ms) becomes 1s", "ends what is said by a pause of 1m0s: inter_digit_timeout is 1m30s",
			"lets a transfer ring for longer: timeout (1s) becomes 5s",
		}},
		{"vonage", []string{"makes recordings of other lengths: max (1s) becomes 3s"}},
		{"plivo", []string{"waits at most 10s for inter_digit_timeout; 1m30s is shortened to it", "makes recordings of other lengths: max (1s) becomes 2s"}},
		{"telnyx", []string{"lets a transfer ring for longer: timeout (1s) becomes 5s", "ends no conversation so soon: limit (10s) becomes 1m0s"}},
		{"texml", []string{
			"ends what is said by a pause of 1m0s: inter_digit_timeout is 1m30s",
			"lets a transfer ring for longer: timeout (1s) becomes 5s", "ends no conversation so soon: limit (10s) becomes 1m0s",
		}},
		{"signalwire", []string{"counts in steps of 100ms: timeout (250ms) becomes 300ms"}},
		{"sinch", []string{"bounds the ringing of telephone numbers only: a sip: address rings as long as the platform lets it"}},
		{"eightx8", []string{"gives the whole entry no less than its one clock: max_duration (2s) is lengthened beyond 30s"}},
	} {
		p := opened(t, c.platform, nil)
		if c.platform == "jambonz" { // with a recorder
			p.can.Record = true
		}
		got := misfitsOf(t, p, []byte(least))
		for _, want := range c.want {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, c.platform+" "+want) }) {
				t.Errorf("%s: nothing says %q: %q", c.platform, want, got)
			}
		}
	}
}

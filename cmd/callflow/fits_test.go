package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"callflow/cmd/callflow/config"
	"callflow/flows"
	"callflow/providers"
	"callflow/providers/telephony"
)

const demanding = `callflow: 1
flow: demanding
start: account
states:
  account:
    collect: { prompt: "Account?", digits: 6-12, timeout: 30s, inter_digit_timeout: 8s, max_duration: 1m, barge_in: false }
    next: choose
  choose:
    menu: { prompt: "Press 10 or 11.", options: { 10: agent, 11: ask }, speech: true }
  agent:
    transfer: { to: "+15550100", limit: 30m }
    next: bye
  ask:
    action: { service: herd, post: /events, body: { account: "${account}" } }
    next: { done: bye, rejected: bye2, pending: bye2 }
  bye: { hangup: { say: { audio: "https://media.example.com/bye.wav", text: Goodbye. } } }
  bye2: { hangup: { say: { ssml: "<speak>Please call the <emphasis>office</emphasis>.</speak>" } } }
`

func TestFits(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("f.yaml", []byte(demanding), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	all := telephony.Capabilities{
		Timeouts: telephony.Clocks{FirstDigit: true, InterDigit: true, Total: true},
		BargeIn:  true, Hold: telephony.HoldRedirect, Transfer: true, TransferReturns: true, TransferLimit: true, Audio: true, SSML: true, Speech: true,
		FinishKeys: telephony.EveryKey, EntryKeys: telephony.EveryKey, Partial: true, Unclear: true,
	}
	for _, c := range []struct {
		name   string
		change func(*telephony.Capabilities)
		want   []string
	}{
		{"everything", func(*telephony.Capabilities) {}, nil},
		{"short clocks", func(c *telephony.Capabilities) {
			c.First.Most, c.Between.Most, c.Whole.Most = 10*time.Second, 5*time.Second, 30*time.Second
		}, []string{
			"6:5 warning p waits at most 10s for timeout; 30s is shortened to it",
			"6:5 warning p waits at most 5s for inter_digit_timeout; 8s is shortened to it",
			"6:5 warning p waits at most 30s for max_duration; 1m0s is shortened to it",
		}},
		{"no clocks", func(c *telephony.Capabilities) { c.Timeouts = telephony.Clocks{FirstDigit: true} }, []string{
			"6:5 warning p has no inter_digit_timeout: it is left out",
			"6:5 warning p has no max_duration: it is left out",
			"9:5 warning p has no inter_digit_timeout: it is left out",
		}},
		{"one clock", func(c *telephony.Capabilities) {
			c.Timeouts.InterDigit, c.OneClock = false, telephony.OneClockTimeout
		}, []string{
			"6:5 warning p has one clock: timeout (30s) serves between keys too, and not inter_digit_timeout (8s)",
			"9:5 warning p has one clock: timeout (5s) serves between keys too, and not inter_digit_timeout (3s)",
		}},
		{"one long clock", func(c *telephony.Capabilities) {
			c.Timeouts.InterDigit, c.OneClock, c.First.Most = false, telephony.OneClockLonger, 6*time.Second
		}, []string{
			"6:5 warning p has one clock: the longer of timeout (30s) and inter_digit_timeout (8s) serves for both, and is 6s",
			"9:5 warning p has one clock: the longer of timeout (5s) and inter_digit_timeout (3s) serves for both, and is 5s",
		}},
		{"another finish key", func(c *telephony.Capabilities) { c.FinishKeys = "*" }, []string{
			"6:5 warning p ends no entry by #: it ends at its last key, or when the caller pauses",
		}},
		{"transfers for good", func(c *telephony.Capabilities) { c.TransferReturns, c.TransferLimit = false, false }, []string{
			"11:5 warning p ends a call with its transfer: what stands behind it, after no_answer and busy too, is heard by nobody",
			"11:5 warning p ends no conversation: limit is left out",
		}},
		{"no barge-in", func(c *telephony.Capabilities) { c.BargeIn = false }, []string{
			"6:5 warning p always lets keys cut a prompt off: barge_in: false is left out",
		}},
		{"few digits", func(c *telephony.Capabilities) { c.MaxDigits = 10 }, []string{
			"6:5 error p takes entries of at most 10 digits; this one has up to 12",
		}},
		{"one digit", func(c *telephony.Capabilities) { c.MaxDigits = 1 }, []string{
			"6:5 error p takes entries of at most 1 digits; this one has up to 12",
			"9:5 error p takes entries of at most 1 digits; this one has up to 2",
		}},
		{"no transfers", func(c *telephony.Capabilities) { c.Transfer = false }, []string{"11:5 error p cannot transfer calls"}},
		{"no recordings", func(c *telephony.Capabilities) { c.Audio = false }, []string{"16:10 warning p plays no recordings: their texts are spoken"}},
		{"no markup", func(c *telephony.Capabilities) { c.SSML = false }, []string{"17:11 warning p speaks no SSML: the plain text in it is spoken"}},
		{"no ear", func(c *telephony.Capabilities) { c.Speech = false }, []string{"9:5 warning p does not listen: callers can only press keys"}},
		{"no hold", func(c *telephony.Capabilities) { c.Hold = telephony.HoldNone }, []string{
			"14:5 warning p cannot hold a caller while something runs: the answer waits for it, and a slow one ends the call",
		}},
	} {
		can := all
		c.change(&can)
		var got []string
		for _, d := range fits(capable{name: "p", can: can}, whereOf("f.yaml", []byte(demanding)), program) {
			got = append(got, fmt.Sprint(d.Pos, " ", d.Severity, " ", d.Message))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, expected %q", c.name, got, c.want)
		}
	}
}

// TestFitsRecordingAndQueues: where a platform has no queues a flow with one cannot
// run; where it cannot record calls, they are not recorded.
func TestFitsRecordingAndQueues(t *testing.T) {
	t.Parallel()
	const source = `callflow: 1
flow: waiting
recording: { calls: true, announce: This call is recorded. }
start: line
states:
  line: { queue: { name: support }, next: bye }
  bye: { hangup: { say: Goodbye. } }
`
	program, diags := flows.CompileSource("f.yaml", []byte(source), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	var got []string
	for _, d := range fits(capable{name: "p", can: telephony.Capabilities{}}, whereOf("f.yaml", []byte(source)), program) {
		got = append(got, fmt.Sprint(d.Pos, " ", d.Severity, " ", d.Message))
	}
	want := []string{
		"3:1 warning p cannot record whole calls with pauses for what is secret: nothing is recorded",
		"6:11 error p has no queues",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
	if ds := fits(capable{name: "p", can: telephony.Capabilities{Queue: true, RecordCalls: true}}, whereOf("f.yaml", []byte(source)), program); len(ds) > 0 {
		t.Errorf("%v", ds)
	}
}

// TestFitsBySettings: what settings would let a platform do is named, and is no error
// where nobody knows the settings.
func TestFitsBySettings(t *testing.T) {
	t.Parallel()
	const source = `callflow: 1
flow: extras
recording: { calls: true, announce: This call is recorded. }
start: leave
states:
  leave: { record: { prompt: "After the tone." }, next: { recorded: agent, empty: bye, failed: bye } }
  agent: { transfer: { to: "sip:agent@example.com", mode: refer }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye } }
  bye: { hangup: {} }
`
	for _, c := range []struct {
		platform   string
		configured bool
		want       []string
	}{
		{"jambonz", false, []string{
			"3:1 warning jambonz records whole calls, with pauses for what is secret, only where platforms.jambonz.siprec is set",
			"6:12 warning jambonz records what a caller says only where platforms.jambonz.recorder and platforms.jambonz.recordings are set",
		}},
		{"jambonz", true, []string{
			"3:1 warning jambonz cannot record whole calls with pauses for what is secret: nothing is recorded; it does where platforms.jambonz.siprec is set",
			"6:12 error jambonz cannot record what a caller says; it does where platforms.jambonz.recorder and platforms.jambonz.recordings are set",
		}},
		{"signalwire", false, []string{"7:12 warning signalwire hands calls over (mode: refer) only where platforms.signalwire.refer_host is set"}},
		{"signalwire", true, []string{"7:12 error signalwire cannot hand calls over: mode: refer; it does where platforms.signalwire.refer_host is set"}},
		{"plivo", false, []string{
			"3:1 warning plivo cannot record whole calls with pauses for what is secret: nothing is recorded",
			"7:12 error plivo cannot hand calls over: mode: refer",
		}},
		{"generic", true, nil},
	} {
		p := opened(t, c.platform, nil)
		p.configured = c.configured
		if got := misfitsOf(t, p, []byte(source)); !slices.Equal(got, c.want) {
			t.Errorf("%s, configured %t: got %q, want %q", c.platform, c.configured, got, c.want)
		}
	}
}

// TestCapabilitiesOfPlatforms: flows are checked for each platform without an account
// there.
func TestCapabilitiesOfPlatforms(t *testing.T) {
	t.Parallel()
	var names []string
	for _, e := range providers.Telephony() {
		names = append(names, e.Name)
	}
	all, err := capabilities(names)
	if err != nil || len(all) != len(names) {
		t.Fatalf("%v, %v", all, err)
	}
	for i, p := range all {
		if p.name != names[i] || p.can.AnswerWithin == 0 {
			t.Errorf("%s: %+v", names[i], p)
		}
	}
	if _, err := capabilities([]string{"nosuch"}); exitStatus(err) != exitUsage {
		t.Errorf("an unknown platform: %v", err)
	}
}

// TestPlatformLimitExample: the example that explains the code has such mistakes, and
// corrected has not.
func TestPlatformLimitExample(t *testing.T) {
	t.Parallel()
	codes := config.Codes()
	d := codes[slices.IndexFunc(codes, func(d flows.CodeDoc) bool { return d.Code == config.CodePlatformLimit })]
	want := []string{
		"4:20 warning vonage has no voice for es-AR: that for es-ES speaks",
		"8:5 warning vonage has one clock: the longer of timeout (20s) and inter_digit_timeout (3s) serves for both, and is 10s",
		"8:5 error vonage takes entries of at most 20 digits; this one has up to 24",
	}
	if got := misfitsOf(t, opened(t, "vonage", nil), []byte(d.Example)); !slices.Equal(got, want) {
		t.Errorf("the example: got %q, want %q", got, want)
	}
	if got := misfitsOf(t, opened(t, "vonage", nil), []byte(d.Fixed)); len(got) > 0 {
		t.Errorf("put right: got %q", got)
	}
}

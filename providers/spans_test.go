package providers_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers"
	"callflow/providers/telephony"
)

// swept is a time that is asked of platforms, in all lengths that a flow can have.
type swept struct {
	name        string
	listens     bool // it is of a question that does
	least, most time.Duration
	verb        func(time.Duration) engine.Verb
	has         func(telephony.Capabilities) bool // that the platform has it at all
	kept        func(telephony.Capabilities, time.Duration) time.Duration
	// keys are the names under which documents hold it, by platform, with their unit.
	keys map[string]key
	// more are others that follow it, and why they need not be it.
	more map[string]map[string]string
}

type key struct {
	name string
	unit time.Duration
}

// sweeps are all times of verbs that come from a flow.
func sweeps() []swept {
	const s, ms = time.Second, time.Millisecond
	gather := func(first, between, whole time.Duration, listens bool) engine.Verb {
		g := engine.Gather{Min: 1, Max: 8, Terminator: "#", Timeout: first, InterDigit: between, MaxDuration: whole, BargeIn: true}
		if listens {
			g.Speech = &engine.Listen{Lang: "en-US"}
		}
		return g
	}
	dial := func(ring, limit time.Duration) engine.Verb {
		return engine.Dial{To: "+15550100123", From: "+15550100199", Timeout: ring, Limit: limit}
	}
	record := func(longest, silence time.Duration) engine.Verb {
		return engine.RecordVoice{ID: "r-1", Max: longest, Silence: silence, Terminator: "#", Beep: true}
	}
	const clock = 10 * time.Minute
	both := "keeps both clocks by one, the longer"
	return []swept{
		{
			name: "the first clock", least: 100 * ms, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(t, 100*ms, 0, false) },
			has:  func(c telephony.Capabilities) bool { return c.Timeouts.FirstDigit },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration {
				return c.Keeps(telephony.EntryClocks{First: t, Between: 100 * ms}, false).First
			},
			keys: map[string]key{
				"jambonz": {"timeout", s}, "twilio": {"timeout", s}, "vonage": {"timeOut", s}, "telnyx": {"initial_timeout_millis", ms},
				"texml": {"timeout", s}, "plivo": {"timeout", s}, "signalwire": {"initial_timeout", s}, "tropo": {"timeout", s},
				"sinch": {"timeoutMills", ms}, "eightx8": {"digitTimeout", ms}, "generic": {"timeout_ms", ms},
			},
			more: map[string]map[string]string{
				"telnyx":  {"timeout_millis": "leaves room for the whole entry, which has no clock"},
				"eightx8": {"overallTimeout": "leaves room for the whole entry, where it has no clock"},
			},
		},
		{
			name: "the clock between keys", least: 100 * ms, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(100*ms, t, 0, false) },
			has: func(c telephony.Capabilities) bool {
				return c.Timeouts.InterDigit || c.OneClock == telephony.OneClockLonger
			},
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration {
				return c.Keeps(telephony.EntryClocks{First: 100 * ms, Between: t}, false).Between
			},
			keys: map[string]key{
				"jambonz": {"interDigitTimeout", s}, "vonage": {"timeOut", s}, "telnyx": {"inter_digit_timeout_millis", ms},
				"plivo": {"digitTimeout", s}, "signalwire": {"digit_timeout", s}, "tropo": {"interdigitTimeout", s},
				"sinch": {"timeoutMills", ms}, "eightx8": {"digitTimeout", ms}, "generic": {"inter_digit_timeout_ms", ms},
			},
			more: map[string]map[string]string{
				"telnyx":  {"timeout_millis": "leaves room for the whole entry, which has no clock"},
				"eightx8": {"overallTimeout": "leaves room for the whole entry, where it has no clock"},
			},
		},
		{
			name: "the clock of the whole entry", least: 2 * s, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(s, s, t, false) },
			has:  func(c telephony.Capabilities) bool { return c.Timeouts.Total },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration {
				return c.Keeps(telephony.EntryClocks{First: s, Between: s, Whole: t}, false).Whole
			},
			keys: map[string]key{"generic": {"max_duration_ms", ms}, "eightx8": {"overallTimeout", ms}},
			more: map[string]map[string]string{"telnyx": {"timeout_millis": "of the whole request, which is no clock of the entry"}},
		},
		{
			name: "the first clock of a question that listens", listens: true, least: 100 * ms, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(t, 100*ms, 0, true) },
			has:  func(c telephony.Capabilities) bool { return c.Speech },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration {
				return c.Keeps(telephony.EntryClocks{First: t, Between: 100 * ms}, true).First
			},
			keys: map[string]key{
				"jambonz": {"timeout", s}, "twilio": {"timeout", s}, "vonage": {"startTimeout", s},
				"texml": {"timeout", s}, "signalwire": {"initial_timeout", s}, "generic": {"timeout_ms", ms},
			},
			more: map[string]map[string]string{
				"vonage": {"timeOut": both}, "plivo": {"executionTimeout": "is how long the question runs, with room for the entry"},
			},
		},
		{
			name: "the clock between keys of a question that listens", listens: true, least: 100 * ms, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(100*ms, t, 0, true) },
			has: func(c telephony.Capabilities) bool {
				return c.Speech && (c.Timeouts.InterDigit || c.OneClock == telephony.OneClockLonger)
			},
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration {
				return c.Keeps(telephony.EntryClocks{First: 100 * ms, Between: t}, true).Between
			},
			keys: map[string]key{
				"jambonz": {"interDigitTimeout", s}, "vonage": {"timeOut", s},
				"plivo": {"digitEndTimeout", s}, "signalwire": {"digit_timeout", s}, "generic": {"inter_digit_timeout_ms", ms},
			},
			more: map[string]map[string]string{
				"vonage": {"startTimeout": both}, "signalwire": {"speech_end_timeout": "is swept below"}, "twilio": {"speechTimeout": "is swept below"},
				"texml": {"speechTimeout": "is swept below"}, "plivo": {"speechEndTimeout": "is swept below", "executionTimeout": "is how long the question runs, with room for the entry"},
			},
		},
		{
			name: "the pause that ends what is said", listens: true, least: 100 * ms, most: clock,
			verb: func(t time.Duration) engine.Verb { return gather(100*ms, t, 0, true) },
			has:  func(c telephony.Capabilities) bool { return c.Speech && c.Pause != (telephony.Span{}) },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration { return c.Pause.Of(t) },
			keys: map[string]key{
				"twilio": {"speechTimeout", s}, "texml": {"speechTimeout", s}, "plivo": {"speechEndTimeout", s}, "signalwire": {"speech_end_timeout", s},
			},
			more: map[string]map[string]string{
				"plivo":      {"digitEndTimeout": "is swept above", "executionTimeout": "is how long the question runs, with room for the entry"},
				"signalwire": {"digit_timeout": "is swept above"}, "jambonz": {"interDigitTimeout": "is swept above"},
				"vonage": {"timeOut": "is swept above", "startTimeout": "is swept above"}, "generic": {"inter_digit_timeout_ms": "is swept above"},
			},
		},
		{
			name: "ringing", least: s, most: clock,
			verb: func(t time.Duration) engine.Verb { return dial(t, 0) },
			has:  func(c telephony.Capabilities) bool { return c.Transfer },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration { return c.Ring.Of(t) },
			keys: map[string]key{
				"jambonz": {"timeout", s}, "twilio": {"timeout", s}, "vonage": {"timeout", s}, "telnyx": {"timeout_secs", s}, "texml": {"timeout", s},
				"plivo": {"timeout", s}, "signalwire": {"timeout", s}, "tropo": {"timeout", s}, "sinch": {"dialTimeout", s}, "generic": {"timeout_ms", ms},
			},
		},
		{
			name: "the limit of a conversation", least: s, most: 24 * time.Hour,
			verb: func(t time.Duration) engine.Verb { return dial(20*s, t) },
			has:  func(c telephony.Capabilities) bool { return c.Transfer && c.TransferLimit },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration { return c.Talk.Of(t) },
			keys: map[string]key{
				"jambonz": {"timeLimit", s}, "twilio": {"timeLimit", s}, "vonage": {"limit", s}, "telnyx": {"time_limit_secs", s}, "texml": {"timeLimit", s},
				"plivo": {"timeLimit", s}, "signalwire": {"max_duration", s}, "sinch": {"maxDuration", s}, "generic": {"limit_ms", ms},
			},
		},
		{
			name: "the length of a recording", least: s, most: clock,
			verb: func(t time.Duration) engine.Verb { return record(t, 5*s) },
			has:  func(c telephony.Capabilities) bool { return c.Record },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration { return c.Tape.Of(t) },
			keys: map[string]key{
				"jambonz": {"maxLength", s}, "twilio": {"maxLength", s}, "vonage": {"timeOut", s}, "telnyx": {"max_length", s}, "texml": {"maxLength", s},
				"plivo": {"maxLength", s}, "signalwire": {"max_length", s}, "tropo": {"maxTime", s}, "generic": {"max_ms", ms},
			},
		},
		{
			name: "the pause that ends a recording", least: s, most: time.Minute,
			verb: func(t time.Duration) engine.Verb { return record(2*time.Minute, t) },
			has:  func(c telephony.Capabilities) bool { return c.Record && !c.SilenceLeft },
			kept: func(c telephony.Capabilities, t time.Duration) time.Duration { return c.Silence.Of(t) },
			keys: map[string]key{
				"twilio": {"timeout", s}, "vonage": {"endOnSilence", s}, "telnyx": {"timeout_secs", s}, "texml": {"timeout", s},
				"plivo": {"timeout", s}, "signalwire": {"end_silence_timeout", s}, "tropo": {"maxSilence", s}, "generic": {"silence_ms", ms},
			},
			more: map[string]map[string]string{
				"signalwire": {"initial_timeout": "is the same, before anything is said"},
				"jambonz":    {"silence": "is told to the recorder, and so declared"},
			},
		},
	}
}

// number matches the numbers of documents: members of JSON and attributes of XML.
var number = regexp.MustCompile(`"?([A-Za-z_]+)"?(?::|=")"?([0-9]+(?:\.[0-9]+)?)[",} /]`)

// numbersOf are the numbers of what a platform is told, by name.
func numbersOf(t *testing.T, codec telephony.Codec, v engine.Verb) map[string]string {
	t.Helper()
	o := telephony.Outbound{
		Verbs:   []engine.Verb{v},
		TurnURL: "https://flows.example.com/t", LostURL: "https://flows.example.com/l", NoticeURL: "https://flows.example.com/n",
		Token: "s/1/n",
	}
	reply, err := codec.Encode(o)
	if err != nil {
		return nil // it has none of it
	}
	said := string(reply.Body)
	for _, c := range reply.Commands {
		said += string(c.Body)
	}
	all := map[string]string{}
	for _, m := range number.FindAllStringSubmatch(said, -1) {
		all[m[1]] = m[2]
	}
	return all
}

// TestNothingIsOtherThanDeclared: whatever time a flow asks for, a platform is told that
// time, or what its capabilities say becomes of it, and "callflow check" says so.
func TestNothingIsOtherThanDeclared(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		settings := map[string][]string{"unsigned": {"yes"}, "api_key": {"KEY0123"}}
		maps.Copy(settings, extras(e))
		codec, err := e.Open(providers.NewSection(settings, nil))
		if err != nil {
			t.Fatal(err)
		}
		can := codec.Capabilities()
		for _, s := range sweeps() {
			if s.listens && !can.Speech {
				continue // it is asked like any other question
			}
			t.Run(e.Name+": "+s.name, func(t *testing.T) {
				t.Parallel()
				sweep(t, e.Name, codec, can, s)
			})
		}
	}
}

// sweep asks for all lengths of a time.
func sweep(t *testing.T, platform string, codec telephony.Codec, can telephony.Capabilities, s swept) {
	lengths := []time.Duration{s.least, s.most}
	for _, length := range []time.Duration{
		100 * time.Millisecond, 250 * time.Millisecond, 700 * time.Millisecond, time.Second, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 4 * time.Second,
		5 * time.Second, 9900 * time.Millisecond, 11 * time.Second, 31 * time.Second, 59 * time.Second, time.Minute, 61 * time.Second, 119 * time.Second, 121 * time.Second, 5 * time.Minute,
		301 * time.Second, 599 * time.Second, 2*time.Hour + time.Second, 4*time.Hour + time.Second, 24*time.Hour - time.Second,
	} {
		if s.least <= length && length <= s.most {
			lengths = append(lengths, length)
		}
	}
	at, told := s.keys[platform]
	if has := s.has(can); has != told && !(has && s.more[platform] != nil) {
		t.Fatalf("declared: %t, and the test knows its name: %t", has, told)
	}
	first := numbersOf(t, codec, s.verb(lengths[0]))
	for _, length := range lengths {
		got := numbersOf(t, codec, s.verb(length))
		if told {
			want := s.kept(can, length)
			n, err := strconv.ParseFloat(got[at.name], 64)
			if found := time.Duration(n * float64(at.unit)).Round(time.Millisecond); err != nil || found != want {
				t.Errorf("%s: %s is %q in the document, and declared is %s: %v", length, at.name, got[at.name], want, got)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if got[name] != first[name] && (!told || name != at.name) && s.more[platform][name] == "" {
				t.Errorf("%s: %s is %s, and %s before: what follows what was asked has to be declared", length, name, got[name], fmt.Sprint(first[name]))
			}
		}
	}
}

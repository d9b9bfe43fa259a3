package codectest

import (
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// situation is something that happens on a call, and what a codec makes of it.
type situation struct {
	name  string
	route telephony.Route
	// lost: the request comes by the URL of a document's tail.
	lost bool
	// want lists the descriptions that are right, given what the platform can do.
	want func(c telephony.Capabilities) []string
	// call, where set, is checked against what was decoded.
	call func(c engine.Call) bool
	// malformed: the request is refused.
	malformed bool
	// alarm: an operator hears of it.
	alarm bool
	// of is the situation whose request it is, in other circumstances, where the
	// platform brings none of its own.
	of string
	// earlier: the request is of turn 2, and not of turn 3.
	earlier bool
	// twist, where set, changes the request on its way.
	twist func(f Fixture, r *telephony.Request)
	// refused is the error of Verify; nil: the request is the platform's.
	refused error
	// stage is how far a call that we have made has come.
	stage telephony.Stage
	// more, where set, looks at what was decoded.
	more func(t *testing.T, f Fixture, r telephony.Request, in telephony.Inbound)
}

func just(want string) func(telephony.Capabilities) []string {
	return func(telephony.Capabilities) []string { return []string{want} }
}

// entry is an entry of keys that ended somehow: the platform may know how, or not,
// and may show the terminator.
func entry(keys, ended, terminator string) func(telephony.Capabilities) []string {
	return func(c telephony.Capabilities) []string {
		if keys == "" {
			if c.TerminatorVisible {
				return []string{"digits " + terminator + " " + ended, "digits none " + ended}
			}
			return []string{"digits none " + ended, "digits none unknown"}
		}
		want := []string{"digits " + keys + " " + ended, "digits " + keys + " unknown"}
		if c.TerminatorVisible && terminator != "" {
			want = append(want, "digits "+keys+terminator+" "+ended)
		}
		return want
	}
}

// recorded is the end of a recording, whose address may be told later, and whose length
// the platform may not know.
func recorded(more string) func(telephony.Capabilities) []string {
	return func(c telephony.Capabilities) []string {
		if c.RecordNotice {
			return []string{"recording recorded of 7s" + more}
		}
		const at = "recording recorded at https://recorder.example.com/s1-1.wav"
		return []string{at + " of 7s" + more, at + more}
	}
}

// ended is the end of a call, where the platform tells whose doing it was.
func ended(by string) func(telephony.Capabilities) []string {
	return func(c telephony.Capabilities) []string {
		if !c.HangupBy {
			return []string{"ended by unknown"}
		}
		return []string{"ended by " + by}
	}
}

func situations() []situation {
	const (
		start  = telephony.RouteStart
		turn   = telephony.RouteTurn
		notice = telephony.RouteNotice

		terminated = "digits by terminator"
	)
	nothing := just("nothing")
	return []situation{
		{name: "first hook", route: start, want: nothing, call: func(c engine.Call) bool {
			want := Call(c.Platform)
			if c.Account == "" {
				want.Account = ""
			}
			if c.Name == "" { // the platform has none; see "unicode caller name"
				want.Name = ""
			}
			want.Language = c.Language
			return c == want
		}},
		{name: "anonymous caller", route: start, want: nothing, call: func(c engine.Call) bool {
			_, number := telephony.ParseTarget(c.From)
			return !number && c.ID == "call-1"
		}},
		{name: "unicode caller name", route: start, want: nothing, call: func(c engine.Call) bool {
			return c.Name == "Zoë 李 🐮"
		}},
		{name: "hostile caller name", route: start, want: nothing, call: func(c engine.Call) bool {
			return c.ID == "call-1" && len(c.Name) <= 256
		}},
		{name: "unknown fields", route: start, want: nothing},
		{name: "lost at the start", route: start, lost: true, want: just("lost")},
		{name: "machine answered", route: notice, want: nothing, stage: telephony.StageMachine},

		{name: "wrong signature", route: start, of: "first hook", twist: signedBy(Foreign(), 0), refused: telephony.ErrSignature},
		{name: "old signature", route: start, of: "first hook", twist: signedBy(Current(), 301*time.Second), refused: telephony.ErrStale},
		{name: "unsigned", route: start, of: "first hook", twist: unsigned, refused: telephony.ErrUnsigned},
		{name: "oversized body", route: start, of: "first hook", twist: oversized, malformed: true},
		{name: "garbage", route: start, of: "first hook", twist: garbage, malformed: true},

		{name: "digits by terminator", route: turn, want: entry("4471", "terminator", "#")},
		{name: "digits by length", route: turn, want: entry("1234567890", "length", "")},
		{name: "digits by gap", route: turn, want: entry("44", "gap", "")},
		{name: "leading zeros", route: turn, want: entry("007", "length", "")},
		{name: "partial entry", route: turn, want: func(c telephony.Capabilities) []string {
			if !c.Partial {
				return []string{"noinput"}
			}
			return entry("1", "gap", "")(c)
		}},
		{name: "silence", route: turn, want: just("noinput")},
		{name: "said", route: turn, want: just(`said "my bill" 0.87`)},
		{name: "said without a confidence", route: turn, want: just(`said "Zoë, 李" 0.00`)},
		{name: "said and not understood", route: turn, want: just("something said")},
		{name: "said more than is sensible", route: turn, want: just(`said "my  bill" 1.00`)},
		{name: "keys while it listens", route: turn, want: entry("2", "length", "")},
		{name: "silence while it listens", route: turn, want: just("noinput")},
		{name: "bare terminator", route: turn, want: entry("", "terminator", "#")},
		{name: "early keys", route: turn, want: entry("12345#1234", "open", "")},
		{name: "star", route: turn, want: entry("*0", "length", "")},
		{name: "continued", route: turn, want: just("resumed")},
		{name: "lost", route: turn, lost: true, want: just("lost")},
		{name: "duplicate with marker", route: turn, of: terminated, want: entry("4471", "terminator", "#"), more: sameMark},
		{name: "duplicate without marker", route: turn, of: terminated, want: entry("4471", "terminator", "#"), more: sameTurn},
		{name: "out of order", route: turn, of: terminated, earlier: true, want: entry("4471", "terminator", "#"), more: ofEarlierTurn},
		{name: "keys that are none", route: turn, malformed: true},
		{name: "too many keys", route: turn, malformed: true},
		{name: "missing fields", route: turn, malformed: true},
		{name: "wrong types", route: turn, malformed: true},

		{name: "transfer completed", route: turn, want: just("dial completed")},
		{name: "transfer completed, caller gone", route: turn, want: just("dial completed caller gone")},
		{name: "transfer busy", route: turn, want: just("dial busy")},
		{name: "transfer unanswered", route: turn, want: just("dial no_answer")},
		{name: "transfer failed", route: turn, want: just("dial failed")},
		{name: "transfer failed without a word", route: turn, want: just("dial failed")},
		{name: "recorded", route: turn, want: recorded("")},
		{name: "recorded by hanging up", route: turn, want: recorded(" caller gone")},
		{name: "nothing recorded", route: turn, want: just("recording empty")},
		{name: "recording failed", route: turn, want: just("recording failed")},
		{name: "a recording of no name", route: turn, malformed: true},
		{name: "recording ready", route: notice, want: just("recording s1-1 ready at https://recorder.example.com/s1-1.wav")},
		{name: "transfer taken, whisper wanted", route: turn, want: just("whisper wanted")},
		{name: "waiting in a queue", route: turn, want: just("waiting at 3")},
		{name: "waiting, nobody knows where", route: turn, want: just("waiting at 0")},
		{name: "queue connected", route: turn, want: just("queue connected")},
		{name: "queue left", route: turn, want: just("queue left")},
		{name: "queue given up", route: turn, want: just("queue left caller gone")},
		{name: "queue failed", route: turn, want: just("queue failed")},
		{name: "hand-over accepted", route: turn, want: just("dial completed")},
		{name: "hand-over accepted, caller gone", route: turn, want: just("dial completed caller gone")},
		{name: "hand-over busy", route: turn, want: just("dial busy")},
		{name: "hand-over unanswered", route: turn, want: just("dial no_answer")},
		{name: "hand-over refused", route: turn, want: just("dial failed")},
		{name: "hand-over without a word", route: turn, want: just("dial failed")},

		{name: "hang-up while collecting", route: notice, want: ended("caller")},
		{name: "hang-up while a reply is pending", route: notice, of: "hang-up while collecting", want: ended("caller"), more: whilePending},
		{name: "late end notice", route: notice, want: ended("us"), more: whilePending},
		{name: "call failed", route: notice, want: just("ended by unknown")},
		{name: "call under way", route: notice, want: nothing},
		{name: "end of the other leg", route: notice, want: nothing},
		{name: "complaint", route: notice, want: nothing, alarm: true},
	}
}

package main

import (
	"slices"
	"strings"
	"testing"

	"callflow/flows"
)

const telling = `callflow: 1
flow: telling
start: number
globals: { "*": bye, 0: bye }
states:
  number:
    collect: { prompt: "Number?", digits: 4, nomatch: "Pardon.", speech: true }
    next: { match: list, exhausted: list }
  list:
    collect: { prompt: "Number?", digits: 2-6, terminator: "#" }
    next: { match: choose, exhausted: choose }
  choose:
    menu: { prompt: "Press 10 or 11.", options: { 10: tell, 11: tell }, speech: true }
  tell:
    record: { prompt: Please speak. }
    next: { recorded: bye, empty: nothing, failed: broken }
  alike:
    record: { prompt: Please speak. }
    next: { recorded: bye, empty: bye, failed: bye }
  nothing: { say: You said nothing., next: alike }
  broken: { hangup: { say: Something went wrong. } }
  bye: { hangup: { say: Goodbye. } }
`

// TestFitsTold: what a platform does not tell is said where the flow does something else
// by it, and nowhere else.
func TestFitsTold(t *testing.T) {
	t.Parallel()
	if program, diags := flows.CompileSource("f.yaml", []byte(telling), flows.Options{}); program == nil {
		t.Fatal(diags)
	}
	const (
		unclear = "7:5 tells words that it does not understand as silence: noinput follows, and not nomatch"
		digits  = "takes entries of digits alone: *, which is valid everywhere, counts as a wrong entry here"
	)
	for platform, want := range map[string][]string{
		"generic": nil, "jambonz": nil, "sinch": nil, "telnyx": nil,
		"twilio": {unclear}, "plivo": {unclear}, "texml": {unclear},
		"tropo": {"7:5 " + digits, "10:5 " + digits},
		"vonage": {
			"15:5 records silence as it does words: recorded follows, and not empty",
			"15:5 tells of no recording that it failed: recorded follows, with an empty address",
		},
		"signalwire": {"15:5 tells a recording of nothing as one that failed: failed follows, and not empty, unless the caller has hung up"},
		"eightx8": {
			"7:5 tells whole entries only: *, which is valid everywhere, counts as silence here",
			"10:5 tells whole entries only: *, which is valid everywhere, counts as silence here unless # follows it",
			"13:5 tells whole entries only: *, which is valid everywhere, cannot be pressed beside options of 2 keys",
			"13:5 tells whole entries only: 0, which is valid everywhere, cannot be pressed beside options of 2 keys",
		},
	} {
		var got []string
		for _, d := range misfitsOf(t, opened(t, platform, nil), []byte(telling)) {
			d = strings.Replace(d, " warning "+platform, "", 1)
			for _, about := range []string{"which is valid everywhere", "follows, and not", "follows, with"} {
				if strings.Contains(d, about) {
					got = append(got, d)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", platform, got, want)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/providers/telephony"
)

// TestFitsTextsOfEveryKind: a recording or markup is found wherever a flow can have one,
// in what a state says and in what it says after mistakes, to those who wait and to
// whoever takes a call.
func TestFitsTextsOfEveryKind(t *testing.T) {
	t.Parallel()
	const marked, audio = `{ ssml: "<speak>Please <emphasis>wait</emphasis>.</speak>" }`, `{ audio: "https://media.example.com/x.wav", text: Well. }`
	for _, c := range []struct{ name, state string }{
		{"say", `{ say: TEXT, next: bye }`},
		{"say each", `{ say: { each: "${things}", SAY }, next: bye }`},
		{"play", `{ play: TEXT, next: bye }`},
		{"hangup", `{ hangup: { say: TEXT } }`},
		{"menu", `{ menu: { prompt: TEXT, options: { 1: bye } } }`},
		{"menu, silence", `{ menu: { prompt: Well., noinput: TEXT, options: { 1: bye } } }`},
		{"menu, a mistake", `{ menu: { prompt: Well., nomatch: [Sorry., TEXT], options: { 1: bye } } }`},
		{"menu of items", `{ menu: { prompt: Well., options: { 0: bye }, each: { in: "${things}", say: TEXT } }, next: { chosen: bye, empty: bye } }`},
		{"menu of items, more", `{ menu: { prompt: Well., options: { 0: bye }, each: { in: "${things}", say: "Press ${key}.", page: 2, more: "9", say_more: TEXT } }, next: { chosen: bye, empty: bye } }`},
		{"collect", `{ collect: { prompt: [Well., TEXT], digits: 4 }, next: bye }`},
		{"collect, confirmed", `{ collect: { prompt: Well., digits: 4, confirm: TEXT }, next: bye }`},
		{"confirm", `{ confirm: { prompt: TEXT }, next: { yes: bye, no: bye } }`},
		{"authenticate", `{ authenticate: { account: "${account}", pin: "${pin}", attempts: 3, retry: pin, sorry: TEXT }, next: { authenticated: bye, denied: bye, locked: bye, unavailable: bye } }`},
		{"verify", `{ verify: { code: "${pin}", attempts: 3, retry: pin, sorry: TEXT }, next: { verified: bye, denied: bye, expired: bye, locked: bye, unavailable: bye } }`},
		{"transfer", `{ transfer: { to: "+15550100", say: TEXT }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye } }`},
		{"transfer, whisper", `{ transfer: { to: "+15550100", whisper: TEXT }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye } }`},
		{"queue", `{ queue: { name: support, say: [Wait., TEXT], every: 20s }, next: { connected: bye, timeout: bye, failed: bye } }`},
		{"queue, offer", `{ queue: { name: support, offer: { after: 1m, prompt: TEXT } }, next: { connected: bye, timeout: bye, failed: bye, callback: bye } }`},
		{"record", `{ record: { prompt: TEXT }, next: { recorded: bye, empty: bye, failed: bye } }`},
		{"voicemail", `{ voicemail: { prompt: TEXT, review: false }, next: { recorded: bye, empty: bye, failed: bye } }`},
		{"voicemail, review", `{ voicemail: { prompt: Well., review: TEXT }, next: { recorded: bye, empty: bye, failed: bye } }`},
	} {
		for text, want := range map[string]string{marked: "p speaks no SSML: the plain text in it is spoken", audio: "p plays no recordings: their texts are spoken"} {
			if text == marked && c.name == "play" {
				continue // it takes no markup
			}
			source := "callflow: 1\nflow: f\nstart: account\nvariables: { things: [text] }\nstates:\n" +
				"  account: { collect: { prompt: Account., digits: 4 }, next: pin }\n" +
				"  pin: { collect: { prompt: PIN., digits: 4, secret: true }, next: choose }\n" +
				"  choose: { menu: { prompt: Choose., options: { 1: it, 2: bye } } }\n" +
				"  it: " + strings.NewReplacer("TEXT", text, "SAY", strings.Trim(text, "{}")).Replace(c.state) + "\n" +
				"  bye: { hangup: { say: Goodbye. } }\n"
			can := telephony.Capabilities{
				Transfer: true, TransferReturns: true, Whisper: true, Queue: true, Record: true, RecordFailure: true, BargeIn: true,
				Timeouts: telephony.Clocks{FirstDigit: true, InterDigit: true, Total: true}, FinishKeys: telephony.EveryKey, Hold: telephony.HoldRedirect,
			}
			if got := misfits(t, can, source); !slices.Equal(got, []string{"9:9 warning " + want}) {
				t.Errorf("%s: got %q, want %q", c.name, got, want)
			}
			can.Audio, can.SSML = true, true
			if got := misfits(t, can, source); len(got) > 0 {
				t.Errorf("%s, on a platform that does both: got %q", c.name, got)
			}
		}
	}
}

// TestFitsOtherRecordings: the announcement that a call is recorded, and music.
func TestFitsOtherRecordings(t *testing.T) {
	t.Parallel()
	const source = `callflow: 1
flow: f
recording: { calls: true, announce: { audio: "https://media.example.com/x.wav", text: This call is recorded. } }
start: line
states:
  line: { queue: { name: support, music: "https://media.example.com/music.wav" }, next: bye }
  bye: { hangup: { say: Goodbye. } }
`
	want := []string{
		"3:1 warning p plays no recordings: their texts are spoken",
		"6:11 warning p plays no recordings: those who wait hear no music",
	}
	if got := misfits(t, telephony.Capabilities{Queue: true, RecordCalls: true}, source); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// misfits are what a platform p that can do so much is told of a flow.
func misfits(t *testing.T, can telephony.Capabilities, source string) []string {
	t.Helper()
	return misfitsOf(t, capable{name: "p", can: can}, []byte(source))
}

// misfitsOf are what a platform is told of a flow, in order. Some languages have the words
// of English.
func misfitsOf(t *testing.T, p capable, source []byte) (all []string) {
	t.Helper()
	english, err := os.ReadFile("../../flows/words/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string][]byte{}
	for _, lang := range []string{"ar", "fi", "no", "tr", "vi", "zh"} {
		words[lang] = english
	}
	program, diags := flows.CompileSource("f.yaml", source, flows.Options{Words: words})
	if program == nil {
		t.Fatalf("%v\n%s", diags, source)
	}
	ds := fits(p, whereOf("f.yaml", source), program)
	ds.Sort()
	for _, d := range ds {
		all = append(all, fmt.Sprint(d.Pos, " ", d.Severity, " ", d.Message))
	}
	return all
}

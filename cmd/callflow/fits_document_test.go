package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/flows"
)

// TestFitsDocument: an answer that is longer than a platform reads is found before a
// call, wherever its words come from.
func TestFitsDocument(t *testing.T) {
	t.Parallel()
	const (
		most  = 65536 // Twilio's
		alone = "error twilio reads answers of at most 65536 bytes, and what is said here in en makes one of N: callers would hear an apology, and the call would end"
		run   = "warning twilio reads answers of at most 65536 bytes, and what is said here and right before in en can make one of N: callers would hear an apology, and the call would end"
	)
	words := func(bytes int) string { return strings.Repeat("Please wait a moment. ", bytes/22) }
	for _, c := range []struct {
		name, states string
		want         []string
	}{
		{"short", `  start: { say: "` + words(most/2) + `", next: bye }`, nil},
		{"say", `  start: { say: "` + words(most) + `", next: bye }`, []string{"5:12 " + alone}},
		{"characters that grow", `  start: { say: "` + strings.Repeat("& ", most/5) + `", next: bye }`, []string{"5:12 " + alone}},
		{"a question", `  start: { menu: { prompt: "` + words(most) + `", options: { 1: bye } } }`, []string{"5:12 " + alone}},
		{"its longest wording", `  start: { menu: { prompt: [Press 1., "` + words(most) + `", Press 1.], options: { 1: bye } } }`, []string{"5:12 " + alone}},
		{"words after a mistake, and the question", `  start: { menu: { prompt: "` + words(most/2) + `", nomatch: "` + words(most/2) + `", options: { 1: bye } } }`, []string{"5:12 " + alone}},
		{"what is said before", "  start: { say: \"" + words(most/3) + "\", next: on }\n  on: { say: \"" + words(most/3) + "\", next: last }\n" +
			`  last: { collect: { prompt: "` + words(most/3) + `", digits: 4 }, next: bye }`, []string{"7:11 " + run}},
		{"what is said before a question that is waited for", "  start: { say: \"" + words(most/3) + "\", next: on }\n  on: { collect: { prompt: \"" + words(most/3) + "\", digits: 4 }, next: last }\n" +
			`  last: { say: "` + words(most/2) + `", next: bye }`, nil},
		{"a turn without end", "  start: { say: \"" + words(most/3) + "\", next: on }\n  on: { branch: { when: [ { if: call.from == '1', next: start } ], else: bye }, max_visits: 3 }", nil},
		{"whispers are for somebody else", `  start: { transfer: { to: "+15550100", say: "` + words(most/2) + `", whisper: "` + words(most/2) + `" }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye } }`, nil},
		{"a whisper", `  start: { transfer: { to: "+15550100", whisper: "` + words(most) + `" }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye } }`, []string{"5:12 " + alone}},
		{"announcements, one by one", `  start: { queue: { name: q, say: ["` + words(most/2) + `", "` + words(most/2) + `"] }, next: { connected: bye, failed: bye } }`, nil},
		{"an announcement", `  start: { queue: { name: q, say: [Wait., "` + words(most) + `"] }, next: { connected: bye, failed: bye } }`, []string{"5:12 " + alone}},
		{"a message", `  start: { record: { prompt: "` + words(most) + `" }, next: { recorded: bye, empty: bye, failed: bye } }`, []string{"5:12 " + alone}},
	} {
		source := "callflow: 1\nflow: f\nstart: start\nstates:\n" + c.states + "\n  bye: { hangup: { say: Goodbye. } }\n"
		got := misfitsOf(t, opened(t, "twilio", nil), []byte(source))
		got = slices.DeleteFunc(got, func(text string) bool { return strings.Contains(text, "clock") })
		for i := range got {
			got[i] = regexp.MustCompile(`one of \d+:`).ReplaceAllString(got[i], "one of N:")
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if got := misfitsOf(t, opened(t, "generic", nil), []byte(source)); len(got) > 0 {
			t.Errorf("%s, on a platform that reads any length: got %q", c.name, got)
		}
	}
}

// TestFitsDocumentOfLists: a list may be as long as lists can be.
func TestFitsDocumentOfLists(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Please wait a moment. ", 50)
	source := "callflow: 1\nflow: f\nstart: fill\nvariables: { things: [text] }\nstates:\n" +
		"  fill: { set: { things: { add: x } }, next: all }\n" +
		"  all: { say: { each: \"${things}\", text: \"" + text + "\" }, next: bye }\n" +
		"  bye: { hangup: {} }\n"
	got := misfitsOf(t, opened(t, "twilio", nil), []byte(source))
	if len(got) != 1 || !strings.HasPrefix(got[0], "7:10 warning twilio reads answers of at most 65536 bytes") {
		t.Errorf("got %q", got)
	}
	if got := misfitsOf(t, opened(t, "plivo", nil), []byte(strings.Replace(source, text, "Well. ", 1))); len(got) > 0 {
		t.Errorf("with few words: got %q", got)
	}
}

// TestFitsManyStates: it does not take long where many ways lead to a state.
func TestFitsManyStates(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("callflow: 1\nflow: f\nstart: s0\nstates:\n")
	const states = 300
	for i := range states {
		fmt.Fprintf(&b, "  s%d: { branch: { when: [ { if: call.from == '1', next: a%d } ], else: b%d } }\n", i, i, i)
		for _, way := range []string{"a", "b"} {
			fmt.Fprintf(&b, "  %s%d: { say: \"%s\", next: s%d }\n", way, i, strings.Repeat("Well. ", 10), i+1)
		}
	}
	fmt.Fprintf(&b, "  s%d: { hangup: {} }\n", states)
	program, diags := flows.CompileSource("f.yaml", []byte(b.String()), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	begun := time.Now()
	d := newDocuments(opened(t, "twilio", nil), program)
	for i := range program.Spec().States {
		d.check(&program.Spec().States[i], func(flows.Severity, string, ...any) {})
	}
	if says := d.ahead(fmt.Sprint("s", states), 0).says; len(says) != states || time.Since(begun) > time.Minute {
		t.Errorf("%d things are said in %s, expected %d", len(says), time.Since(begun), states)
	}
}

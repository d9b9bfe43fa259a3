package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callflow/providers"
)

// TestFitsCounts: what a platform takes fewer or less of is said, and what becomes of the
// rest.
func TestFitsCounts(t *testing.T) {
	t.Parallel()
	ask := func(digits string) string {
		return `collect: { prompt: Number., digits: ` + digits + `, speech: true }, next: { match: bye, exhausted: bye }`
	}
	transfer := func(settings string) string {
		return `transfer: { ` + settings + ` }, next: { completed: bye, busy: bye, no_answer: bye, failed: bye }`
	}
	phrases := func(first, n, length int) string {
		var all []string
		for i := range n {
			phrase := fmt.Sprintf("w%03d ", first+i)
			all = append(all, phrase+strings.Repeat("y", length-len(phrase)))
		}
		return strings.Join(all, ", ")
	}
	hints := func(n, length int) string { // more than 50, which is what one list may have
		menu := "menu: { prompt: Which., speech: { hints: [" + phrases(0, 50, length) + "] }, options: { 1: { next: bye, say: [" + phrases(50, min(n-50, 50), length) + "] }"
		if n > 100 {
			menu += ", 2: { next: bye, say: [" + phrases(100, n-100, length) + "] }"
		}
		return menu + " } }"
	}
	const dials = " dials numbers of 7 to 15 digits that begin with a country's code, and sip: addresses: "
	for _, c := range []struct {
		name, platform, state string
		want                  []string
	}{
		{"digits", "plivo", ask("32"), nil},
		{"too many to listen to", "plivo", ask("33"), []string{"7:9 warning plivo listens to entries of at most 32 digits; this one has up to 33: callers can only press keys"}},
		{"any number", "twilio", ask("33"), nil},

		{"few hints", "twilio", hints(99, 6), nil},
		{"as many as are told", "twilio", hints(100, 6), nil},
		{"one more", "twilio", hints(101, 6), []string{"7:9 warning twilio is told to expect 100 of the 101 phrases in en: the others are understood less well"}},
		{"one more, where any number is taken", "generic", hints(101, 6), []string{"7:9 warning generic is told to expect 100 of the 101 phrases in en: the others are understood less well"}},
		{"as much as Plivo has room for", "plivo", hints(100, 99), nil},
		{"more", "plivo", hints(100, 100), []string{"7:9 warning plivo is told to expect 99 of the 100 phrases in en: the others are understood less well"}},
		{"without an ear", "sinch", `menu: { prompt: Which., options: { 1: bye } }`, nil},

		{"a number", "vonage", transfer(`to: "+61255500100"`), nil},
		{"an address", "vonage", transfer(`to: "sip:desk@example.com"`), nil},
		{"an extension", "vonage", transfer(`to: "1001"`), []string{"7:9 error vonage" + dials + "a transfer to 1001 is refused, and the call ends"}},
		{"a number without its country", "tropo", transfer(`to: "0255500100"`), []string{"7:9 error tropo" + dials + "a transfer to 0255500100 is refused, and the call ends"}},
		{"whatever a caller says", "vonage", transfer(`to: "${line}"`), []string{"7:9 warning vonage" + dials + "with another number the transfer is refused, and the call ends"}},
		{"an address for what a caller says", "vonage", transfer(`to: "sip:${line}@example.com"`), nil},
		{"the end of a number", "vonage", transfer(`to: "+6125550${line}"`), nil},
		{"any", "jambonz", transfer(`to: "1001"`), nil},

		{"handed over", "vonage", transfer(`to: "1001", mode: refer`), []string{"7:9 error vonage cannot hand calls over: mode: refer"}},

		{"shown", "telnyx", transfer(`to: "+61255500100", from: "+61255500101"`), nil},
		{"not shown", "telnyx", transfer(`to: "+61255500100", from: "0255500101"`), []string{"7:9 warning telnyx shows whoever takes a transfer numbers that begin with a plus only: from (0255500101) is left out"}},
		{"not shown by Vonage", "vonage", transfer(`to: "+61255500100", from: "1001"`), []string{"7:9 warning vonage shows whoever takes a transfer numbers of 7 to 15 digits that begin with a country's code only: from (1001) is left out"}},

		{"context", "plivo", transfer(`to: "sip:desk@example.com", context: { account: 1 }`), []string{"7:9 warning plivo sends context to a sip: address only: a telephone number is told nothing"}},
		{"context that is kept", "plivo", transfer(`to: "sip:desk@example.com", context: { plivo_id: 1 }`), []string{
			"7:9 warning plivo sends context to a sip: address only: a telephone number is told nothing",
			"7:9 error plivo keeps header fields that begin with X-plivo for itself: with X-Plivo-Id in its context the transfer is refused, and the call ends",
		}},
		{"context that is cut", "tropo", transfer(`to: "sip:desk@example.com", context: { a: ` + strings.Repeat("a", 256) + `, b: ` + strings.Repeat("b", 257) + ` }`), []string{
			"7:9 warning tropo sends context to a sip: address only: a telephone number is told nothing",
			"7:9 warning tropo tells 256 bytes of each value of the context: X-B is cut",
		}},
		{"context without room", "twilio", transfer(`to: "sip:desk@example.com", context: { a: ` + strings.Repeat("a", 1021) + ` }`), []string{
			"7:9 warning twilio sends context to a sip: address only: a telephone number is told nothing",
			"7:9 warning twilio has room for 1024 characters of context: what is beyond is left out",
		}},
		{"context with room", "twilio", transfer(`to: "sip:desk@example.com", context: { a: ` + strings.Repeat("a", 1020) + ` }`), []string{
			"7:9 warning twilio sends context to a sip: address only: a telephone number is told nothing",
		}},

		{"music", "twilio", `queue: { name: q, say: Wait., every: 20s, music: "https://media.example.com/m.wav" }, next: { connected: bye, failed: bye }`, []string{
			"7:9 warning twilio plays music to its end: the next announcement waits for that, also where every (20s) is shorter, and comes sooner where the music is",
		}},
		{"music without announcements", "twilio", `queue: { name: q, music: "https://media.example.com/m.wav" }, next: { connected: bye, failed: bye }`, nil},
		{"music that is cut short", "jambonz", `queue: { name: q, say: Wait., every: 20s, music: "https://media.example.com/m.wav" }, next: { connected: bye, failed: bye }`, nil},
	} {
		source := "callflow: 1\nflow: f\ndefaults: { timeout: 5s, inter_digit_timeout: 5s, terminator: \"#\" }\nvariables: { line: text }\nstart: first\nstates:\n  it: { " + c.state + " }\n  bye: { hangup: { say: Goodbye. } }\n  first: { set: { line: \"1001\" }, next: it }\n"
		got := misfitsOf(t, opened(t, c.platform, nil), []byte(source))
		if slices.Sort(c.want); !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: got %q, want %q", c.platform, c.name, got, c.want)
		}
	}
}

// TestFitsMarkup: markup that a voice does not obey, or that is too long to be spoken at
// once, is said to be.
func TestFitsMarkup(t *testing.T) {
	t.Parallel()
	polly := map[string]providers.Section{"en": providers.NewSection(map[string][]string{"voice": {"Polly.Olivia-Neural"}, "language": {"en-AU"}}, nil)}
	amazon := map[string]providers.Section{"en": providers.NewSection(map[string][]string{"vendor": {"aws"}, "voice": {"Olivia"}, "language": {"en-AU"}}, nil)}
	const voices = "speaks SSML by some voices only, which voices: PLATFORM: names, and by none for en: the plain text in it is spoken"
	for _, c := range []struct {
		platform string
		length   int
		voices   map[string]providers.Section
		want     string
	}{
		{"generic", 5000, nil, ""},
		{"twilio", 100, polly, ""},
		{"twilio", 3000, polly, ""},
		{"twilio", 3001, polly, "speaks at most 3000 characters of SSML at once: the plain text in this one, in en, is spoken"},
		{"twilio", 100, nil, voices},
		{"jambonz", 100, nil, voices},
		{"jambonz", 5000, amazon, ""},
		{"plivo", 100, nil, voices},
		{"vonage", 1500, nil, ""},
		{"vonage", 1501, nil, "speaks at most 1500 characters of SSML at once: the plain text in this one, in en, is spoken"},
		{"sinch", 601, nil, "speaks at most 600 characters of SSML at once: the plain text in this one, in en, is spoken"},
		{"texml", 100, nil, "speaks no SSML: the plain text in it is spoken"},
	} {
		text := strings.TrimSpace(strings.Repeat("well ", c.length/5)) + strings.Repeat(".", c.length%5+1)
		source := "callflow: 1\nflow: f\nstart: it\nstates:\n  it: { say: { ssml: '<speak>" + text + "<break time=\"1s\"/></speak>' }, next: bye }\n  bye: { hangup: { say: Goodbye. } }\n"
		var want []string
		if c.want != "" {
			want = []string{"5:9 warning " + c.platform + " " + strings.ReplaceAll(c.want, "PLATFORM", c.platform)}
		}
		if got := misfitsOf(t, opened(t, c.platform, c.voices), []byte(source)); !slices.Equal(got, want) {
			t.Errorf("%s, %d characters: got %q, want %q", c.platform, c.length, got, want)
		}
	}
}

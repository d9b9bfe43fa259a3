package main

import (
	"slices"
	"strings"
	"testing"

	"callflow/providers"
)

// spokenFlow is a flow in languages, whose question listens where it is told to.
func spokenFlow(t *testing.T, languages string, listens bool) []byte {
	t.Helper()
	var texts, phrases []string
	for lang := range strings.SplitSeq(languages, ", ") {
		texts = append(texts, lang+": Press 1.")
		phrases = append(phrases, lang+": [account]")
	}
	option := "1: bye"
	if listens {
		option = "1: { next: bye, say: { " + strings.Join(phrases, ", ") + " } }"
	}
	speech := map[bool]string{true: ", speech: true"}[listens]
	return []byte("callflow: 1\nflow: f\nlanguages: [" + languages + "]\nvoice: Karen\nstart: ask\nstates:\n" +
		"  ask: { menu: { prompt: { " + strings.Join(texts, ", ") + " }, options: { " + option + " }" + speech + " } }\n" +
		"  bye: { hangup: {} }\n")
}

// opened is a platform with voices.
func opened(t *testing.T, platform string, voices map[string]providers.Section) capable {
	t.Helper()
	for _, e := range providers.Telephony() {
		if e.Name == platform {
			codec, err := e.Open(providers.NewSection(map[string][]string{"unsigned": {"true"}, "api_key": {"KEY0123"}}, voices))
			if err != nil {
				t.Fatal(err)
			}
			return capable{name: platform, can: codec.Capabilities(), codec: codec}
		}
	}
	t.Fatalf("there is no platform %q", platform)
	return capable{}
}

func TestFitsVoice(t *testing.T) {
	t.Parallel()
	const leftOut = `leaves the voice "Karen" out, and speaks in one of its own: no setting under voices: PLATFORM: says what it calls that voice`
	for _, c := range []struct {
		platform, languages string
		listens             bool
		want                []string
	}{
		{"generic", "en-AU, es-CO", true, nil},
		{"jambonz", "en-AU, es-CO", true, []string{"4:8 " + leftOut}},
		{"twilio", "en-AU, es-CO", true, []string{"4:8 " + leftOut}},
		{"signalwire", "en-AU, es-CO", true, []string{"4:8 " + leftOut}},
		{"vonage", "en-AU, es-CO", true, []string{"4:8 " + leftOut}},
		{"vonage", "en-AU, es-AR", false, []string{"3:20 has no voice for es-AR: that for es-ES speaks", "4:8 " + leftOut}},
		{"vonage", "en-AU, es-AR", true, []string{"3:20 does not listen to es-AR, but to es-ES", "3:20 has no voice for es-AR: that for es-ES speaks", "4:8 " + leftOut}},
		{"plivo", "en, tr", false, []string{"3:17 does not speak tr: its voice for en-US reads the texts", "4:8 " + leftOut}},
		{"plivo", "en, tr", true, []string{"3:17 does not listen to tr, but to en-US", "3:17 does not speak tr: its voice for en-US reads the texts", "4:8 " + leftOut}},
		{"telnyx", "en-AU, fi", false, []string{"3:20 does not speak fi: its voice for en-US reads the texts", "4:8 " + leftOut}},
		{"texml", "ar, no, zh", false, []string{"4:8 " + leftOut}},
		{"tropo", "en-AU, vi", true, []string{"3:20 does not speak vi: its voice for en-US reads the texts", "4:8 " + leftOut, "7:10 does not listen: callers can only press keys"}},
		{"sinch", "en-AU, es-CO", false, []string{"3:20 has no voice for es-CO: that for es-ES speaks", "4:8 " + leftOut}},
		{"eightx8", "en, es-CO", false, []string{"3:17 has no voice for es-CO: that for es-ES speaks", "4:8 " + leftOut}},
	} {
		source := spokenFlow(t, c.languages, c.listens)
		var want []string
		for _, text := range c.want {
			at, text, _ := strings.Cut(text, " ")
			want = append(want, at+" warning "+c.platform+" "+strings.ReplaceAll(text, "PLATFORM", c.platform))
		}
		got := misfitsOf(t, opened(t, c.platform, nil), source)
		got = slices.DeleteFunc(got, func(text string) bool { return strings.Contains(text, "clock") || strings.Contains(text, "timeout") })
		if !slices.Equal(got, want) {
			t.Errorf("%s, %s: got %q, want %q", c.platform, c.languages, got, want)
		}
	}
}

// TestFitsNamedVoice: a voice that is named speaks what it is said to speak, and reads
// the rest.
func TestFitsNamedVoice(t *testing.T) {
	t.Parallel()
	source := spokenFlow(t, "en-AU, es", false)
	voice := func(name, language string) providers.Section {
		return providers.NewSection(map[string][]string{"voice": {name}, "language": {language}}, nil)
	}
	karen := voice("Polly.Olivia-Neural", "en-AU")
	for _, c := range []struct {
		name   string
		voices map[string]providers.Section
		want   []string
	}{
		{"one", map[string]providers.Section{"Karen": karen}, []string{"3:20 warning twilio does not speak es: its voice for en-AU reads the texts"}},
		{"one for each", map[string]providers.Section{"Karen": karen, "es": voice("Polly.Lucia", "es-ES")}, nil},
		{"one that speaks anything", map[string]providers.Section{"Karen": voice("Polly.Olivia-Neural", "")}, nil},
	} {
		got := misfitsOf(t, opened(t, "twilio", c.voices), source)
		got = slices.DeleteFunc(got, func(text string) bool { return strings.Contains(text, "clock") })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

package twilio

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/codectest"
)

// gatherOf is the Gather that a question becomes.
func gatherOf(t *testing.T, c Config, change func(*engine.Gather)) map[string]string {
	t.Helper()
	g := codectest.Account()
	change(&g)
	c.Unsigned = true
	reply, err := newCodec(t, c).Encode(codectest.With(g))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(reply.Body), "<Gather ")
	tag, _, _ := strings.Cut(rest, ">")
	attributes := map[string]string{}
	for tag != "" {
		name, more, ok := strings.Cut(tag, `="`)
		if !ok {
			break
		}
		value, next, _ := strings.Cut(more, `"`)
		attributes[name], tag = value, strings.TrimSpace(next)
	}
	return attributes
}

// TestListens: what a gather that listens is told, and one that does not.
func TestListens(t *testing.T) {
	t.Parallel()
	choices := []string{"1", "2"}
	for _, c := range []struct {
		name   string
		config Config
		change func(*engine.Gather)
		want   map[string]string // "-": it is not there
	}{
		{"keys alone", Config{}, func(*engine.Gather) {}, map[string]string{"input": "dtmf", "language": "-", "hints": "-", "speechTimeout": "-"}},
		{"a menu", Config{}, func(g *engine.Gather) {
			g.Options, g.Speech = choices, &engine.Listen{Lang: "en", Hints: []string{"billing", "my bill"}}
		}, map[string]string{"input": "dtmf speech", "language": "en-US", "hints": "billing,my bill", "speechTimeout": "auto"}},
		{
			"a number",
			Config{},
			func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "en-AU"} },
			map[string]string{"language": "en-AU", "hints": "-", "speechTimeout": "3"},
		},
		{"a number that takes its time", Config{}, func(g *engine.Gather) {
			g.InterDigit, g.Speech = 10*time.Minute, &engine.Listen{Lang: "en-AU"}
		}, map[string]string{"speechTimeout": "60"}},
		{"in the region of the voice", Config{Voices: map[string]Voice{"es": {Voice: "Polly.Lupe-Neural", Language: "es-US"}}}, func(g *engine.Gather) {
			g.Speech = &engine.Listen{Lang: "es"}
		}, map[string]string{"language": "es-US"}},
		{"a language that is spoken by another name", Config{}, func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "zh"} }, map[string]string{"language": "cmn-Hans-CN"}},
		{"Arabic", Config{}, func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "ar"} }, map[string]string{"language": "ar-SA"}},
		{"no language", Config{}, func(g *engine.Gather) { g.Speech = &engine.Listen{} }, map[string]string{"language": "-"}},
		{"hints that would be more than one", Config{}, func(g *engine.Gather) {
			g.Speech = &engine.Listen{Lang: "en", Hints: []string{"one, two", " ,", "$OPERAND 5", "a\nb", strings.Repeat("é", 150)}}
		}, map[string]string{"hints": "one two,OPERAND 5,a b," + strings.Repeat("é", 100)}},
	} {
		got := gatherOf(t, c.config, c.change)
		for name, want := range c.want {
			value, there := got[name]
			if want == "-" && there || want != "-" && value != want {
				t.Errorf("%s: %s is %q, expected %q", c.name, name, value, want)
			}
		}
	}
}

// TestHintsAreBounded: a list of more than Twilio takes would cost all of them.
func TestHintsAreBounded(t *testing.T) {
	t.Parallel()
	var hints []string
	for i := range 600 {
		hints = append(hints, "word "+strconv.Itoa(i))
	}
	got := strings.Split(gatherOf(t, Config{}, func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "en", Hints: hints} })["hints"], ",")
	if !slices.Equal(got, hints[:500]) {
		t.Errorf("%d hints are sent, expected the first 500", len(got))
	}
}

package telnyx

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/codectest"
)

// TestTeXMLListens: what a question that listens is told, and one that does not.
func TestTeXMLListens(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 600 {
		many = append(many, "word "+strconv.Itoa(i))
	}
	for _, c := range []struct {
		name   string
		change func(*engine.Gather)
		want   []string
		none   []string
	}{
		{"keys alone", func(*engine.Gather) {}, []string{`input="dtmf"`}, []string{"speech", "transcriptionEngine", "hints"}},
		{"a menu", func(g *engine.Gather) {
			g.Options, g.Speech = []string{"1"}, &engine.Listen{Lang: "en", Hints: []string{"billing", "my, bill", " ,"}}
		}, []string{`input="dtmf speech"`, `language="en-US"`, `hints="billing,my bill"`, `speechTimeout="1"`}, nil},
		{"a number", func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "en-AU"} }, []string{`language="en-AU"`, `speechTimeout="3"`}, []string{"hints"}},
		{"a number without a clock", func(g *engine.Gather) {
			g.InterDigit, g.Speech = 0, &engine.Listen{Lang: "zh"}
		}, []string{`language="zh"`, `speechTimeout="2"`}, nil},
		{"a number that takes its time", func(g *engine.Gather) { g.InterDigit, g.Speech = time.Hour, &engine.Listen{Lang: "sw"} }, []string{`language="sw"`, `speechTimeout="60"`}, nil},
		{"the voice's region", func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "es"} }, []string{`language="es-US"`}, nil},
		{"no language", func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: `e"n`} }, []string{`speechTimeout="3"`}, []string{`language="e`}},
		{"more hints than are sensible", func(g *engine.Gather) {
			g.Speech = &engine.Listen{Lang: "en", Hints: append([]string{strings.Repeat("é", 150)}, many...)}
		}, []string{`hints="` + strings.Repeat("é", 100) + ",word 0,", `word 498"`}, []string{"word 499"}},
	} {
		g := codectest.Account()
		g.Prompts = nil
		c.change(&g)
		codec := newTeXML(t, TeXMLConfig{Unsigned: true, Voices: map[string]Voice{"es": {Voice: "Polly.Lupe", Language: "es-US"}}})
		reply, err := codec.Encode(codectest.With(g))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(reply.Body), want) {
				t.Errorf("%s: no %s in %s", c.name, want, reply.Body)
			}
		}
		for _, none := range c.none {
			if strings.Contains(string(reply.Body), none) {
				t.Errorf("%s: %s stands in %s", c.name, none, reply.Body)
			}
		}
	}
}

// TestTeXMLWhispers: where whoever takes a transfer hears its words, and how.
func TestTeXMLWhispers(t *testing.T) {
	t.Parallel()
	codec := newTeXML(t, TeXMLConfig{Unsigned: true})
	for to, noun := range map[string]string{"+15550100": "Number", "sip:a@b.example.com": "Sip"} {
		o := codectest.With(engine.Dial{To: to, Whispers: true})
		o.Call.ID = "v3:call&1"
		reply, err := codec.Encode(o)
		want := "<" + noun + ` url="` + codectest.TurnURL + `?on=whisper&amp;call=v3%3Acall%261" method="POST">` + to + "<"
		if err != nil || !strings.Contains(string(reply.Body), want) {
			t.Errorf("%s: got %s, %v, want %s", to, reply.Body, err, want)
		}
	}
	reply, err := codec.Encode(codectest.Aside(engine.Say{Text: "A call."}, engine.Say{Audio: "https://media.example.com/a.wav"}))
	const want = `<Response><Gather input="dtmf" maxDigits="1" finishOnKey="" timeout="1"><Say voice="alice">A call.</Say><Play>https://media.example.com/a.wav</Play></Gather></Response>`
	if err != nil || !strings.Contains(string(reply.Body), want) {
		t.Errorf("got %s, %v, want %s", reply.Body, err, want)
	}
	if _, err := NewTeXML(TeXMLConfig{Unsigned: true, ReferHost: "sip:a@b"}); err == nil || !strings.Contains(err.Error(), "refer_host") {
		t.Errorf("a host that is none: %v", err)
	}
}

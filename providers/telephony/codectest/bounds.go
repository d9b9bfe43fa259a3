package codectest

import (
	"slices"
	"strings"
	"time"

	"callflow/engine"
)

// Bounds are answers beyond what platforms take: longer, shorter, more and less. How
// each platform makes them fit is its codec's affair; that they fit is for a player of
// the platform to judge, by its own pages.
func Bounds() []Outbound {
	say := func(text string) engine.Say {
		return engine.Say{Text: text, Lang: "en-AU", Voice: "Karen", BargeIn: true}
	}
	long := strings.TrimSpace(strings.Repeat("This is a sentence, with a pause in it. Is it? ", 180))
	word := strings.Repeat("a", 5000)
	wide := strings.TrimSpace(strings.Repeat("日本語の文。", 900))
	markup := func(text string) engine.Say {
		s := say(text)
		s.SSML = "<speak>" + text + `<break time="300ms"/></speak>`
		return s
	}
	gather := func(change func(*engine.Gather)) engine.Gather {
		g := Account()
		change(&g)
		return g
	}
	clocks := func(first, between, whole time.Duration) engine.Gather {
		return gather(func(g *engine.Gather) { g.Timeout, g.InterDigit, g.MaxDuration = first, between, whole })
	}
	hints := make([]string, 0, 2000)
	for i := range 1000 {
		hints = append(hints, strings.Repeat("word ", i%40), "one, two $OPERAND; three")
	}
	hints = append(hints, strings.Repeat("b", 1000), "", "  ", "\x00")
	listening := func(change func(*engine.Gather)) engine.Gather {
		return gather(func(g *engine.Gather) {
			g.Speech = &engine.Listen{Lang: "en-AU", Hints: hints}
			change(g)
		})
	}
	fields := []engine.Header{{Name: "X-Long", Value: strings.Repeat("Tom & \"Jerry\"; ", 20)}, {Name: "X-A", Value: "<b>&amp;=1 + 1 = 2</b>"}, {Name: "X-None"}}
	all := []Outbound{
		{"more keys than anybody takes", With(gather(func(g *engine.Gather) { g.Max = 1000 }))},
		{"more keys than anybody takes, without words", With(gather(func(g *engine.Gather) { g.Max, g.Prompts = 1000, nil }))},
		{"clocks of an hour", With(clocks(time.Hour, time.Hour, time.Hour))},
		{"clocks of a millisecond", With(clocks(time.Millisecond, time.Millisecond, time.Millisecond))},
		{"a first clock alone", With(clocks(7*time.Second, 0, 0))},
		{"a clock between keys alone", With(clocks(0, 7*time.Second, 0))},
		{"a long clock between keys alone", With(clocks(time.Second, time.Hour, 0))},
		{"a whole clock alone", With(clocks(0, 0, 7*time.Second))},
		{"listening with clocks of an hour", With(listening(func(g *engine.Gather) { g.Timeout, g.InterDigit, g.MaxDuration = time.Hour, time.Hour, time.Hour }))},
		{"listening with clocks of a millisecond", With(listening(func(g *engine.Gather) {
			g.Timeout, g.InterDigit, g.MaxDuration = time.Millisecond, time.Millisecond, time.Millisecond
		}))},
		{"listening without clocks", With(listening(func(g *engine.Gather) { g.Timeout, g.InterDigit = 0, 0 }))},
		{"listening for a choice", With(listening(func(g *engine.Gather) { g.Min, g.Max, g.Terminator, g.Options = 1, 1, "", []string{"1", "*"} }))},
		{"listening in a language that nobody hears", With(listening(func(g *engine.Gather) { g.Speech = &engine.Listen{Lang: "tlh-KX"} }))},
		{"a pause of no time", With(engine.Pause{}, engine.Hangup{})},
		{"a pause of a millisecond", With(engine.Pause{Length: time.Millisecond}, engine.Hangup{})},
		{"a pause of a day", With(engine.Pause{Length: 24 * time.Hour}, engine.Hangup{})},
		{"no words", With(say(""), say("  "), engine.Hangup{})},
		{"no words, and on", With(say(""), engine.Continue{})},
		{"many texts", With(engine.Say{Text: long}, engine.Say{Text: word}, engine.Say{Text: wide}, engine.Hangup{})},
		{"long markup", With(markup(long), markup(word), markup(wide), engine.Hangup{})},
		{"a question that cannot be cut off at first", With(gather(func(g *engine.Gather) {
			g.BargeIn = false
			g.Prompts = []engine.Say{{Text: "Listen."}, say("Press 1.")}
		}))},
		{"words that cannot be cut off before a question", With(engine.Say{Text: "Listen."}, say("Now."), engine.Pause{Length: time.Second}, say("Then."), Account())},
		{"a question in four voices", With(gather(func(g *engine.Gather) {
			g.Prompts = []engine.Say{say("One."), {Text: "Dos.", Lang: "es-AR"}, {Text: "Drei.", Lang: "de", Voice: "Nobody"}, {Text: "Four."}, {Audio: "https://media.example.com/a.wav"}, say("Five.")}
		}))},
		{"a menu with a star", With(gather(func(g *engine.Gather) { g.Max, g.Terminator, g.Options = 1, "", []string{"1", "*", "0"} }))},
		{"an entry that a star ends", With(gather(func(g *engine.Gather) { g.Terminator = "*" }))},
		{"ringing for a day", With(engine.Dial{To: "+15550100123", From: "+6591110000", Timeout: 24 * time.Hour, Limit: 48 * time.Hour})},
		{"ringing for a millisecond", With(engine.Dial{To: "+15550100123", From: "sip:ann@example.com", Timeout: time.Millisecond, Limit: time.Millisecond})},
		{"ringing an address, with header fields", With(engine.Dial{To: "sip:front@desk.example.com", From: "+6591110000", Context: fields})},
		{"ringing an address that has header fields", With(engine.Dial{To: "sip:front@desk.example.com?X-Old=1", Context: fields})},
		{"handing over, with header fields", With(engine.Dial{To: "sip:front@desk.example.com", Refer: true, Context: fields})},
		{"recording for days", With(engine.RecordVoice{ID: "s1-1", Max: 48 * time.Hour, Silence: time.Hour, Terminator: "*"})},
		{"recording for a millisecond", With(engine.RecordVoice{ID: "s1-1", Max: time.Millisecond, Silence: time.Millisecond})},
	}
	// Once more with nowhere to go when the platform is lost: it apologises.
	for _, o := range append(slices.Clone(all), Families()...) {
		if len(o.Out.Verbs) > 0 && o.Out.LostURL != "" {
			o.Name += ", and nowhere to go"
			o.Out.LostURL, o.Out.NoticeURL = "", ""
			all = append(all, o)
		}
	}
	return all
}

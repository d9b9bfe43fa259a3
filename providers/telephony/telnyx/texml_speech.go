package telnyx

import (
	"cmp"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// recogniser is the engine that hears: it knows every language that flows are written
// in, and takes hints.
const recogniser = "Google"

// How long a pause ends what is said, in seconds.
const (
	leastPause = 1
	mostPause  = 60
	pause      = 2 * time.Second
)

// listen has a question count what is said, beside its keys. Words that choose something
// are over at the first pause; whoever reads a number out makes pauses, so that there
// the clock between keys counts.
func (d *document) listen(g engine.Gather) {
	d.Attr("input", "dtmf speech")
	d.Attr("transcriptionEngine", recogniser)
	if lang := d.voices.hears(g.Speech.Lang); lang != "" {
		d.Attr("language", lang)
	}
	if told := hints().Of(g.Speech.Hints, hint); len(told) > 0 {
		d.Attr("hints", strings.Join(told, ","))
	}
	silence := g.InterDigit
	switch {
	case len(g.Options) > 0:
		silence = leastPause * time.Second
	case silence <= 0:
		silence = pause
	}
	d.Seconds("speechTimeout", silence, leastPause, mostPause)
}

// hears is the language that speech is recognised in: the tag itself where it has a
// region, else that of the voice, else the commonest of its regions. What is no tag is
// left out.
func (v voices) hears(tag string) string {
	if len(tag) > 35 || strings.Trim(strings.ToLower(tag), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	if strings.Contains(tag, "-") {
		return tag
	}
	if voice, ok := v.named[tag]; ok && base(voice.Language) == base(tag) {
		return voice.Language
	}
	switch base(tag) { // spoken by a name that nobody else has for them
	case "ar", "zh":
		return tag
	}
	if l := locale(tag); l != "" {
		return l
	}
	return tag
}

// hints are what a question is told at most, and hint is one: they stand in one list,
// whose commas part them.
func hints() telephony.Hints { return telephony.Hints{Most: 500, Length: 100} }

func hint(text string) string { return telephony.Words(text, ",") }

// Hears is the language that callers are listened to in.
func (c *TeXML) Hears(lang string) string { return cmp.Or(c.voices.hears(lang), telephony.English) }

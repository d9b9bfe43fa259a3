package telnyx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
)

// The longest text that is spoken at once, in characters. A longer one is said in
// pieces, each of which ends at a space behind leastSaid, if there is one.
const (
	maxSaid   = 3000
	leastSaid = maxSaid - 400
)

// Voice is how Telnyx speaks.
type Voice struct {
	// Voice is Telnyx' name of it: AWS.Polly.Olivia-Neural for commands, Polly.Olivia-Neural
	// in documents.
	Voice string `yaml:"voice" json:"voice"`
	// Language is a BCP 47 tag; empty: the language of the text.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices struct {
	named    map[string]Voice
	standard string // the voice that speaks any language
}

func newVoices(v map[string]Voice, standard string) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return voices{}, fmt.Errorf("voices: %s: the voice is missing, such as AWS.Polly.Olivia-Neural", name)
		}
	}
	return voices{maps.Clone(v), standard}, nil
}

// of returns the voice for what is said. The flow's voice comes first, if it speaks
// the text's language; then the voice of that language; then the flow's voice all the
// same; then Telnyx' own.
func (v voices) of(s engine.Say) Voice {
	voice, speaks := telephony.VoiceFor(v.named, s, func(v Voice) string { return v.Language })
	switch {
	case speaks:
		return voice.speaking(s.Lang)
	case voice.Voice != "":
		return voice
	}
	return Voice{Voice: v.standard}.speaking(s.Lang)
}

func (v Voice) speaking(lang string) Voice {
	if v.Language == "" {
		v.Language = lang
	}
	v.Language = locale(v.Language)
	return v
}

// speaksSSML tells whether the voice obeys markup: those of Amazon do.
func (v Voice) speaksSSML() bool {
	return strings.HasPrefix(v.Voice, "AWS.Polly.") || strings.HasPrefix(v.Voice, "Polly.")
}

// marked is a text that is marked up, for a voice that obeys it: the whole speak
// element, and what is in it.
func (v Voice) marked(s engine.Say) (whole, inner string, ok bool) {
	if s.SSML == "" || !v.speaksSSML() {
		return "", "", false
	}
	inner, _, ok = telephony.SpokenXML(s.SSML, isSpoken)
	whole = "<speak>" + inner + "</speak>"
	return whole, inner, ok && utf8.RuneCountInString(whole) <= maxSaid
}

// isSpoken tells whether an element of SSML is handed on, as Telnyx' page of them has
// it.
func isSpoken(name string) bool {
	return slices.Contains([]string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}, name)
}

// pieces are a text as it is said, in as many parts as it takes.
func pieces(text string) []string {
	var all []string
	for rest := telephony.Untagged(text); rest != ""; {
		var piece string
		piece, rest = telephony.CutText(rest, leastSaid, maxSaid)
		all = append(all, piece)
	}
	return all
}

// base is the language of a tag: "en" of "en-AU".
func base(tag string) string {
	tag, _, _ = strings.Cut(tag, "-")
	return strings.ToLower(tag)
}

// languages are those that Telnyx speaks, the commonest region of each first, as the
// package's types list them.
func languages() []string {
	return []string{
		"arb", "cmn-CN", "cy-GB", "da-DK", "de-DE", "en-US", "en-GB", "en-AU", "en-GB-WLS", "en-IN", "es-ES", "es-MX", "es-US", "fr-FR", "fr-CA",
		"hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
	}
}

// locale is a language as Telnyx has it: the tag itself, or the commonest of its
// regions; empty for one that Telnyx has not, which its default then reads.
func locale(tag string) string {
	switch base(tag) {
	case "ar":
		tag = "arb"
	case "zh":
		tag = "cmn-CN"
	case "no":
		tag = "nb-NO"
	}
	all := languages()
	for _, l := range all {
		if strings.EqualFold(l, tag) {
			return l
		}
	}
	for _, l := range all {
		if base(l) == base(tag) {
			return l
		}
	}
	return ""
}

// spoken tells how Telnyx speaks a text.
func (v voices) spoken(s engine.Say) telephony.Spoken {
	own := func(lang string) string { return cmp.Or(locale(lang), telephony.English) }
	return telephony.SpokenBy(v.named, s, func(v Voice) string { return v.Language }, own, false)
}

// Speaks tells how commands speak a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken { return c.voices.spoken(s) }

// Speaks tells how documents speak a text.
func (c *TeXML) Speaks(s engine.Say) telephony.Spoken { return c.voices.spoken(s) }

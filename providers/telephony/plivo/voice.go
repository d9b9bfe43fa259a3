package plivo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how Plivo speaks.
type Voice struct {
	// Voice is Plivo's name of it: WOMAN, MAN, or one of Amazon's, Polly.Joanna.
	Voice string `yaml:"voice" json:"voice"`
	// Language is a BCP 47 tag; empty: the language of the text. Amazon's voices
	// have one of their own.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as WOMAN, MAN or Polly.Joanna", name)
		}
	}
	return maps.Clone(v), nil
}

// of returns the voice for what is said; without a name it is Plivo's own. The flow's
// voice comes first, if it speaks the text's language; then the voice of that
// language; then the flow's voice all the same.
func (v voices) of(s engine.Say) Voice {
	voice, _ := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	return voice.speaking(s.Lang)
}

// speaking gives a voice of Plivo's own the text's language, if it has it: a document
// with one that it has not may end the call.
func (v Voice) speaking(lang string) Voice {
	if v.Language != "" || v.isPolly() {
		return v
	}
	v.Language = own(lang)
	if v.Language == "pt-PT" && v.Voice == "" {
		v.Voice = "MAN" // the only one
	}
	return v
}

// isPolly tells whether the voice is one of Amazon's, which obey markup.
func (v Voice) isPolly() bool { return strings.HasPrefix(v.Voice, "Polly.") }

// languages are those of Plivo's own voices, of one language the commonest first.
func languages() []string {
	return []string{
		"da-DK", "nl-NL", "en-US", "en-AU", "en-GB", "fr-FR", "fr-CA", "de-DE", "it-IT",
		"pl-PL", "pt-BR", "pt-PT", "ru-RU", "es-ES", "es-US", "sv-SE",
	}
}

// own is the language in which Plivo's own voices speak a text: its own, or one of
// another region; empty: none, and the text is read as English.
func own(tag string) string {
	languages := languages()
	if strings.EqualFold(telephony.BaseLanguage(tag), "es") && !strings.EqualFold(tag, "es") && !strings.EqualFold(tag, "es-ES") {
		return "es-US" // es-MX and the like
	}
	for _, l := range languages {
		if strings.EqualFold(l, tag) {
			return l
		}
	}
	for _, l := range languages {
		if strings.EqualFold(telephony.BaseLanguage(l), telephony.BaseLanguage(tag)) {
			return l
		}
	}
	return ""
}

// heard is the language that speech is recognised in: with a region, which Plivo
// wants, and that of the voice where the flow has none. What is no tag is left out.
func (v voices) heard(tag string) string {
	for i := range len(tag) {
		if c := tag[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	if len(tag) > 35 {
		return ""
	}
	if strings.Contains(tag, "-") {
		return tag
	}
	if voice, ok := v[tag]; ok && strings.EqualFold(telephony.BaseLanguage(voice.Language), tag) {
		return voice.Language
	}
	switch strings.ToLower(tag) {
	case "ja":
		return "ja-JP"
	case "zh":
		return "zh-CN"
	case "hi":
		return "hi-IN"
	case "ko":
		return "ko-KR"
	}
	return own(tag)
}

// Speaks tells how Plivo speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return cmp.Or(own(lang), telephony.English) }, false)
}

// Hears is the language that callers are listened to in.
func (c *Codec) Hears(lang string) string { return cmp.Or(c.voices.heard(lang), telephony.English) }

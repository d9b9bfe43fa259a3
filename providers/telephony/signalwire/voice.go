package signalwire

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how SignalWire speaks.
type Voice struct {
	// Voice is SignalWire's name of it: Polly.Olivia, gcloud.en-AU-Neural2-A.
	Voice string `yaml:"voice" json:"voice"`
	// Language is a BCP 47 tag; empty: the language of the text.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as Polly.Olivia or gcloud.en-AU-Neural2-A", name)
		}
	}
	return maps.Clone(v), nil
}

// of returns the voice for what is said; without a name it is SignalWire's own. The
// flow's voice comes first, if it speaks the text's language; then the voice of that
// language; then the flow's voice all the same.
func (v voices) of(s engine.Say) Voice {
	voice, _ := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	return voice.speaking(s.Lang)
}

func (v Voice) speaking(lang string) Voice {
	if v.Language == "" {
		v.Language = locale(lang)
	}
	return v
}

// heard is the language that speech is recognised in: that of the voice where the flow
// names no region.
func (v voices) heard(lang string) string {
	if voice, ok := v[lang]; ok && strings.EqualFold(telephony.BaseLanguage(voice.Language), lang) {
		return voice.Language
	}
	if l := locale(lang); l != "" {
		return l
	}
	return "en-US"
}

// locale is a language with a region, the commonest where the flow has none. What is no
// tag is left out.
func locale(tag string) string {
	for i := range len(tag) {
		if c := tag[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	if len(tag) > 35 || strings.Contains(tag, "-") {
		return tag[:min(len(tag), 35)]
	}
	for _, whole := range []string{
		"da-DK", "de-DE", "en-US", "es-US", "fr-FR", "hi-IN", "it-IT", "ja-JP", "ko-KR", "nb-NO",
		"nl-NL", "pl-PL", "pt-BR", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
	} {
		if strings.EqualFold(telephony.BaseLanguage(whole), tag) {
			return whole
		}
	}
	if strings.EqualFold(tag, "zh") {
		return "cmn-CN"
	}
	return tag
}

// Speaks tells how SignalWire speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return lang }, false)
}

// Hears is the language that callers are listened to in.
func (c *Codec) Hears(lang string) string { return c.voices.heard(lang) }

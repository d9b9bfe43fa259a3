package twilio

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how Twilio speaks.
type Voice struct {
	// Voice is Twilio's name of it: Polly.Olivia-Neural, Google.en-AU-Standard-A,
	// man, woman.
	Voice string `yaml:"voice" json:"voice"`
	// Language is a BCP 47 tag; empty: the language of the text.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as Polly.Olivia-Neural or Google.en-AU-Standard-A", name)
		}
	}
	return maps.Clone(v), nil
}

// of returns the voice for what is said; without a name it is the account's own.
// The flow's voice comes first, if it speaks the text's language; then the voice of
// that language; then the flow's voice all the same.
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

// hears is the language that callers are listened to in: as the voice for it has it,
// which knows the region that a flow may leave open. The recogniser calls two of them
// by other names than the voices do.
func (v voices) hears(lang string) string {
	tag := v.of(engine.Say{Lang: lang}).Language
	if !strings.EqualFold(telephony.BaseLanguage(tag), telephony.BaseLanguage(lang)) {
		tag = locale(lang)
	}
	switch tag {
	case "arb":
		return "ar-SA"
	case "cmn-CN":
		return "cmn-Hans-CN"
	}
	return tag
}

// speaksSSML tells whether the voice obeys markup. Those of Amazon and of Google
// do; of the account's own nobody knows.
func (v Voice) speaksSSML() bool {
	return strings.HasPrefix(v.Voice, "Polly.") || strings.HasPrefix(v.Voice, "Google.")
}

// locale is a language as Twilio names it: with a region, the commonest where the
// flow has none. What is no tag is left out.
func locale(tag string) string {
	for i := range len(tag) {
		if c := tag[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	if len(tag) > 35 {
		return ""
	}
	switch strings.ToLower(tag) {
	case "ar":
		return "arb"
	case "ca":
		return "ca-ES"
	case "cs":
		return "cs-CZ"
	case "da":
		return "da-DK"
	case "de":
		return "de-DE"
	case "el":
		return "el-GR"
	case "en":
		return "en-US"
	case "es":
		return "es-ES"
	case "fi":
		return "fi-FI"
	case "fr":
		return "fr-FR"
	case "he":
		return "he-IL"
	case "hi":
		return "hi-IN"
	case "hu":
		return "hu-HU"
	case "id":
		return "id-ID"
	case "it":
		return "it-IT"
	case "ja":
		return "ja-JP"
	case "ko":
		return "ko-KR"
	case "nb", "no":
		return "nb-NO"
	case "nl":
		return "nl-NL"
	case "pl":
		return "pl-PL"
	case "pt":
		return "pt-BR"
	case "ro":
		return "ro-RO"
	case "ru":
		return "ru-RU"
	case "sv":
		return "sv-SE"
	case "th":
		return "th-TH"
	case "tr":
		return "tr-TR"
	case "uk":
		return "uk-UA"
	case "vi":
		return "vi-VN"
	case "zh":
		return "cmn-CN"
	}
	return tag
}

// Speaks tells how Twilio speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return lang }, false)
}

// Hears is the language that callers are listened to in.
func (c *Codec) Hears(lang string) string {
	return cmp.Or(c.voices.hears(lang), telephony.English)
}

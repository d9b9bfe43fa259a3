package vonage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how Vonage speaks: a language, and which of its voices.
type Voice struct {
	// Language is a BCP 47 tag that Vonage has; empty: the language of the text.
	Language string `yaml:"language" json:"language"`
	// Style is the number of a voice among those of the language, from 0.
	Style int `yaml:"style" json:"style"`
	// Premium asks for the better model where the voice has one.
	Premium bool `yaml:"premium" json:"premium"`
}

// maxStyle bounds a style; the richest language has some 20.
const maxStyle = 99

// ParseStyle reads a style as it is written in a configuration: "" is 0.
func ParseStyle(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxStyle {
		return 0, fmt.Errorf("style is %q, expected a number from 0 to %d", s, maxStyle)
	}
	return n, nil
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if s := v[name].Style; s < 0 || s > maxStyle {
			return nil, fmt.Errorf("voices: %s: style is %d, expected a number from 0 to %d", name, s, maxStyle)
		}
	}
	return maps.Clone(v), nil
}

// of returns the voice for what is said. The flow's voice comes first, if it speaks
// the text's language; then the voice of that language; then the flow's voice all the
// same; and where there is none, the first voice of the language.
func (v voices) of(s engine.Say) Voice {
	voice, _ := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	return voice.speaking(s.Lang)
}

func (v Voice) speaking(lang string) Voice {
	if v.Language == "" {
		v.Language = spokenAs(lang)
	}
	return v
}

// hears is the tag under which Vonage listens to a language: as the voice for it has
// it, which knows the region that a flow may leave open. Two are called otherwise than
// they are spoken.
func (v voices) hears(lang string) string {
	tag := v.of(engine.Say{Lang: lang}).Language
	if !strings.EqualFold(spoken(telephony.BaseLanguage(tag)), spoken(telephony.BaseLanguage(lang))) {
		tag = spokenAs(lang)
	}
	switch tag {
	case "":
		return lang // it may be heard, and not spoken
	case "ar":
		return "ar-SA"
	case "cmn-CN":
		return "cmn-Hans-CN"
	}
	return tag
}

// languages are the tags that Vonage speaks, as its package for Node lists them. Of
// several for one language the first is for texts that name no country, or one that
// Vonage has not.
const languages = "af-ZA ar bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-DE de-AT el-GR " +
	"en-US en-AU en-GB en-GB-SCT en-GB-WLS en-IE en-IN en-NZ en-ZA es-ES es-CO es-MX es-US eu-ES " +
	"fi-FI fil-PH fr-FR fr-CA gl-ES gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR " +
	"lv-LV ml-IN ms-MY nb-NO nl-NL nl-BE no-NO pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS " +
	"sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-CN"

// spokenAs is the tag under which Vonage speaks a language; "" where it does not:
// the text is then read by its default voice, which is better than a document that is
// refused.
func spokenAs(lang string) string {
	if lang == "" {
		return ""
	}
	nearest := ""
	for tag := range strings.SplitSeq(languages, " ") {
		if strings.EqualFold(tag, lang) {
			return tag
		}
		if nearest == "" && strings.EqualFold(telephony.BaseLanguage(tag), spoken(telephony.BaseLanguage(lang))) {
			nearest = tag
		}
	}
	return nearest
}

// spoken is Vonage's word for a language where it has one of its own.
func spoken(base string) string {
	if strings.EqualFold(base, "zh") {
		return "cmn"
	}
	return base
}

// Speaks tells how Vonage speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return cmp.Or(spokenAs(lang), telephony.English) }, false)
}

// Hears is the language that callers are listened to in.
func (c *Codec) Hears(lang string) string {
	return cmp.Or(c.voices.hears(lang), telephony.English)
}

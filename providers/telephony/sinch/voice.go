package sinch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how Sinch speaks: the name of a voice, or a language.
type Voice struct {
	// Voice is Sinch's word: Nicole, en-AU, en-AU/female.
	Voice string `yaml:"voice" json:"voice"`
	// Language is the BCP 47 tag of what it speaks; empty: whatever it is given.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as Nicole or en-AU/female", name)
		}
	}
	return maps.Clone(v), nil
}

// of is the voice for what is said; "" is Sinch's own choice. The flow's voice comes
// first, if it speaks the text's language; then the voice of that language; then Sinch's
// for it; then the flow's all the same.
func (v voices) of(s engine.Say) string {
	voice, speaks := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	if own := native(s.Lang); !speaks && own != "" {
		return own
	}
	return voice.Voice
}

// languages are those that Sinch speaks, as its package for Node lists them. Of several
// for one language the first is for texts that name no country, or one that Sinch has
// not.
const languages = "arb az-AZ ca-ES cmn-CN cs-CZ cy-GB da-DK de-DE de-AT el-GR en-US en-AU en-GB en-GB-WLS en-IN en-NZ en-ZA " +
	"es-ES es-MX es-US et-EE fi-FI fil-PH fr-FR fr-CA hi-IN hr-HR hu-HU id-ID is-IS it-IT ja-JP ka-GE ko-KR lt-LT lv-LV ms-MY mt-MT " +
	"nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI sv-SE th-TH tr-TR uk-UA uz-UZ vi-VN zh-HK"

// native is Sinch's word for a language; "" where it does not speak it.
func native(lang string) string {
	first := ""
	own := telephony.BaseLanguage(lang)
	switch strings.ToLower(lang) {
	case "ar":
		own = "arb"
	case "no":
		own = "nb"
	case "zh", "zh-cn", "zh-hans":
		own = "cmn"
	}
	for tag := range strings.SplitSeq(languages, " ") {
		if strings.EqualFold(tag, lang) {
			return tag
		}
		if first == "" && own != "" && strings.EqualFold(telephony.BaseLanguage(tag), own) {
			first = tag
		}
	}
	return first
}

// Speaks tells how Sinch speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return cmp.Or(native(lang), telephony.English) }, true)
}

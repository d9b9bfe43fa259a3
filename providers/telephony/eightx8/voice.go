package eightx8

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is a voice profile of 8x8, which speaks one language.
type Voice struct {
	// Voice is the profile: en-US-ZiraRUS.
	Voice string `yaml:"voice" json:"voice"`
	// Language is the BCP 47 tag of what it speaks; empty: that of the profile's name.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as en-US-ZiraRUS", name)
		}
	}
	return maps.Clone(v), nil
}

// of is the profile for what is said; there always is one, because 8x8 demands it. The
// flow's voice comes first, if it speaks the text's language; then the voice of that
// language; then 8x8's for it; then the flow's all the same, and at last English.
func (v voices) of(s engine.Say) string {
	voice, speaks := telephony.VoiceFor(v, s, func(v Voice) string { return cmp.Or(v.Language, v.Voice) })
	if own := native(s.Lang); !speaks && own != "" {
		return own
	}
	return cmp.Or(voice.Voice, english)
}

const english = "en-US-ZiraRUS"

// profiles are voice profiles, of several for one language the one for texts that name
// no country first.
const profiles = english + " en-AU-HayleyRUS en-CA-HeatherRUS en-GB-HazelRUS en-IN-PriyaRUS es-ES-HelenaRUS es-MX-HildaRUS " +
	"fr-FR-HortenseRUS fr-CA-HarmonieRUS de-DE-HeddaRUS it-IT-LuciaRUS nl-NL-HannaRUS pt-BR-HeloisaRUS pt-PT-HeliaRUS " +
	"pl-PL-PaulinaRUS ru-RU-EkaterinaRUS sv-SE-HedvigRUS da-DK-HelleRUS fi-FI-HeidiRUS nb-NO-HuldaRUS ca-ES-HerenaRUS " +
	"tr-TR-SedaRUS ja-JP-HarukaRUS ko-KR-HeamiRUS zh-CN-HuihuiRUS zh-HK-TracyRUS zh-TW-HanHanRUS"

// tags are the languages of the profiles.
func tags() (all []string) {
	for profile := range strings.SplitSeq(profiles, " ") {
		all = append(all, tagOf(profile))
	}
	return all
}

// tagOf is the language that a profile's name begins with.
func tagOf(profile string) string { return profile[:strings.LastIndexByte(profile, '-')] }

// native is a profile for a language; "" where none is known.
func native(lang string) string {
	first := ""
	for profile := range strings.SplitSeq(profiles, " ") {
		tag := tagOf(profile)
		if strings.EqualFold(tag, lang) {
			return profile
		}
		if first == "" && strings.EqualFold(telephony.BaseLanguage(tag), telephony.BaseLanguage(lang)) {
			first = profile
		}
	}
	return first
}

// Speaks tells how 8x8 speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	own := func(lang string) string { return tagOf(cmp.Or(native(lang), english)) }
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return cmp.Or(v.Language, v.Voice) }, own, true)
}

package jambonz

import (
	"fmt"
	"maps"
	"slices"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is how jambonz speaks: its synthesizer.
type Voice struct {
	// Vendor is jambonz' word for the speech service: google, aws, microsoft, …,
	// custom:NAME, or default for the application's own.
	Vendor string `yaml:"vendor" json:"vendor"`
	// Language is a BCP 47 tag; empty: the language of the text.
	Language string `yaml:"language" json:"language"`
	// Voice is the vendor's name of the voice; empty: the vendor's choice.
	Voice string `yaml:"voice" json:"voice"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Vendor == "" {
			return nil, fmt.Errorf("voices: %s: the vendor is missing, such as google, aws, microsoft or default", name)
		}
	}
	return maps.Clone(v), nil
}

// of returns the voice for what is said, and false where the application's own is
// to speak. The flow's voice comes first, if it speaks the text's language; then
// the voice of that language; then the flow's voice all the same.
func (v voices) of(s engine.Say) (Voice, bool) {
	voice, speaks := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	if !speaks {
		return voice, voice.Vendor != ""
	}
	return voice.speaking(s.Lang), true
}

// speaksSSML tells whether the vendor's voices take a <speak> element for what it
// is; others read the tags aloud.
func (v Voice) speaksSSML() bool {
	switch v.Vendor {
	case "google", "aws", "polly", "microsoft", "nuance", "ibm":
		return true
	}
	return false
}

func (v Voice) speaking(lang string) Voice {
	if v.Language == "" {
		v.Language = lang
	}
	return v
}

// append appends the synthesizer property, after a comma.
func (v Voice) append(dst []byte) []byte {
	dst = append(dst, `,"synthesizer":{"vendor":`...)
	dst = telephony.AppendText(dst, v.Vendor)
	if v.Language != "" {
		dst = append(dst, `,"language":`...)
		dst = telephony.AppendText(dst, v.Language)
	}
	if v.Voice != "" {
		dst = append(dst, `,"voice":`...)
		dst = telephony.AppendText(dst, v.Voice)
	}
	return append(dst, '}')
}

// Speaks tells how jambonz speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, func(lang string) string { return lang }, false)
}

package tropo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Voice is one of Tropo's, which speaks one language.
type Voice struct {
	// Voice is Tropo's name of it: allison, karen, soledad.
	Voice string `yaml:"voice" json:"voice"`
	// Language is the BCP 47 tag of what it speaks; empty: whatever it is given.
	Language string `yaml:"language" json:"language"`
}

// voices finds the voice for a text.
type voices map[string]Voice

func newVoices(v map[string]Voice) (voices, error) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if v[name].Voice == "" {
			return nil, fmt.Errorf("voices: %s: the voice is missing, such as allison or soledad", name)
		}
	}
	return maps.Clone(v), nil
}

// of is the voice for what is said; "" is Tropo's default, which speaks American
// English. The flow's voice comes first, if it speaks the text's language; then the
// voice of that language; then Tropo's own for it; then the flow's all the same.
func (v voices) of(s engine.Say) string {
	voice, speaks := telephony.VoiceFor(v, s, func(v Voice) string { return v.Language })
	if own, _ := native(s.Lang); !speaks && own != "" {
		return own
	}
	return voice.Voice
}

// natives are voices of Tropo by what they speak, of several for one language the
// first is for texts that name no country, or one that none of them is from. That of
// American English is the default.
const natives = "ar-SA=maged bg-BG=daria ca-ES=montserrat cs-CZ=zuzana da-DK=sara de-DE=anna el-GR=melina " +
	"en-US= en-AU=karen en-GB=kate en-IE=moira en-IN=veena en-ZA=tessa es-ES=jorge es-AR=diego es-CO=soledad es-MX=paulina " +
	"eu-ES=miren fi-FI=satu fr-FR=audrey fr-CA=amelie gl-ES=carmela he-IL=carmit hi-IN=lekha hu-HU=mariska id-ID=damayanti " +
	"it-IT=alice ja-JP=kyoko ko-KR=sora nb-NO=nora nl-NL=claire nl-BE=ellen no-NO=nora pl-PL=zosia pt-BR=luciana pt-PT=joana " +
	"ru-RU=milena sk-SK=laura sv-SE=klara th-TH=kanya tr-TR=yelda zh-CN=tian-tian zh-HK=sin-ji zh-TW=mei-jia"

// tags are the languages of natives.
func tags() (all []string) {
	for pair := range strings.SplitSeq(natives, " ") {
		tag, _, _ := strings.Cut(pair, "=")
		all = append(all, tag)
	}
	return all
}

// native is Tropo's voice for a language, and what it speaks; the voice is "" where it
// is the default one, or there is none, and then so is the language.
func native(lang string) (voice, tag string) {
	for pair := range strings.SplitSeq(natives, " ") {
		of, name, _ := strings.Cut(pair, "=")
		if strings.EqualFold(of, lang) {
			return name, of
		}
		if tag == "" && strings.EqualFold(telephony.BaseLanguage(of), telephony.BaseLanguage(lang)) {
			voice, tag = name, of
		}
	}
	return voice, tag
}

// Speaks tells how Tropo speaks a text.
func (c *Codec) Speaks(s engine.Say) telephony.Spoken {
	own := func(lang string) string {
		_, tag := native(lang)
		return cmp.Or(tag, telephony.English)
	}
	return telephony.SpokenBy(c.voices, s, func(v Voice) string { return v.Language }, own, true)
}

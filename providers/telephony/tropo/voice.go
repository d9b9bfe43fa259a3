package tropo

import (
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
	if own := native(s.Lang); !speaks && own != "" {
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

// native is Tropo's voice for a language; "" where it has none, or the default one.
func native(lang string) string {
	first, found := "", false
	for pair := range strings.SplitSeq(natives, " ") {
		tag, voice, _ := strings.Cut(pair, "=")
		if strings.EqualFold(tag, lang) {
			return voice
		}
		if !found && strings.EqualFold(telephony.BaseLanguage(tag), telephony.BaseLanguage(lang)) {
			first, found = voice, true
		}
	}
	return first
}

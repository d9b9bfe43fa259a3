package telephony

import (
	"strings"

	"callflow/engine"
)

// VoiceFor finds the voice for what is said among those that an installation has
// named, by names that flows use and by languages. The flow's voice comes first, if it
// speaks the text's language; then the voice of that language. Where there is neither
// it is the flow's voice all the same, if there is one, and false.
//
// language is what a voice speaks, as a BCP 47 tag; "" is any language.
func VoiceFor[V any](voices map[string]V, s engine.Say, language func(V) string) (voice V, speaks bool) {
	named, ok := voices[s.Voice]
	if ok {
		if l := language(named); l == "" || s.Lang == "" || strings.EqualFold(BaseLanguage(l), BaseLanguage(s.Lang)) {
			return named, true
		}
	}
	if s.Lang != "" {
		for _, name := range [...]string{s.Lang, BaseLanguage(s.Lang)} {
			if voice, ok := voices[name]; ok {
				return voice, true
			}
		}
	}
	return named, false
}

// BaseLanguage is the language of a tag, without region: "en" of "en-AU".
func BaseLanguage(tag string) string {
	tag, _, _ = strings.Cut(tag, "-")
	return tag
}

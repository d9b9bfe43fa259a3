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

// Speaker is a codec that chooses voices. That of a platform which is told the flow's
// words for voice and language is none.
type Speaker interface {
	// Speaks tells how the platform speaks a text: its language and the flow's voice
	// count.
	Speaks(s engine.Say) Spoken
}

// Listener is a codec that chooses in which language callers are listened to. That of a
// platform which is told the flow's word for it is none.
type Listener interface {
	// Hears is the language in which callers are listened to, as a BCP 47 tag, where a
	// flow asks for lang.
	Hears(lang string) string
}

// Spoken is how a platform speaks a text.
type Spoken struct {
	// Named: the installation has said what the platform calls the flow's voice.
	Named bool
	// Language is what the voice speaks that speaks the text, as a BCP 47 tag.
	Language string
}

// English is what voices speak that nobody has chosen.
const English = "en-US"

// SpokenBy tells how a platform speaks a text whose codec chooses by VoiceFor. own is
// the language that the platform's own voice for a language speaks. ownFirst: that voice
// comes before one that the flow names and that speaks another language.
func SpokenBy[V any](voices map[string]V, s engine.Say, language func(V) string, own func(lang string) string, ownFirst bool) Spoken {
	_, named := voices[s.Voice]
	voice, speaks := VoiceFor(voices, s, language)
	spoken := Spoken{Named: named, Language: own(s.Lang)}
	switch {
	case speaks:
		spoken.Language = s.Lang // a voice that was named for it
	case named && !(ownFirst && SameLanguage(spoken.Language, s.Lang)):
		spoken.Language = language(voice)
	}
	return spoken
}

// SameLanguage tells whether two tags are of one language, whatever country they name.
// Some languages have two words: platforms say cmn for zh, arb for ar and nb for no.
func SameLanguage(a, b string) bool {
	same := func(tag string) string {
		base := strings.ToLower(BaseLanguage(tag))
		switch base {
		case "cmn":
			return "zh"
		case "arb":
			return "ar"
		case "nb":
			return "no"
		}
		return base
	}
	return same(a) == same(b)
}

// Country is the country that a tag names: "AU" of "en-AU"; "" where it names none.
func Country(tag string) string {
	for part := range strings.SplitSeq(tag, "-") {
		if len(part) == 2 && part != BaseLanguage(tag) {
			return strings.ToUpper(part)
		}
	}
	return ""
}

package jambonz

import (
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// markup are the characters that make jambonz, the media server behind it or a
// speech service see more than text: tags (some services wrap every text in
// <speak> themselves, so that a tag counts wherever it stands), and the variables
// of FreeSWITCH. None of them has a sound of its own.
const markup = `<>{}\`

// speech is text that jambonz says, and does nothing else with.
//
// Besides markup there is one trap in ordinary words: jambonz plays a text that
// parses as a URL instead of saying it, and to its parser "Attention: we are
// closed" is a URL of the scheme "attention" (jambonz-feature-server, pull request
// 1117). Media that FreeSWITCH knows by such a prefix, "silence_stream://" among
// them, would go the same way. So a colon after one leading word becomes a comma,
// which sounds the same.
func speech(text string) string {
	text = strings.TrimSpace(telephony.PlainText(text))
	if strings.ContainsAny(text, markup) {
		text = strings.TrimSpace(strings.Map(func(c rune) rune {
			if strings.ContainsRune(markup, c) {
				return ' '
			}
			return c
		}, text))
	}
	if i := strings.IndexByte(text, ':'); isScheme(text[:max(i, 0)]) {
		text = text[:i] + "," + text[i+1:]
	}
	return text
}

// speech is what jambonz is told to say: the marked-up text where the voice speaks
// SSML, else the plain one. Whether the application's own voice does, nobody knows.
func (v voices) speech(s engine.Say) string {
	if s.SSML != "" {
		if voice, ok := v.of(s); ok && voice.speaksSSML() {
			// Of what FreeSWITCH sees more in, tags stay: values are escaped.
			return strings.Map(func(c rune) rune {
				if c == '{' || c == '}' || c == '\\' {
					return ' '
				}
				return c
			}, telephony.PlainText(s.SSML))
		}
	}
	return speech(s.Text)
}

// isScheme tells whether s could be the scheme of an address, taken widely. One
// never begins with a digit, so that "9:30" stays a time.
func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("+-._", c) >= 0):
		default:
			return false
		}
	}
	return s != ""
}

package sinch

import (
	"strings"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
)

// maxText is the most characters that Sinch says at once, unless its support has
// raised it.
const maxText = 600

// plain is text that Sinch says, and does nothing else with. Brackets and semicolons
// end a prompt, and tags would be markup; none of them has a sound.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		switch c {
		case '[', ']', '<', '>', '\\', '\ufffe', '\uffff':
			return ' '
		case ';':
			return ','
		}
		return c
	}, telephony.PlainText(text)))
}

// pieces are a text in parts that are short enough, cut between words where possible.
func pieces(text string) []string {
	text = plain(text)
	var all []string
	for utf8.RuneCountInString(text) > maxText {
		end, space, n := len(text), 0, 0
		for i, c := range text {
			if n == maxText {
				end = i
				break
			}
			if c == ' ' {
				space = i
			}
			n++
		}
		if space > 0 {
			end = space
		}
		all = append(all, text[:end])
		text = strings.TrimSpace(text[end:])
	}
	if text != "" {
		all = append(all, text)
	}
	return all
}

// prompts are what stands in a menu's prompt: #href[…] for a recording, #ssml[…] for
// markup that cannot end it, #tts[…] for text.
func prompts(s engine.Say) []string {
	switch {
	case s.Audio != "":
		return []string{"#href[" + address(s.Audio) + "]"}
	case s.SSML != "" && len(s.SSML) <= maxText && !strings.ContainsAny(s.SSML, ";[]"):
		return []string{"#ssml[" + telephony.PlainText(s.SSML) + "]"}
	}
	var all []string
	for _, text := range pieces(s.Text) {
		all = append(all, "#tts["+text+"]")
	}
	return all
}

// address is that of a recording, with what would end a prompt written as an escape.
func address(s string) string {
	return strings.NewReplacer("[", "%5B", "]", "%5D", ";", "%3B").Replace(s)
}

package tropo

import (
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// silent is what is said where there is nothing to say: an ask must say something.
const silent = `<speak><break time="100ms"/></speak>`

// speech is what a say is given: the address of a recording, marked-up text, or text
// that Tropo says and takes for nothing else.
func speech(s engine.Say) string {
	switch {
	case s.Audio != "":
		return s.Audio
	case s.SSML != "":
		return telephony.PlainText(s.SSML)
	}
	text := strings.TrimSpace(telephony.PlainText(s.Text))
	if !ambiguous(text) {
		return text
	}
	return "<speak>" + escaped(text) + "</speak>"
}

// ambiguous tells a text that Tropo could take for markup or for the address of a
// recording.
func ambiguous(text string) bool {
	return strings.ContainsAny(text, "<>&\ufffe\uffff") || strings.Contains(text, "://") ||
		!strings.Contains(text, " ") && strings.ContainsAny(strings.TrimRight(text, ".!?"), "./:\\")
}

// escaped is text as it stands in XML.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\ufffe", " ", "\uffff", " ").Replace(text)
}

package telnyx

import (
	"fmt"
	"net/http"
	"net/url"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What TeXML takes.
const (
	minTalk      = 60
	maxTeXMLRing = 120
)

const (
	onWhisper = "whisper"
	onRefer   = "refer"
)

// transfer connects the caller with somebody else, or hands them over.
func (d *document) transfer(v engine.Dial) error {
	switch {
	case len(v.Context) > 0:
		return fmt.Errorf("%w: no header fields reach the other side", telephony.ErrUnsupported)
	case v.Refer && d.referHost == "":
		return fmt.Errorf("%w: without refer_host no call is handed over", telephony.ErrUnsupported)
	case v.Refer:
		d.refer(v)
		d.tail(onRefer, "")
	default:
		d.dial(v)
		d.tail("", "")
	}
	return nil
}

// dial calls the other side.
func (d *document) dial(v engine.Dial) {
	to, _ := telephony.ParseTarget(v.To) // checked
	d.Open("Dial")
	d.action(d.o.TurnURL, onDial)
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.Attr("callerId", from.Number)
	}
	if v.Timeout > 0 {
		d.Seconds("timeout", v.Timeout, minRing, maxTeXMLRing)
	}
	if v.Limit > 0 {
		d.Seconds("timeLimit", v.Limit, minTalk, maxTalk)
	}
	d.Inside()
	noun, address := "Number", to.Number
	if to.SIP != "" {
		noun, address = "Sip", to.SIP
	}
	d.Open(noun)
	if v.Whispers { // the form is about the other leg, so the address says which call it is
		d.Attr("url", telephony.WithParam(telephony.WithParam(d.o.TurnURL, onParam, onWhisper), callParam, url.QueryEscape(d.o.Call.ID)))
		d.Attr("method", http.MethodPost)
	}
	d.Inside()
	d.Text(address)
	d.Close(noun)
	d.Close("Dial")
}

// refer hands the call over to the caller's own network.
func (d *document) refer(v engine.Dial) {
	to, _ := telephony.ParseTarget(v.To) // checked
	d.Open("Refer")
	d.action(d.o.TurnURL, onRefer)
	d.Inside()
	d.Element("Sip", to.Address(d.referHost))
	d.Close("Refer")
}

// whispers tells whether the document is for whoever takes a transfer: words, and no way
// back.
func (d *document) whispers() bool {
	for _, v := range d.o.Verbs {
		if _, is := v.(engine.Say); !is {
			return false
		}
	}
	return len(d.o.Verbs) > 0 && d.o.TurnURL == "" && d.o.LostURL == ""
}

// whisper says what whoever takes a transfer hears. Such a document may ask for keys and
// hang up, by Telnyx' page of it, and a question may have words: so it is one, for a key
// that nobody waits for long.
func (d *document) whisper() {
	d.Open("Gather")
	d.Attr("input", "dtmf")
	d.Number("maxDigits", 1)
	d.Attr("finishOnKey", "")
	d.Number("timeout", 1)
	d.Inside()
	for _, v := range d.o.Verbs {
		if s, ok := v.(engine.Say); ok {
			d.say(s)
		}
	}
	d.Close("Gather")
}

// referResult reads how a hand-over ended, by what the caller's network met when it made
// the new call, or else by how it took the asking.
func (f *form) referResult() engine.DialResult {
	if result, told := telephony.Referred(f.notified); told {
		return result
	}
	switch f.referred {
	case "in-progress", "completed":
		return engine.DialCompleted
	case "busy":
		return engine.DialBusy
	case "no-answer", "canceled":
		return engine.DialNoAnswer
	case "":
		// It was taken, and the call was over before anything more was known.
		if result, told := telephony.Referred(f.asked); told && f.over() {
			return result
		}
	}
	return engine.DialFailed
}

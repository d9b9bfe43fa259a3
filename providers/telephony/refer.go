package telephony

import (
	"net/url"
	"strings"

	"callflow/engine"
)

// Address is where a call is handed over to: an address stays what it is, and a number
// becomes one at the host that takes numbers.
func (t Target) Address(host string) string {
	if t.SIP != "" {
		return t.SIP
	}
	return "sip:" + strings.ReplaceAll(t.Number, "#", "%23") + "@" + host
}

// WithHeaders puts header fields into a SIP address, which is how they travel where a
// platform has no other way.
func WithHeaders(address string, fields []engine.Header) string {
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	for _, h := range fields {
		address += sep + h.Name + "=" + strings.ReplaceAll(url.QueryEscape(PlainText(h.Value)), "+", "%20")
		sep = "&"
	}
	return address
}

// Referred is how a hand-over ended, by the SIP status that the other side answered the
// new call with. False: none of them tells.
func Referred(status string) (engine.DialResult, bool) {
	if len(status) != 3 {
		return engine.DialFailed, false
	}
	switch {
	case status[0] == '2':
		return engine.DialCompleted, true
	case status == "486" || status == "600":
		return engine.DialBusy, true
	case status == "408" || status == "480" || status == "487":
		return engine.DialNoAnswer, true
	}
	return engine.DialFailed, status[0] >= '3'
}

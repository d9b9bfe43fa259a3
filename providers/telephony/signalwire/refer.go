package signalwire

import (
	"strconv"

	"callflow/engine"
	"callflow/providers/telephony"
)

// onRefer marks what comes behind a hand-over.
const onRefer = "refer"

// refer hands the call over to the caller's own network, which has to have brought it by
// SIP. What the other side is told stands in the address.
func (d *document) refer(v engine.Dial) {
	to, _ := telephony.ParseTarget(v.To) // checked
	d.step("sip_refer")
	d.text("to_uri", plainAddress(telephony.WithHeaders(to.Address(d.referHost), v.Context)))
	d.end()
}

// referResult reads how a hand-over ended: from how it was taken, where it was not; from
// what the new call met; where that is not told, from what came of it in all; and where
// the call is over, as one that was taken.
func (m *message) referResult(gone bool) engine.DialResult {
	taken, asked := telephony.Referred(m.vars.referCode)
	if asked && taken != engine.DialCompleted {
		return taken
	}
	if result, told := telephony.Referred(m.vars.referTo); told {
		return result
	}
	if m.vars.refer == "success" || asked && gone {
		return engine.DialCompleted
	}
	return engine.DialFailed
}

// code is a SIP status, which is text or a number.
func code(name string, value telephony.Value, into *string) error {
	if n, ok := value.Number(); ok {
		if n == float64(int(n)) && n > 0 {
			*into = strconv.Itoa(int(n))
		}
		return nil
	}
	return text(name, value, into, maxID)
}

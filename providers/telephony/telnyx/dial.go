package telnyx

import (
	"fmt"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// dial transfers the call, or hands it over.
func (s *script) dial(v engine.Dial) error {
	to, _ := telephony.ParseTarget(v.To) // checked
	switch {
	case v.Whispers:
		return fmt.Errorf("%w: whoever takes a transfer is told no words", telephony.ErrUnsupported)
	case v.Refer && s.codec.referHost == "":
		return fmt.Errorf("%w: without refer_host no call is handed over", telephony.ErrUnsupported)
	case v.Refer:
		c := newCommand("refer").text("sip_address", to.Address(s.codec.referHost))
		c.headers(v.Context)
		c.own = []string{onRefer}
		s.add(c)
		return nil
	}
	address := to.Number
	if to.SIP != "" {
		address = to.SIP
	}
	c := newCommand("transfer").text("to", address)
	if from, ok := telephony.ParseTarget(v.From); ok && strings.HasPrefix(from.Number, "+") {
		c.text("from", from.Number)
	}
	if v.Timeout > 0 {
		c.number("timeout_secs", telephony.WholeSeconds(v.Timeout, minRing, maxRing))
	}
	if v.Limit > 0 {
		c.number("time_limit_secs", telephony.WholeSeconds(v.Limit, minTalk, maxTalk))
	}
	if to.SIP != "" {
		c.headers(v.Context)
	}
	c.text("park_after_unbridge", "self")
	c.text("target_leg_client_state", state(s.o.Token, onDial, callParam, s.o.Call.ID, accountParam, s.o.Call.Account))
	s.add(c)
	return nil
}

// referred reads how a hand-over ended: by what the new call met, where that is told.
func (e *event) referred(in *telephony.Inbound) {
	if !e.on(onRefer) {
		return
	}
	e.turn(in)
	result, told := telephony.Referred(e.notified)
	switch completed := e.kind == "call.refer.completed"; {
	case completed && !told:
		result = engine.DialCompleted
	case !completed && result == engine.DialCompleted:
		result = engine.DialFailed
	}
	in.Event = engine.DialEnded{Result: result}
}

package server

import (
	"bytes"

	"callflow/providers/telephony"
	"callflow/server/capture"
)

// kept is what whoever keeps the call keeps of an answer.
func (h *hook) kept(o telephony.Outbound) *capture.Answer {
	if h.call == nil {
		return nil
	}
	why := capture.Cause{Event: h.in.Event, Performed: h.performed}
	why.Turn, _ = h.turnOf()
	return h.call.Answer(o, why)
}

// turnOf is the turn that a hook is of. ok is false where it names one that is none.
func (h *hook) turnOf() (turn int, ok bool) {
	switch h.route {
	case telephony.RouteStart:
		return capture.TurnStart, true
	case telephony.RouteTurn:
		token, err := h.token()
		return token.Turn, err == nil
	}
	return capture.TurnNotice, true
}

// keep hands a hook that was answered to whoever keeps the call. It is there for
// tests and fixtures: whatever goes wrong, the caller has their answer already.
func (h *hook) keep() {
	if h.call == nil {
		return
	}
	turn, ok := h.turnOf()
	if !ok {
		return
	}
	request, address := h.request, *h.request.URL // both are used again
	request.URL = &address
	request.Body = bytes.Clone(request.Body)
	h.call.Add(capture.Hook{Request: request, Inbound: h.in, Status: h.c.Response().Status}, turn, h.answer)
}

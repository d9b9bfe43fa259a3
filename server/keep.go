package server

import (
	"bytes"

	"callflow/providers/telephony"
	"callflow/server/capture"
)

// keep hands a hook that was answered to whoever keeps the call. It is there for
// tests and fixtures: whatever goes wrong, the caller has their answer already.
func (h *hook) keep() {
	if h.call == nil {
		return
	}
	turn := capture.TurnNotice
	switch h.route {
	case telephony.RouteStart:
		turn = capture.TurnStart
	case telephony.RouteTurn:
		token, err := h.token()
		if err != nil {
			return
		}
		turn = token.Turn
	}
	request, address := h.request, *h.request.URL // both are used again
	request.URL = &address
	request.Body = bytes.Clone(request.Body)
	h.call.Add(capture.Hook{Request: request, Inbound: h.in, Status: h.c.Response().Status}, turn, h.answer)
}

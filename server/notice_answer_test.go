package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
)

// TestNoticesAtTheOneURL: a platform that has one URL takes every answer for what the
// call is to do, and is told that nothing changes.
func TestNoticesAtTheOneURL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.background()
		eight := func(payload string) *httptest.ResponseRecorder {
			return b.do(http.MethodPost, "/v1/eightx8/calls?key="+secret.Reveal(), []byte(payload), "Content-Type", "application/json")
		}
		const goesOn, nothing = `{"instructions":[],"action":{"name":"continue"}}`, `{"callflow":[]}`
		for _, tt := range []struct {
			name string
			w    *httptest.ResponseRecorder
			want string
		}{
			{"Sinch: somebody has answered", b.sinchEvent(map[string]any{"event": "ace", "callid": "c-1"}), goesOn},
			{"Sinch: something is told", b.sinchEvent(map[string]any{"event": "notify", "callid": "c-1", "type": "recording_finished"}), goesOn},
			{"Sinch: the end", b.sinchEvent(map[string]any{"event": "dice", "callid": "c-1", "reason": "CALLERHANGUP"}), goesOn},
			{"8x8: something is told", eight(`{"eventType":"CALL_ACTION","payload":{"sessionId":"s-1","callStatus":"CALL_CONNECTED"}}`), nothing},
			{"8x8: words are over", eight(`{"eventType":"CALL_ACTION","payload":{"sessionId":"s-1","callStatus":"ACTION_COMPLETED"}}`), nothing},
			{"8x8: the end", eight(`{"eventType":"SESSION_SUMMARY","payload":{"sessionId":"s-1","sessionStatus":"COMPLETED"}}`), nothing},
			{"Telnyx: something is told", b.telnyxEvent("call.dtmf.received", map[string]any{"call_control_id": "v3:a", "connection_id": "1", "digit": "4"}), `{}`},
			{"Telnyx: the end", b.telnyxEvent("call.hangup", map[string]any{"call_control_id": "v3:a", "connection_id": "1", "hangup_source": "caller"}), `{}`},
		} {
			if tt.w.Code != http.StatusOK || tt.w.Body.String() != tt.want || tt.w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s: HTTP %d %s, want %s", tt.name, tt.w.Code, tt.w.Body, tt.want)
			}
		}
	})
}

package telnyx

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Events of a call that was asked for say which order it is of, and how it gets on, from
// the first client_state to that of any command.
func TestStages(t *testing.T) {
	t.Parallel()
	const order = "abcdefghijklmnopqrstuvwxyz.n0nce"
	codec := newCodec(t, Config{Unsigned: true})
	asked := base64.StdEncoding.EncodeToString([]byte("?order=" + order))
	reply, err := codec.Encode(telephony.Outbound{
		Call: engine.Call{ID: "c-1", Account: "a-1"}, Token: "s1/3/n0nce", TurnURL: "https://x.example.com/t", LostURL: "https://x.example.com/l", Order: order,
		Verbs: []engine.Verb{engine.Say{Text: "Wait."}, engine.Dial{To: "+15550100"}},
	})
	if err != nil || len(reply.Commands) != 2 {
		t.Fatal(reply, err)
	}
	said, dialled := member(t, reply.Commands[0], "client_state"), member(t, reply.Commands[1], "client_state")
	other, last := member(t, reply.Commands[1], "target_leg_client_state"), member(t, reply.Last, "client_state")
	for _, c := range []struct {
		name, state, kind, more string
		order                   bool
		route                   telephony.Route
		stage                   telephony.Stage
		by                      string
	}{
		{"rings", asked, "call.initiated", `"direction":"outgoing"`, true, telephony.RouteNotice, "", ""},
		{"taken", asked, "call.answered", ``, true, telephony.RouteStart, telephony.StageAnswered, ""},
		{"taken, nobody's", "", "call.answered", ``, false, telephony.RouteNotice, "", ""},
		{"a human", said, "call.machine.detection.ended", `"result":"human"`, true, telephony.RouteNotice, telephony.StageHuman, ""},
		{"a business", said, "call.machine.premium.detection.ended", `"result":"human_business"`, true, telephony.RouteNotice, telephony.StageHuman, ""},
		{"a machine", asked, "call.machine.detection.ended", `"result":"machine"`, true, telephony.RouteNotice, telephony.StageMachine, ""},
		{"a fax", asked, "call.machine.premium.detection.ended", `"result":"fax_detected"`, true, telephony.RouteNotice, telephony.StageMachine, ""},
		{"not sure", asked, "call.machine.detection.ended", `"result":"not_sure"`, true, telephony.RouteNotice, telephony.StageUnsure, ""},
		{"a beep", asked, "call.machine.greeting.ended", `"result":"beep_detected"`, true, telephony.RouteNotice, telephony.StageBeep, ""},
		{"a greeting's end", asked, "call.machine.greeting.ended", `"result":"not_sure"`, true, telephony.RouteNotice, telephony.StageBeep, ""},
		{"over", dialled, "call.hangup", `"hangup_cause":"normal_clearing","hangup_source":"callee"`, true, telephony.RouteNotice, telephony.StageCompleted, "caller"},
		{"over by us", last, "call.hangup", `"hangup_cause":"normal_clearing","hangup_source":"caller"`, true, telephony.RouteNotice, telephony.StageCompleted, "us"},
		{"too long", said, "call.hangup", `"hangup_cause":"time_limit"`, true, telephony.RouteNotice, telephony.StageCompleted, ""},
		{"busy", asked, "call.hangup", `"hangup_cause":"user_busy"`, true, telephony.RouteNotice, telephony.StageBusy, ""},
		{"unanswered", asked, "call.hangup", `"hangup_cause":"no_answer"`, true, telephony.RouteNotice, telephony.StageNoAnswer, ""},
		{"rejected", asked, "call.hangup", `"hangup_cause":"call_rejected","sip_hangup_cause":"603"`, true, telephony.RouteNotice, telephony.StageRejected, ""},
		{"no such number", asked, "call.hangup", `"hangup_cause":"not_found"`, true, telephony.RouteNotice, telephony.StageRejected, ""},
		{"busy, by SIP", asked, "call.hangup", `"hangup_cause":"unspecified","sip_hangup_cause":"600"`, true, telephony.RouteNotice, telephony.StageBusy, ""},
		{"asleep, by SIP", asked, "call.hangup", `"hangup_cause":"unspecified","sip_hangup_cause":"480"`, true, telephony.RouteNotice, telephony.StageNoAnswer, ""},
		{"gone, by SIP", asked, "call.hangup", `"hangup_cause":"unspecified","sip_hangup_cause":"410"`, true, telephony.RouteNotice, telephony.StageRejected, ""},
		{"failed", asked, "call.hangup", `"hangup_cause":"unspecified","sip_hangup_cause":"503"`, true, telephony.RouteNotice, telephony.StageFailed, ""},
		{"the other leg", other, "call.hangup", `"hangup_cause":"user_busy"`, false, telephony.RouteTurn, "", ""},
		{"an inbound call's end", "", "call.hangup", `"hangup_cause":"normal_clearing","hangup_source":"caller"`, false, telephony.RouteNotice, "", "caller"},
		{"too long a token", base64.StdEncoding.EncodeToString([]byte("?order=" + strings.Repeat("a", 300))), "call.answered", ``, false, telephony.RouteNotice, "", ""},
	} {
		payload := `"call_control_id":"c-1","connection_id":"a-1","client_state":"` + c.state + `"`
		if c.more != "" {
			payload += "," + c.more
		}
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteStart, Method: "POST", Body: []byte(`{"data":{"event_type":"` + c.kind + `","id":"e","payload":{` + payload + `}}}`),
		})
		by := ""
		if ended, ok := in.Event.(engine.CallEnded); ok {
			by = ended.By
		}
		if got, want := fmt.Sprint(in.Order == order, in.Route, in.Stage, by), fmt.Sprint(c.order, c.route, c.stage, c.by); err != nil || got != want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, want)
		}
	}
}

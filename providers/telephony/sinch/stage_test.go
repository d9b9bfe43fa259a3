package sinch

import (
	"fmt"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Events of a call that was asked for say which order it is of, and how it gets on.
func TestStages(t *testing.T) {
	t.Parallel()
	const order = "abcdefghijklmnopqrstuvwxyz.n0nce"
	codec := newCodec(t, Config{Unsigned: true})
	custom, cookie := `"custom":"`+order+`"`, `"custom":"","cookies":[{"key":"order","value":"`+order+`"}]`
	for name, c := range map[string]struct {
		event string
		order bool
		route telephony.Route
		stage telephony.Stage
		early bool
		by    string
	}{
		"taken":                  {`"event":"ace",` + custom, true, telephony.RouteStart, telephony.StageAnswered, true, ""},
		"taken, by a cookie":     {`"event":"ace",` + cookie, true, telephony.RouteStart, telephony.StageAnswered, true, ""},
		"a human":                {`"event":"ace","amd":{"status":"human"},` + custom, true, telephony.RouteStart, telephony.StageHuman, true, ""},
		"a machine":              {`"event":"ace","amd":{"status":"machine","reason":"longgreeting"},` + custom, true, telephony.RouteStart, telephony.StageMachine, true, ""},
		"not sure":               {`"event":"ace","amd":{"status":"notsure"},` + custom, true, telephony.RouteStart, telephony.StageUnsure, true, ""},
		"hung up meanwhile":      {`"event":"ace","amd":{"status":"hangup"},` + custom, true, telephony.RouteStart, telephony.StageAnswered, true, ""},
		"found out later":        {`"event":"notify","type":"amd","amd":{"status":"human"},` + custom, true, telephony.RouteNotice, telephony.StageHuman, false, ""},
		"a beep":                 {`"event":"notify","type":"amd_beep","amd":{"status":"machine","reason":"beep"},` + custom, true, telephony.RouteNotice, telephony.StageBeep, false, ""},
		"another notice":         {`"event":"notify","type":"recording_finished",` + custom, true, telephony.RouteNotice, "", false, ""},
		"over":                   {`"event":"dice","result":"ANSWERED","reason":"CALLEEHANGUP",` + custom, true, telephony.RouteNotice, telephony.StageCompleted, false, "caller"},
		"over by us":             {`"event":"dice","result":"ANSWERED","reason":"MANAGERHANGUP",` + custom, true, telephony.RouteNotice, telephony.StageCompleted, false, "us"},
		"busy":                   {`"event":"dice","result":"BUSY","reason":"CANCEL",` + custom, true, telephony.RouteNotice, telephony.StageBusy, false, ""},
		"unanswered":             {`"event":"dice","result":"NOANSWER","reason":"TIMEOUT",` + custom, true, telephony.RouteNotice, telephony.StageNoAnswer, false, ""},
		"no such user":           {`"event":"dice","result":"N/A","reason":"USERNOTFOUND",` + custom, true, telephony.RouteNotice, telephony.StageRejected, false, ""},
		"no money":               {`"event":"dice","result":"FAILED","reason":"NOCREDITPARTNER",` + custom, true, telephony.RouteNotice, telephony.StageFailed, false, ""},
		"the leg of a transfer":  {`"event":"ace",` + custom + `,"cookies":[{"key":"turn","value":"s1/3/n0nce?on=dial"}]`, true, telephony.RouteTurn, "", false, ""},
		"nobody's leg":           {`"event":"ace","custom":""`, false, telephony.RouteNotice, "", false, ""},
		"an app's own words":     {`"event":"ace","custom":"{\"a\":\"b.c\"}"`, false, telephony.RouteNotice, "", false, ""},
		"a call from an app":     {`"event":"ice","cli":"x","to":{"endpoint":"+61255500100"},` + custom, false, telephony.RouteStart, "", false, ""},
		"an inbound call's end":  {`"event":"dice","result":"ANSWERED","reason":"CALLERHANGUP","custom":""`, false, telephony.RouteNotice, "", false, "caller"},
		"what it is of is known": {`"event":"pie","menuResult":{"menuId":"main","type":"timeout"},` + custom + `,"cookies":[{"key":"turn","value":"?on=continue"}]`, true, telephony.RouteStart, "", false, ""},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Method: "POST", Body: []byte(`{"callid":"c-1",` + c.event + `}`)})
		by := ""
		if ended, ok := in.Event.(engine.CallEnded); ok {
			by = ended.By
		}
		if got, want := fmt.Sprint(in.Order == order, in.Route, in.Stage, in.Early, by), fmt.Sprint(c.order, c.route, c.stage, c.early, c.by); err != nil || got != want {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, want)
		}
		if (name == "no money") != (in.Alarm != "") {
			t.Errorf("%s: the alarm %q", name, in.Alarm)
		}
	}
}

package player

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// eightDesk answers events at addresses that show the secret.
func eightDesk(t *testing.T) *desk {
	return &desk{kind: "application/json", short: func(r *http.Request, body []byte) (string, bool) {
		var e struct {
			EventType string
			Payload   struct {
				CallStatus     string
				ClientActionID *string `json:"clientActionId"`
				EventData      struct{ DTMF *string }
			}
		}
		if err := json.Unmarshal(body, &e); err != nil || r.URL.Query().Get("key") != "c2VjcmV0" {
			t.Errorf("%s does not show the secret (%v)", r.URL, err)
		}
		if e.EventType != "CALL_ACTION" {
			return e.EventType, false
		}
		text := e.Payload.CallStatus
		if id := e.Payload.ClientActionID; id != nil {
			entered := "<nil>"
			if e.Payload.EventData.DTMF != nil {
				entered = *e.Payload.EventData.DTMF
			}
			text += fmt.Sprintf(" %s %s", *id, entered)
		}
		return text, true
	}}
}

func TestEightX8(t *testing.T) {
	t.Parallel()
	capture := func(more string) string {
		return `{"clientActionId":"s/1/n","callflow":[{"action":"sayAndCapture","params":{"promptMessage":"PIN?","voiceProfile":"en-US-ZiraRUS","minDigits":1,"digitTimeout":5000,"noOfTries":1,` + more + `}}]}`
	}
	ask := capture(`"maxDigits":4,"overallTimeout":15000,"completeOnHash":true`)
	const bye = `{"callflow":[{"action":"say","params":{"text":"Bye.","voiceProfile":"en-US-ZiraRUS"}},{"action":"hangup"}]}`
	const over = "SESSION_SUMMARY"
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"an entry", []string{ask, bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"the finish key is left out", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n 12", over}}, nil},
		{conversation{"a short entry is a failed try", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n <nil>", over}}, nil},
		{conversation{"silence", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n <nil>", over}}, nil},
		{conversation{"hang-up", []string{ask}, nil, nil, Left, []string{"PIN?"}, []string{over}}, nil},
		{conversation{"a call flow that runs out", []string{`{"callflow":[]}`}, nil, nil, HungUp, nil, []string{over}}, nil},
		{conversation{"a webhook that fails", []string{ask, "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"26 digits", []string{capture(`"maxDigits":26,"overallTimeout":15000`)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a gap that is longer than the whole", []string{capture(`"maxDigits":4,"overallTimeout":5000`)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown property", []string{capture(`"maxDigits":4,"overallTimeout":15000,"terminator":"#"`)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"no voice", []string{`{"callflow":[{"action":"say","params":{"text":"x"}}]}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown action", []string{`{"callflow":[{"action":"talk","params":{}}]}`}, nil, nil, Refused, nil, nil}, nil},

		{conversation{"left out, the number sign ends an entry", []string{capture(`"maxDigits":4,"overallTimeout":15000`), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n 12", over}}, nil},
		{conversation{"where it does not, it is a key", []string{capture(`"maxDigits":4,"overallTimeout":15000,"completeOnHash":false`), bye}, []Move{press("12#4")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n 12#4", over}}, nil},
		{conversation{"fewer digits than there have to be are a failed try", []string{strings.Replace(ask, `"minDigits":1`, `"minDigits":3,"failureMessage":"No."`, 1), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "No.", "Bye."}, []string{"ACTION_COMPLETED s/1/n <nil>", over}}, nil},
		{conversation{"what is said of an entry", []string{strings.Replace(ask, `"minDigits":1`, `"minDigits":1,"successMessage":"Yes."`, 1), bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Yes.", "Bye."}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"the number sign alone is a failed try", []string{ask, bye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n <nil>", over}}, nil},
		{conversation{"keys between questions are lost", []string{ask, ask, bye}, []Move{press("1234567"), press("8#")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n 1234", "ACTION_COMPLETED s/1/n 8", over}}, nil},
		{conversation{"words are silence", []string{ask, bye}, []Move{{Say: engine.NewSecret("my bill")}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"ACTION_COMPLETED s/1/n <nil>", over}}, nil},
		{conversation{"a hang-up behind it throws away what was captured", []string{strings.Replace(ask, `]}`, `,{"action":"hangup"}]}`, 1)}, []Move{press("1234")}, nil, HungUp, []string{"PIN?"}, []string{over}}, nil},
		{conversation{"said three times", []string{strings.Replace(bye, `"text"`, `"repetition":3,"text"`, 1)}, nil, nil, HungUp, []string{"Bye.", "Bye.", "Bye."}, []string{over}}, nil},
		{conversation{"hang-up inside an entry", []string{ask}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{over}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"a webhook that is answered late", []string{ask, "slow"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"a webhook whose answer is lost", []string{ask, "cut"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"ACTION_COMPLETED s/1/n 1234", over}}, nil},
		{conversation{"nobody is reached", []string{"down"}, nil, nil, Refused, nil, []string{}}, nil},
		{conversation{"nobody is told of the end", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL = "" }},
		{conversation{"four times", []string{strings.Replace(bye, `"text"`, `"repetition":4,"text"`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"too fast", []string{strings.Replace(bye, `"text"`, `"speed":2.5,"text"`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"tries of 8x8's own", []string{strings.Replace(ask, `"noOfTries":1`, `"noOfTries":3`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"not JSON", []string{"text:" + bye}, nil, nil, Refused, nil, nil}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, eightDesk(t), EightX8, c.change) })
		})
	}
}

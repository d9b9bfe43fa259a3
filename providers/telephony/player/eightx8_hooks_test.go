package player

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// eightFields are what 8x8's reference lists for every event of a call.
func eightFields(status string, sip int) string {
	return fmt.Sprintf(`description "Action of the call"
eventType "CALL_ACTION"
key c2VjcmV0
namespace "VOICE"
payload.callDirection "INBOUND"
payload.callDuration 0
payload.callId "leg-call-1"
payload.callStatus %q
payload.callType "PSTN"
payload.destination "+6531589999"
payload.destinationFormat "MSISDN"
payload.sessionId "call-1"
payload.sipCode %d
payload.source "+6591110000"
payload.sourceFormat "MSISDN"
payload.subAccountId "acme"
payload.timestamp "2026-11-21T10:30:16Z"`, status, sip)
}

// Every event has what 8x8's reference says that it has.
func TestEightX8Hooks(t *testing.T) {
	t.Parallel()
	const (
		ask   = `{"clientActionId":"a-1","callflow":[{"action":"sayAndCapture","params":{"promptMessage":"PIN?","voiceProfile":"v","minDigits":1,"maxDigits":4,"digitTimeout":5000,"overallTimeout":15000,"noOfTries":1}}]}`
		bye   = `{"callflow":[{"action":"hangup"}]}`
		where = "POST /v1/x/calls"
	)
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, nil, 0, hookOf(where, eightFields("CALL_RECEIVED", 100), `payload.eventId "call-1-1"`, "payload.clientActionId <nil>", "payload.eventData <nil>")},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 1, hookOf(where, eightFields("ACTION_COMPLETED", 200), `payload.eventId "call-1-2"`, `payload.clientActionId "a-1"`, `payload.eventData.dtmf "12"`, "payload.eventData.asrCaptured <nil>")},
		{"silence", []string{ask, bye}, []Move{{}}, nil, 1, hookOf(where, eightFields("ACTION_COMPLETED", 200), `payload.eventId "call-1-2"`, `payload.clientActionId "a-1"`, "payload.eventData.dtmf <nil>", "payload.eventData.asrCaptured <nil>")},
		{"it is over", []string{bye}, nil, nil, 1, hookOf("POST /v1/x/status", `description "Summary of a session"`, `eventType "SESSION_SUMMARY"`, "key c2VjcmV0", `namespace "VOICE"`, "payload.callCount 1", `payload.endTime "2026-11-21T10:30:16Z"`, `payload.sessionId "call-1"`, `payload.sessionStatus "COMPLETED"`, `payload.startTime "2026-11-21T10:30:16Z"`, `payload.subAccountId "acme"`)},
	} {
		c.play(t, eightDesk(t), EightX8)
	}
}

// What 8x8's reference refuses is refused here too; what is at the bounds is taken.
func TestEightX8IsStrict(t *testing.T) {
	t.Parallel()
	capture := func(params string) string {
		return `{"callflow":[{"action":"sayAndCapture","params":{"promptMessage":"x","voiceProfile":"v",` + params + `}}]}`
	}
	say := func(params string) string {
		return `{"callflow":[{"action":"say","params":{"text":"x","voiceProfile":"v"` + params + `}}]}`
	}
	for doc, good := range map[string]bool{
		`{"callflow":[]}`:                                     true,
		`{"callflow":[],"more":1}`:                            false,
		`{"callflow":{}}`:                                     false,
		`{"clientActionId":1,"callflow":[]}`:                  false,
		`{"callflow":[{"action":"hangup","params":{}}]}`:      true,
		`{"callflow":[{"action":"hangup","params":{"a":1}}]}`: false,
		`{"callflow":[{"action":"hangup","more":1}]}`:         false,
		say(""):                  true,
		say(`,"speed":0.5`):      true,
		say(`,"speed":0.4`):      false,
		say(`,"speed":2`):        true,
		say(`,"speed":2.1`):      false,
		say(`,"repetition":1`):   true,
		say(`,"repetition":2`):   true,
		say(`,"repetition":3`):   true,
		say(`,"repetition":0`):   false,
		say(`,"repetition":4`):   false,
		say(`,"repetition":1.5`): false,
		say(`,"loud":true`):      false,
		capture(`"maxDigits":1,"minDigits":1,"overallTimeout":1,"noOfTries":1`):            true,
		capture(`"maxDigits":25,"minDigits":25,"overallTimeout":15000,"noOfTries":1`):      true,
		capture(`"maxDigits":26,"overallTimeout":15000,"noOfTries":1`):                     false,
		capture(`"maxDigits":0,"overallTimeout":15000,"noOfTries":1`):                      false,
		capture(`"maxDigits":4,"minDigits":5,"overallTimeout":15000,"noOfTries":1`):        false,
		capture(`"maxDigits":4,"overallTimeout":15000,"digitTimeout":14999,"noOfTries":1`): true,
		capture(`"maxDigits":4,"overallTimeout":15000,"digitTimeout":15000,"noOfTries":1`): false,
		capture(`"maxDigits":4,"digitTimeout":5000,"noOfTries":1`):                         false,
		capture(`"maxDigits":4,"overallTimeout":15000`):                                    false,
		capture(`"maxDigits":4,"overallTimeout":15000,"noOfTries":2`):                      false,
		capture(`"maxDigits":"4","overallTimeout":15000,"noOfTries":1`):                    false,
	} {
		if _, err := readCallFlow([]byte(doc)); (err == nil) != good {
			t.Errorf("%.140s: %v", doc, err)
		}
	}
}

// A question that leaves no time between keys is one that nobody answers: it holds the call.
func TestEightX8Holds(t *testing.T) {
	t.Parallel()
	for gap, asked := range map[int]bool{500: false, 501: true} {
		d := eightDesk(t)
		d.t, d.answers = t, []string{
			fmt.Sprintf(`{"clientActionId":"a-1","callflow":[{"action":"sayAndCapture","params":{"promptMessage":"One moment.","voiceProfile":"v","minDigits":1,"maxDigits":1,"digitTimeout":%d,"overallTimeout":1000,"noOfTries":1}}]}`, gap),
			`{"callflow":[{"action":"say","params":{"text":"Bye.","voiceProfile":"v"}}]}`,
		}
		o := d.options()
		o.Script = []Move{press("1")}
		var passed time.Duration
		o.Wait = func(_ context.Context, d time.Duration) error { passed += d; return nil }
		r := EightX8(t.Context(), o)
		want := map[bool]string{true: "ACTION_COMPLETED a-1 1", false: "ACTION_COMPLETED a-1 <nil>"}[asked]
		if r.End != HungUp || d.posted[1] != want || (passed == time.Second) == asked || (r.Unused == 0) != asked || strings.Join(r.Heard, "|") != "One moment.|Bye." {
			t.Errorf("%d: %s (%v), heard %q, posted %q, %s passed", gap, r.End, r.Err, r.Heard, d.posted, passed)
		}
	}
}

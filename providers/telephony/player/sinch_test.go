package player

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// sinchDesk answers signed events at one address.
func sinchDesk(t *testing.T) *desk {
	return &desk{kind: "application/json", short: func(r *http.Request, body []byte) (string, bool) {
		var e struct {
			Event, Reason, Result string
			MenuResult            struct{ Type, Value string }
			Cookies               []struct{ Key, Value string }
		}
		if err := json.Unmarshal(body, &e); err != nil || r.URL.Path != "/v1/x/calls" || !strings.HasPrefix(r.Header.Get("Authorization"), "application ") {
			t.Errorf("%s is no signed event at the one address (%v)", body, err)
		}
		words := []string{e.Event, e.MenuResult.Type, e.MenuResult.Value, e.Reason, e.Result}
		for _, p := range e.Cookies {
			words = append(words, p.Key+"="+p.Value)
		}
		return strings.Join(strings.Fields(strings.Join(words, " ")), " "), e.Event != "dice"
	}}
}

func TestSinch(t *testing.T) {
	t.Parallel()
	const (
		cookie = `{"name":"setCookie","key":"turn","value":"1"}`
		menu   = `"action":{"name":"runMenu","barge":true,"menus":[{"id":"main","mainPrompt":"#tts[PIN?]","repeats":0,"maxDigits":4,"timeoutMills":5000}]}}`
		ask    = `{"instructions":[` + cookie + `],` + menu
		bye    = `{"instructions":[{"name":"say","text":"Bye."}],"action":{"name":"hangup"}}`
		over   = "dice MANAGERHANGUP ANSWERED turn=1"
		left   = "dice CALLERHANGUP ANSWERED turn=1"
		ring   = `{"instructions":[` + cookie + `],"action":{"name":"connectPstn","number":"+15550100"}}`
	)
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"an entry, and keys too many", []string{ask, bye}, []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"pie sequence 1234 turn=1", "dice MANAGERHANGUP ANSWERED turn=1"}}, nil},
		{conversation{"the finish key is a key", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"pie sequence 12# turn=1", "dice MANAGERHANGUP ANSWERED turn=1"}}, nil},
		{conversation{"silence", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"pie timeout turn=1", "dice MANAGERHANGUP ANSWERED turn=1"}}, nil},
		{conversation{"hang-up", []string{ask}, nil, nil, Left, []string{"PIN?"}, []string{"dice CALLERHANGUP ANSWERED turn=1"}}, nil},
		{conversation{"a callback that fails", []string{ask, "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"pie sequence 1234 turn=1", "dice CALLBACKERROR ANSWERED turn=1"}}, nil},
		{conversation{"nobody is reached", []string{"down"}, nil, nil, Refused, nil, []string{}}, nil},
		{conversation{"busy ends the call", []string{ring}, nil, []string{"BUSY"}, HungUp, nil, []string{"dice CANCEL BUSY turn=1"}}, nil},
		{conversation{"so does an answer", []string{ring, `{"instructions":[],"action":{"name":"continue"}}`}, nil, nil, HungUp, nil, []string{"ace turn=1", "dice CALLEEHANGUP ANSWERED turn=1"}}, nil},
		{conversation{"two actions", []string{`{"instructions":[],"action":[{"name":"hangup"}]}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown instruction", []string{`{"instructions":[{"name":"speak","text":"x"}],"action":{"name":"hangup"}}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"no main menu", []string{`{"instructions":[],"action":{"name":"runMenu","menus":[{"id":"other","maxDigits":1}]}}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a text that is too long", []string{`{"instructions":[{"name":"say","text":"` + strings.Repeat("a", 601) + `"}],"action":{"name":"hangup"}}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"not JSON", []string{"text:" + bye}, nil, nil, Refused, nil, nil}, nil},

		{conversation{"partial", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"pie sequence 12 turn=1", over}}, nil},
		{conversation{"keys between menus are lost", []string{ask, ask, bye}, []Move{press("1234567"), press("8")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{"pie sequence 1234 turn=1", "pie sequence 8 turn=1", over}}, nil},
		{conversation{"words are silence", []string{ask, bye}, []Move{{Say: engine.NewSecret("my bill")}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"pie timeout turn=1", over}}, nil},
		{conversation{"a moment that nobody is asked in", []string{`{"instructions":[` + cookie + `],"action":{"name":"runMenu","menus":[{"id":"main","repeats":0,"maxDigits":1,"timeoutMills":1000}]}}`, bye}, []Move{press("1")}, nil, HungUp, []string{"Bye."}, []string{"pie timeout turn=1", over}}, nil},
		{conversation{"a cookie takes the place of the one before", []string{ask, strings.Replace(ask, `"value":"1"`, `"value":"2"`, 1), bye}, []Move{press("1234"), press("5678")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{"pie sequence 1234 turn=1", "pie sequence 5678 turn=2", "dice MANAGERHANGUP ANSWERED turn=2"}}, nil},
		{conversation{"hang-up inside an entry", []string{ask}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{left}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{"pie sequence 1234 turn=1", left}}, nil},
		{conversation{"a callback that is answered late", []string{ask, "slow"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"pie sequence 1234 turn=1", "dice CALLBACKERROR ANSWERED turn=1"}}, nil},
		{conversation{"a callback whose answer is lost", []string{ask, "cut"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"pie sequence 1234 turn=1", "dice CALLBACKERROR ANSWERED turn=1"}}, nil},
		{conversation{"nobody answers", []string{ring}, nil, []string{"NOANSWER"}, HungUp, nil, []string{"dice TIMEOUT NOANSWER turn=1"}}, nil},
		{conversation{"no such number", []string{ring}, nil, []string{"FAILED"}, HungUp, nil, []string{"dice GENERALERROR FAILED turn=1"}}, nil},
		{conversation{"who hangs up while it rings", []string{ring}, []Move{{Hangup: true}}, nil, Left, nil, []string{"dice CALLERHANGUP NOANSWER turn=1"}}, nil},
		{conversation{"an answer that does not go on", []string{ring, bye}, nil, nil, Broken, nil, []string{"ace turn=1", "dice INVALIDSVAMLACTION ANSWERED turn=1"}}, nil},
		{conversation{"a call that was asked for", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{"dice MANAGERHANGUP ANSWERED"}}, func(o *Options) { o.Placed = true }},
		{conversation{"two menus", []string{strings.Replace(ask, `"menus":[`, `"menus":[{"id":"other"},`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"tries of Sinch's own", []string{strings.Replace(ask, `"repeats":0`, `"repeats":2`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a prompt without an end", []string{strings.Replace(ask, "#tts[PIN?]", "#tts[PIN?", 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a number without a plus", []string{strings.Replace(ring, "+15550100", "15550100", 1)}, nil, nil, Refused, nil, nil}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, sinchDesk(t), Sinch, c.change) })
		})
	}
}

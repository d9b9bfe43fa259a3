package player

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// tropoDesk answers results, and the session that shows the secret.
func tropoDesk(t *testing.T) *desk {
	return &desk{kind: "application/json", short: func(r *http.Request, body []byte) (string, bool) {
		var e struct {
			Session map[string]any
			Result  struct {
				State   string
				Actions struct{ Disposition, Value string }
			}
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if shown := r.URL.Query().Get("key") != ""; shown != (e.Session != nil) {
			t.Errorf("%s: the secret is shown in the first address alone", r.URL)
		}
		return strings.TrimSpace(r.URL.Path + " " + strings.TrimSpace(e.Result.State+" "+e.Result.Actions.Disposition) + " " + e.Result.Actions.Value), true
	}}
}

func TestTropo(t *testing.T) {
	t.Parallel()
	const (
		on    = `,{"on":{"event":"continue","next":"http://host/ask"}},{"on":{"event":"incomplete","next":"http://host/none"}},{"on":{"event":"hangup","next":"http://host/end"}}]}`
		ask   = `{"tropo":[{"ask":{"name":"pin","attempts":1,"timeout":5,"required":true,"say":[{"value":"PIN?"}],"choices":{"value":"[1-4 DIGITS]","mode":"dtmf","terminator":"#"}}}` + on
		ring  = `{"tropo":[{"transfer":{"name":"t","to":"tel:+15550100"}}` + on
		tape  = `{"tropo":[{"record":{"name":"r","url":"https://recorder.example.com/1","maxTime":60,"say":[{"value":"Speak."}]}}` + on
		bye   = `{"tropo":[{"say":{"value":"Bye."}},{"hangup":null}]}`
		ended = `{"tropo":[]}`
	)
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"an entry", []string{ask, bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 1234"}}, nil},
		{conversation{"the terminator is left out", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 12"}}, nil},
		{conversation{"a short entry", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 12"}}, nil},
		{conversation{"silence is incomplete", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED TIMEOUT"}}, nil},
		{conversation{"no such keys", []string{ask, bye}, []Move{press("*#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED NOMATCH"}}, nil},
		{conversation{"hang-up", []string{ask, ended}, nil, nil, Left, []string{"PIN?"}, []string{"/end DISCONNECTED"}}, nil},
		{conversation{"busy is incomplete", []string{ring, bye}, nil, []string{"BUSY"}, HungUp, []string{"Bye."}, []string{"/none ANSWERED BUSY"}}, nil},
		{conversation{"no continue", []string{`{"tropo":[{"say":{"value":"Bye."}}]}`}, nil, nil, HungUp, []string{"Bye."}, []string{}}, nil},
		{conversation{"a grammar that is none", []string{strings.Replace(ask, "[1-4 DIGITS]", "[4-1 DIGITS]", 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"no choices", []string{`{"tropo":[{"ask":{"name":"pin","say":[{"value":"PIN?"}]}}]}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown action", []string{`{"tropo":[{"speak":{"value":"x"}}]}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"two keys in one action", []string{`{"tropo":[{"say":{"value":"x"},"hangup":null}]}`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a list alone", []string{`[]`}, nil, nil, Refused, nil, nil}, nil},

		{conversation{"left out, there is no terminator", []string{strings.Replace(ask, `,"terminator":"#"`, "", 1), bye}, []Move{press("12#4")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED NOMATCH"}}, nil},
		{conversation{"fewer digits than there have to be", []string{strings.Replace(ask, "[1-4 DIGITS]", "[4 DIGITS]", 1), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED NOMATCH"}}, nil},
		{conversation{"the terminator alone", []string{ask, bye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED NOMATCH"}}, nil},
		{conversation{"one of a list", []string{strings.Replace(ask, "[1-4 DIGITS]", "1, 2, 20", 1), bye}, []Move{press("20")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 20"}}, nil},
		{conversation{"none of a list", []string{strings.Replace(ask, "[1-4 DIGITS]", "1, 2, 20", 1), bye}, []Move{press("3")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/none ANSWERED NOMATCH"}}, nil},
		{conversation{"tries of Tropo's own", []string{strings.Replace(ask, `"attempts":1`, `"attempts":2`, 1), bye}, []Move{{}, press("1234")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 1234"}}, nil},
		{conversation{"keys between questions are lost", []string{ask, ask, bye}, []Move{press("1234567"), press("8#")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{"/ask ANSWERED SUCCESS 1234", "/ask ANSWERED SUCCESS 8"}}, nil},
		{conversation{"without incomplete, what comes of nothing goes on too", []string{strings.Replace(ask, `{"on":{"event":"incomplete","next":"http://host/none"}},`, "", 1), bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/ask ANSWERED TIMEOUT"}}, nil},
		{conversation{"hang-up inside an entry", []string{ask, ended}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{"/end DISCONNECTED"}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, strings.Replace(ask, "PIN?", "Again?", 1), ended}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{"/ask ANSWERED SUCCESS 1234", "/end DISCONNECTED"}}, nil},
		{conversation{"hang-up that nobody asks about", []string{strings.Replace(ask, `,{"on":{"event":"hangup","next":"http://host/end"}}`, "", 1)}, nil, nil, Left, []string{"PIN?"}, []string{}}, nil},
		{conversation{"a document that does not come", []string{ask, "500", ended}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"/ask ANSWERED SUCCESS 1234", "/end DISCONNECTED"}}, nil},
		{conversation{"one that comes late", []string{ask, "slow", ended}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"/ask ANSWERED SUCCESS 1234", "/end DISCONNECTED"}}, nil},
		{conversation{"one that is lost", []string{ask, "cut", ended}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{"/ask ANSWERED SUCCESS 1234", "/end DISCONNECTED"}}, nil},
		{conversation{"nobody is reached", []string{"down"}, nil, nil, Refused, nil, []string{}}, nil},
		{conversation{"a transfer", []string{ring, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/ask ANSWERED SUCCESS"}}, nil},
		{conversation{"nobody answers, then it fails", []string{ring, ring, bye}, nil, []string{"TIMEOUT", "FAILED"}, HungUp, []string{"Bye."}, []string{"/none ANSWERED TIMEOUT", "/none ANSWERED FAILED"}}, nil},
		{conversation{"who hangs up while it rings", []string{ring, ended}, []Move{{Hangup: true}}, nil, Left, nil, []string{"/end DISCONNECTED"}}, nil},
		{conversation{"a recording", []string{tape, bye}, nil, nil, HungUp, []string{"Speak.", "Bye."}, []string{"/ask ANSWERED SUCCESS #"}}, nil},
		{conversation{"a recording of nothing", []string{tape, bye}, nil, nil, HungUp, []string{"Speak.", "Bye."}, []string{"/none ANSWERED TIMEOUT"}}, func(o *Options) { o.Records = []string{"empty"} }},
		{conversation{"a recording that a hang-up ends", []string{tape, ended}, nil, nil, Left, []string{"Speak."}, []string{"/end DISCONNECTED SUCCESS"}}, func(o *Options) { o.Records = []string{hungUp} }},
		{conversation{"what is handled twice", []string{strings.Replace(ask, "incomplete", "continue", 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an event that is none", []string{strings.Replace(ask, "incomplete", "later", 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"two terminators", []string{strings.Replace(ask, `"terminator":"#"`, `"terminator":"#*"`, 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a transfer to a number alone", []string{strings.Replace(ring, "tel:+", "", 1)}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"not JSON", []string{"text:" + bye}, nil, nil, Refused, nil, nil}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, tropoDesk(t), Tropo, c.change) })
		})
	}
}

package player

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// tropoResult is what Tropo's pages list for every result.
func tropoResult(state string, sequence int, actions ...string) string {
	all := fmt.Sprintf(`result.callId "leg-call-1"
result.calledid "6531589999"
result.complete true
result.error <nil>
result.sequence %d
result.sessionDuration 0
result.sessionId "call-1"
result.state %q`, sequence, state)
	if len(actions) == 0 {
		return all + "\nresult.actions {}"
	}
	for _, a := range actions {
		all += "\nresult.actions." + a
	}
	return all
}

// Every hook has what Tropo's pages say that it has.
func TestTropoHooks(t *testing.T) {
	t.Parallel()
	const (
		on   = `,{"on":{"event":"continue","next":"http://host/next"}},{"on":{"event":"incomplete","next":"http://host/none"}},{"on":{"event":"hangup","next":"http://host/end"}}]}`
		ask  = `{"tropo":[{"ask":{"name":"pin","attempts":1,"say":[{"value":"PIN?"}],"choices":{"value":"[1-4 DIGITS]","mode":"dtmf","terminator":"#"}}}` + on
		ring = `{"tropo":[{"transfer":{"name":"t","to":"tel:+15550100"}}` + on
		tape = `{"tropo":[{"record":{"name":"r","url":"https://recorder.example.com/1"}}` + on
		say  = `{"tropo":[{"say":{"value":"Hello."}}` + on
		bye  = `{"tropo":[]}`
	)
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	side := func(which, id, name string) string {
		return fmt.Sprintf(`session.%[1]s.channel "VOICE"
session.%[1]s.e164Id %[2]q
session.%[1]s.id %[2]q
session.%[1]s.name %[3]q
session.%[1]s.network "SIP"`, which, id, name)
	}
	session := `session.accountId "46256"
session.applicationId "900001"
session.callId "leg-call-1"
session.headers.CSeq "2 INVITE"
session.headers.Call-ID "83-13c4-2"
session.headers.x-sid "77d9"
session.id "call-1"
session.initialText <nil>
session.parameters {}
session.timestamp "2026-11-21T10:30:16.000Z"
session.userType "HUMAN"
` + side("to", "6531589999", "unknown")
	made := []string{`name "r"`, "attempts 1", `disposition "SUCCESS"`, "duration 7", `url "https://recorder.example.com/1"`}
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, nil, 0, hookOf("POST /v1/x/calls", "key c2VjcmV0", session, side("from", "6591110000", "unknown"))},
		{"by name", []string{bye}, nil, func(o *Options) { o.Call.Name, o.URL = "Ada", o.URL+"?a=b" }, 0, hookOf("POST /v1/x/calls", "a b", "key c2VjcmV0", session, side("from", "6591110000", "Ada"))},
		{"gone on with", []string{say, bye}, nil, nil, 1, hookOf("POST /next", tropoResult("ANSWERED", 1))},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 1, hookOf("POST /next", tropoResult("ANSWERED", 1, `name "pin"`, "attempts 1", `disposition "SUCCESS"`, "confidence 100", `interpretation "12"`, `utterance "1 2"`, `value "12"`, "concept <nil>", `xml "<?xml version=\"1.0\"?><result grammar=\"0@abc.vxmlgrammar\"></result>"`))},
		{"silence", []string{ask, bye}, []Move{{}}, nil, 1, hookOf("POST /none", tropoResult("ANSWERED", 1, `name "pin"`, "attempts 1", `disposition "TIMEOUT"`, "confidence 0", "interpretation <nil>", "utterance <nil>", "value <nil>"))},
		{"results are counted", []string{ask, ask, bye}, []Move{press("12#"), press("*#")}, nil, 2, hookOf("POST /none", tropoResult("ANSWERED", 2, `name "pin"`, "attempts 1", `disposition "NOMATCH"`, "confidence 0", "interpretation <nil>", "utterance <nil>", "value <nil>"))},
		{"they hang up", []string{ask, bye}, nil, nil, 1, hookOf("POST /end", tropoResult("DISCONNECTED", 1))},
		{"transferred", []string{ring, bye}, nil, nil, 1, hookOf("POST /next", tropoResult("ANSWERED", 1, `name "t"`, `disposition "SUCCESS"`, "duration 149", "connectedDuration 145", `userType "HUMAN"`))},
		{"busy", []string{ring, bye}, nil, func(o *Options) { o.Dials = []string{"BUSY"} }, 1, hookOf("POST /none", tropoResult("ANSWERED", 1, `name "t"`, `disposition "BUSY"`))},
		{"recorded", []string{tape, bye}, nil, nil, 1, hookOf("POST /next", tropoResult("ANSWERED", 1, append(made, `value "#"`)...))},
		{"a recording that fails", []string{tape, bye}, nil, records("failed"), 1, hookOf("POST /next", tropoResult("ANSWERED", 1, append(made, `value "#"`, `uploadStatus "failed"`)...))},
		{"nothing recorded", []string{tape, bye}, nil, records("empty"), 1, hookOf("POST /none", tropoResult("ANSWERED", 1, `name "r"`, "attempts 1", `disposition "TIMEOUT"`))},
		{"a recording that a hang-up ends", []string{tape, bye}, nil, records(hungUp), 1, hookOf("POST /end", tropoResult("DISCONNECTED", 1, made...))},
	} {
		c.play(t, tropoDesk(t), Tropo)
	}
}

// Turns of a call that nothing else here takes.
func TestTropoTurns(t *testing.T) {
	t.Parallel()
	const on = `,{"on":{"event":"continue","next":"http://host/next"}}`
	doc := func(actions string) string { return `{"tropo":[` + actions + `]}` }
	for _, c := range []conversation{
		{"recordings and markup", []string{doc(`{"say":{"value":"http://h/a.mp3"}},{"say":{"value":"https://h/b.mp3"}},{"say":{"value":"<speak>Tom &amp; Jerry</speak>"}}`)}, nil, nil, HungUp, []string{"recording http://h/a.mp3", "recording https://h/b.mp3", "Tom & Jerry"}, []string{}},
		{"nothing behind a hang-up", []string{doc(`{"hangup":null},{"say":{"value":"never"}}`)}, nil, nil, HungUp, nil, []string{}},
		{"an empty hang-up is one too", []string{doc(`{"hangup":{}},{"say":{"value":"never"}}`)}, nil, nil, HungUp, nil, []string{}},
		{"nothing behind what came to nothing", []string{doc(`{"transfer":{"name":"t","to":"tel:+1"}},{"say":{"value":"never"}}` + on), doc("")}, nil, []string{"BUSY"}, HungUp, nil, []string{"/next ANSWERED BUSY"}},
		{"asked once, where nothing is said of it", []string{doc(`{"ask":{"name":"pin","say":[{"value":"PIN?"}],"choices":{"value":"[4 DIGITS]"}}}` + on), doc("")}, []Move{{}}, nil, HungUp, []string{"PIN?"}, []string{"/next ANSWERED TIMEOUT"}},
		{"what is said for an event is not said at first", []string{doc(`{"ask":{"name":"pin","say":[{"value":"Sorry.","event":"timeout"},{"value":"PIN?"}],"choices":{"value":"[4 DIGITS]"}}}` + on), doc("")}, []Move{{}}, nil, HungUp, []string{"PIN?"}, []string{"/next ANSWERED TIMEOUT"}},
		{"the longest of a list", []string{doc(`{"ask":{"name":"pin","say":[{"value":"PIN?"}],"choices":{"value":"1, 234"}}}` + on), doc("")}, []Move{press("234")}, nil, HungUp, []string{"PIN?"}, []string{"/next ANSWERED SUCCESS 234"}},
		{"a handler without an address is followed by continue", []string{doc(`{"transfer":{"name":"t","to":"sip:a@b"}},{"on":{"event":"incomplete"}}` + on), doc("")}, nil, []string{"BUSY"}, HungUp, nil, []string{"/next ANSWERED BUSY"}},
		{"keys are not told of to the next", []string{doc(`{"say":{"value":"x"}}` + on), doc(`{"say":{"value":"y"}}` + on), doc("")}, nil, nil, HungUp, []string{"x", "y"}, []string{"/next ANSWERED", "/next ANSWERED"}},
	} {
		c.play(t, tropoDesk(t), Tropo, nil)
	}
	d := tropoDesk(t)
	d.t, d.answers = t, []string{doc(`{"wait":{"milliseconds":1500}}`)}
	o := d.options()
	var passed time.Duration
	o.Wait = func(_ context.Context, d time.Duration) error { passed += d; return nil }
	if Tropo(t.Context(), o); passed != 1500*time.Millisecond {
		t.Errorf("%s passed", passed)
	}
	o.Secret, d.answers = engine.Secret{}, []string{doc("")}
	d.short = func(r *http.Request, _ []byte) (string, bool) {
		if r.URL.RawQuery != "" {
			t.Errorf("%s shows a secret", r.URL)
		}
		return "", true
	}
	Tropo(t.Context(), o)
}

// What Tropo's pages know nothing of is refused; what they show is taken.
func TestTropoIsStrict(t *testing.T) {
	t.Parallel()
	ask := func(choices, more string) string {
		return `{"tropo":[{"ask":{"say":[{"value":"PIN?"}],"choices":` + choices + more + `}}]}`
	}
	say := func(value string) string { return `{"tropo":[{"say":{"value":` + value + `}}]}` }
	for doc, good := range map[string]bool{
		`{"tropo":[]}`:                          true,
		`{"tropo":{}}`:                          false,
		`{"tropo":[],"more":1}`:                 false,
		`{"more":[]}`:                           false,
		`{}`:                                    false,
		`"tropo"`:                               false,
		`{"tropo":[{}]}`:                        false,
		`{"tropo":[{"hangup":{"reason":"x"}}]}`: false,
		`{"tropo":[{"hangup":"now"}]}`:          false,
		`{"tropo":[{"choices":{"value":"[4 DIGITS]"}}]}`:                                    false,
		`{"tropo":[{"say":"x"}]}`:                                                           false,
		`{"tropo":[{"sing":{"value":"x"}}]}`:                                                false,
		`{"tropo":[{"say":{"value":"x","colour":"red"}}]}`:                                  false,
		`{"tropo":[{"say":{}}]}`:                                                            false,
		`{"tropo":[{"generalLogSecurity":"suppress"}]}`:                                     true,
		`{"tropo":[{"generalLogSecurity":"none"}]}`:                                         true,
		`{"tropo":[{"generalLogSecurity":"some"}]}`:                                         false,
		`{"tropo":[{"record":{"url":"https://h/a"}}]}`:                                      true,
		`{"tropo":[{"record":{"url":"/a"}}]}`:                                               false,
		`{"tropo":[{"record":{"url":"https://h/a","say":["x"]}}]}`:                          false,
		`{"tropo":[{"record":{"url":"https://h/a","say":[{"value":"x","colour":"red"}]}}]}`: false,
		`{"tropo":[{"transfer":{"to":"sips:a@b"}}]}`:                                        true,
		`{"tropo":[{"transfer":{"to":"tel:15550100"}}]}`:                                    false,
		`{"tropo":[{"on":{"event":"error","next":"https://h/a"}}]}`:                         true,
		`{"tropo":[{"on":{"event":"error","next":"/a"}}]}`:                                  false,
		`{"tropo":[{"on":{"next":"https://h/a"}}]}`:                                         false,
		say(`"x"`):                        true,
		say(`""`):                         false,
		say(`1`):                          false,
		say(`"a <b>"`):                    false,
		say(`"<speak>a<break/></speak>"`): true,
		ask(`{"value":"[4 DIGITS]"}`, ""): true,
		ask(`{"value":"[1-10 DIGITS]","mode":"dtmf"}`, ""):       true,
		ask(`{"value":"[1-1 DIGITS]","mode":"any"}`, ""):         true,
		ask(`{"value":"[0-4 DIGITS]"}`, ""):                      false,
		ask(`{"value":"[4-1 DIGITS]"}`, ""):                      false,
		ask(`{"value":"[x DIGITS]"}`, ""):                        false,
		ask(`{"value":"[4-x DIGITS]"}`, ""):                      false,
		ask(`{"value":"[4 DIGIT]"}`, ""):                         false,
		ask(`{"value":"[4"}`, ""):                                false,
		ask(`{"value":"1, 2","mode":"speech"}`, ""):              true,
		ask(`{"value":"1,,2"}`, ""):                              false,
		ask(`{"value":"1(2)"}`, ""):                              false,
		ask(`{"value":"1","mode":"smell"}`, ""):                  false,
		ask(`{"value":"1","colour":"red"}`, ""):                  false,
		ask(`{"value":"1","terminator":"D"}`, ""):                true,
		ask(`{"value":"1","terminator":""}`, ""):                 false,
		ask(`{"value":"1","terminator":"##"}`, ""):               false,
		ask(`{"value":"1","terminator":"x"}`, ""):                false,
		ask(`{"value":"1"}`, `,"attempts":1`):                    true,
		ask(`{"value":"1"}`, `,"attempts":0`):                    false,
		ask(`{"value":"1"}`, `,"attempts":1.5`):                  false,
		`{"tropo":[{"ask":{"say":[],"choices":{"value":"1"}}}]}`: false,
	} {
		if _, err := readTropo([]byte(doc)); (err == nil) != good {
			t.Errorf("%s: %v", doc, err)
		}
	}
	for grammar, keys := range map[string][2]string{
		"[4 DIGITS]":    {"1234", "123 12345 12*4"},
		"[1-3 DIGITS]":  {"1 12 123", "1234 *"},
		"1, 20 , 3":     {"1 20 3", "2 0 10"},
		"[1-30 DIGITS]": {strings.Repeat("1", 30), strings.Repeat("1", 31)},
	} {
		g, err := readGrammar(grammar)
		if err != nil {
			t.Error(err)
		}
		for i, list := range keys {
			if slices.ContainsFunc(strings.Fields(list), func(k string) bool { return g.takes(k) != (i == 0) }) || g.takes("") {
				t.Errorf("%s takes of %s something else", grammar, list)
			}
		}
	}
}

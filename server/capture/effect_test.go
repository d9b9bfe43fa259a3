package capture

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

func keeping(t testing.TB) *Call {
	t.Helper()
	r := &Recorder{words: Words([]byte("when: status == 'overdue' say: Hello, press 1 for open invoices"))}
	c := newCall(r, "id", "bank", nil, time.Time{})
	c.masks.keys("7391824650", nil)
	c.masks.learn("+15557730142")
	return c
}

// Of what came back nothing stays that is anybody's: what a flow goes by does.
func TestEffects(t *testing.T) {
	t.Parallel()
	const pin, token = "7391824650", "tok-9f3e-SECRET"
	fetch := engine.Fetch{
		Service: "bank", Method: "GET", Path: "/accounts/836192745501?pin=" + pin, Body: []byte(pin),
		Headers: []engine.Header{{Name: "Authorization", Value: "Bearer " + token}},
	}
	text, number := engine.Type{Base: engine.TypeText}, engine.Type{Base: engine.TypeNumber}
	item := engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{{Name: "name", Type: text}, {Name: "open", Type: engine.Type{Base: engine.TypeBool}}}}
	reads := []engine.Field{{Name: "amount", Type: number}, {Name: "currency", Type: text}, {Name: "items", Type: engine.ListOf(item)}, {Name: "status", Type: text}}
	answered := func(body string) engine.Answered {
		return engine.Answered{Result: engine.AnswerOK, Body: []byte(body), Detail: token}
	}
	maria := engine.Principal{Account: "836192745501", ID: "auth0|836192745501", Greeting: "Maria"}
	for _, tt := range []struct {
		name string
		of   runner.Performed
		want string // JSON in which digits and letters of what was replaced do not matter
	}{
		{"signed in", runner.Performed{Effect: engine.Authenticate{Account: "836192745501", PIN: engine.NewSecret(pin)}, Result: engine.SignedIn{Result: engine.SignInAuthenticated, Principal: maria}}, `{"effect":"sign_in","result":"authenticated","caller":{"account":"~","id":"~","greeting":"~"}}`},
		{"denied", runner.Performed{Effect: engine.Authenticate{PIN: engine.NewSecret(pin)}, Result: engine.SignedIn{Result: engine.SignInDenied}}, `{"effect":"sign_in","result":"denied"}`},
		{"challenge", runner.Performed{Effect: engine.Authenticate{}, Result: engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret(token)}}, `{"effect":"sign_in","result":"challenge","factor":true}`},
		{"sent", runner.Performed{Effect: engine.SendCode{Number: "+15557730142", Pending: engine.NewSecret(token)}, Result: engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret(token), Ending: "42"}}, `{"effect":"challenge","result":"sent","ending":"11"}`},
		{"verified", runner.Performed{Effect: engine.CheckCode{Code: engine.NewSecret(pin)}, Result: engine.CodeChecked{Result: engine.CodeVerified, Phone: "+15557730142"}}, `{"effect":"verify","result":"verified","phone":"~"}`},
		{"authenticated", runner.Performed{Effect: engine.CheckCode{}, Result: engine.CodeChecked{Result: engine.CodeVerified, Principal: &maria}}, `{"effect":"verify","result":"authenticated","caller":{"account":"~","id":"~","greeting":"~"}}`},
		{"expired", runner.Performed{Effect: engine.CheckCode{}, Result: engine.CodeChecked{Result: engine.CodeExpired}}, `{"effect":"verify","result":"expired"}`},
		{"found", runner.Performed{Effect: engine.Identify{Number: "+15557730142"}, Result: engine.Identified{Result: engine.IdentifiedOne, Accounts: []engine.Candidate{{Account: "836192745501", Kind: "mfa"}}}}, `{"effect":"identify","result":"one","accounts":[{"account":"~","kind":"mfa"}]}`},
		{"read", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(`{"pin":"7391824650","amount":-250.75,"currency":"AUD","status":"overdue","items":[{"name":"Maria, PIN 7391824650, ` + token + `","open":true,"secret":"` + token + `"},{"name":"open","open":false}]}`), Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"ok","body":{"amount":-111.11,"currency":"AUD","items":[{"name":"~","open":true},{"name":"open","open":false}],"status":"overdue"}}`},
		{"nothing read", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(`{"pin":"7391824650"}`)}, `{"effect":"request","service":"bank","method":"GET","result":"ok"}`},
		{"nothing there", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(`{"pin":"7391824650"}`), Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"ok","body":{}}`},
		{"other types", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(`{"amount":"250.75","currency":["` + token + `"],"items":{"7391824650":1},"status":{"` + token + `":1}}`), Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"ok","body":{"amount":"111.11","currency":[],"items":{},"status":{}}}`},
		{"no object", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(token), Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"ok","body":null}`},
		{"too large", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: answered(`{"status":"` + strings.Repeat(token, 20_000) + `"}`), Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"ok","body":null}`},
		{"failed", runner.Performed{Effect: engine.Request{Fetch: fetch}, Result: engine.Answered{Result: engine.AnswerError, Body: []byte(token), Detail: token}, Reads: reads}, `{"effect":"request","service":"bank","method":"GET","result":"error"}`},
		{"unknown", runner.Performed{Effect: engine.Action{Fetch: fetch, Key: token, Calls: "+15557730142"}, Result: engine.Answered{Result: engine.AnswerUnknown, Detail: token}}, `{"effect":"action","service":"bank","method":"GET","result":"unknown"}`},
	} {
		c := keeping(t)
		effects := c.effects([]runner.Performed{tt.of})
		if len(effects) != 1 {
			t.Fatalf("%s: %v", tt.name, effects)
		}
		line, err := asLine(effects[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{pin, "9f3e", "SECRET", "Maria", "836192745501", "15557730142", "250.75", "/accounts"} {
			if strings.Contains(string(line), secret) {
				t.Errorf("%s: %q is kept: %s", tt.name, secret, line)
			}
		}
		if !like(tt.want, strings.TrimSpace(string(line))) {
			t.Errorf("%s: %s, expected %s", tt.name, line, tt.want)
		}
		// What is read again is what was kept, and the engine takes it.
		var again Effect
		if err := json.Unmarshal(line, &again); err != nil || !reflect.DeepEqual(again.event(), effects[0].event()) {
			t.Errorf("%s: %+v, %v", tt.name, again, err)
		}
		if reflect.TypeOf(again.event()) != reflect.TypeOf(tt.of.Result) {
			t.Errorf("%s: the result is a %T", tt.name, again.event())
		}
	}
	if e := keeping(t).effects([]runner.Performed{{Effect: engine.AwaitRecording{ID: token}, Result: engine.RecordingReady{URL: token}}}); len(e) > 0 {
		t.Errorf("kept %v", e)
	}
}

// like compares texts in which "~" is any string.
func like(want, got string) bool {
	for {
		before, rest, more := strings.Cut(want, "~")
		after, ok := strings.CutPrefix(got, before)
		if !ok || !more {
			return ok && after == ""
		}
		_, after, ok = strings.Cut(after, `"`)
		if want, got = rest, `"`+after; !ok {
			return false
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]string{
		"0": "0", "-0": "-0", "0.00": "0.00", "7": "1", "250.75": "111.11", "-42": "-11", "0.5": "0.1", "100": "111",
		"1e5": "1e1", "2.50E-3": "1.11E-1", "10.0": "11.1", "0e7": "0e7",
	} {
		if got := number(n); got != want || !json.Valid([]byte(got)) {
			t.Errorf("%s: %s, expected %s", n, got, want)
		}
	}
}

// FuzzEffectBody: whatever a service answers, what is kept is JSON, and has none of its
// digits.
func FuzzEffectBody(f *testing.F) {
	text := engine.Type{Base: engine.TypeText}
	fields := []engine.Field{{Name: "a", Type: text}, {Name: "b", Type: engine.ListOf(engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{{Name: "c", Type: text}}})}}
	f.Add([]byte(`{"a":"7391","b":[{"c":"x"},null,7.5e3]}`))
	f.Add([]byte(`{"a":{"b":[]},"b":-0.1}`))
	f.Add([]byte("null"))
	f.Add([]byte(`{"a":"\u2028\u0002 2"}`))
	escapes := regexp.MustCompile(`\\u[0-9a-f]{4}`) // line breaks, which are no digits
	f.Fuzz(func(t *testing.T, body []byte) {
		got := keeping(t).read(fields, body)
		if !json.Valid(got) || strings.ContainsAny(escapes.ReplaceAllString(string(got), ""), "23456789") {
			t.Fatalf("%q became %s", body, got)
		}
	})
}

func outcomesOf(t *testing.T, lines ...string) *Outcomes {
	t.Helper()
	var text strings.Builder
	for _, effects := range lines {
		text.WriteString(strings.Replace(hookLine, `"status":200}}`, `"status":200},"effects":[`+effects+`]}`, 1))
	}
	all, err := Read(strings.NewReader(text.String()))
	if err != nil || len(all) != len(lines) {
		t.Fatal(all, err)
	}
	return NewOutcomes(all)
}

// Outcomes come in their order, each with its hook.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	bank := func(result string) string {
		return `{"effect":"request","service":"bank","method":"GET","result":"` + result + `"}`
	}
	o := outcomesOf(t, `{"effect":"sign_in","result":"denied"}`, "", `{"effect":"sign_in","result":"locked"},`+bank("error"), bank("ok"), `{"effect":"action","service":"bank","method":"POST","result":"unknown"}`)
	request := engine.Request{Fetch: engine.Fetch{Service: "bank", Method: "GET"}}
	next := func(e engine.Effect) string {
		ev, known, err := o.Next(t.Context(), e)
		switch ev := ev.(type) {
		case engine.SignedIn:
			return string(ev.Result)
		case engine.Answered:
			return string(ev.Result)
		}
		if err != nil || known {
			t.Errorf("%v, %v, %v", ev, known, err)
		}
		return ""
	}
	if !o.Doubtful("bank") || o.Doubtful("desk") {
		t.Error("which actions are doubtful")
	}
	for i, step := range []struct {
		e    engine.Effect
		want string
	}{
		{engine.AwaitRecording{}, ""},
		{engine.Authenticate{Account: "any"}, "denied"},
		{engine.Request{Fetch: engine.Fetch{Service: "desk", Method: "GET"}}, ""},
		{request, "error"}, // nobody asked for the second sign-in
		{engine.Authenticate{}, ""},
		{request, "ok"},
		{request, ""},
		{engine.Action{Fetch: engine.Fetch{Service: "bank", Method: "POST"}}, "unknown"},
	} {
		if got := next(step.e); got != step.want {
			t.Errorf("%d: %q, expected %q", i, got, step.want)
		}
	}
	var none *Outcomes
	none.reach(1)
	if _, known, err := none.Next(t.Context(), request); known || err != nil || none.Doubtful("bank") {
		t.Error("outcomes that are none know something")
	}
}

// What was answered later is not known before, nor for ever waited for.
func TestOutcomesWait(t *testing.T) {
	t.Parallel()
	o := outcomesOf(t, "", `{"effect":"sign_in","result":"denied"}`, `{"effect":"sign_in","result":"locked"}`)
	o.reach(0)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan engine.Event)
	go func() {
		ev, _, _ := o.Next(t.Context(), engine.Authenticate{})
		got <- ev
	}()
	select {
	case ev := <-got:
		t.Errorf("%v is known at once", ev)
	default:
	}
	o.reach(1)
	if ev := <-got; ev != (engine.SignedIn{Result: engine.SignInDenied}) {
		t.Errorf("%v", ev)
	}
	cancel()
	if _, known, err := o.Next(ctx, engine.Authenticate{}); !known || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", known, err)
	}
}

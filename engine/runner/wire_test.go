package runner

import (
	"reflect"
	"testing"
	"time"

	"callflow/engine"
)

func TestWire(t *testing.T) {
	t.Parallel()
	env := envelope{turn: 7, nonce: []byte("now"), prev: []byte("then"), wake: 1_700_000_000_000_000, asked: 6, held: 2, ended: []byte{1, 2}}
	got, rest, err := parseEnvelope(append(env.append(nil), "session"...))
	if err != nil || !reflect.DeepEqual(got, env) || string(rest) != "session" {
		t.Errorf("envelope %+v, %q, %v", got, rest, err)
	}
	env.clear = true
	if got, rest, err := parseEnvelope(append(env.append(nil), "session"...)); err != nil || !reflect.DeepEqual(got, env) || string(rest) != "session" {
		t.Errorf("envelope of the version before %+v, %q, %v", got, rest, err)
	}
	answer := savedAnswer{turn: 3, nonce: []byte("n"), reply: Reply{Status: 200, ContentType: "text/plain", Body: []byte("body")}}
	if got, err := parseAnswer(answer.append(nil)); err != nil || !reflect.DeepEqual(got, answer) {
		t.Errorf("answer %+v, %v", got, err)
	}
	ended := engine.CallEnded{By: "caller", Reason: "completed"}
	if got, err := parseCallEnded(appendCallEnded(nil, ended)); err != nil || got != ended {
		t.Errorf("notice %+v, %v", got, err)
	}
	of := fingerprint{1, 2, 3}
	for _, ev := range []engine.Event{
		engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "1", ID: "u", Greeting: "Maria"}},
		engine.SignedIn{Result: engine.SignInDenied},
		engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret("pending")},
		engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret("handle"), Ending: "78"},
		engine.CodeSent{Result: engine.CodeSentRejected},
		engine.CodeChecked{Result: engine.CodeVerified, Phone: "+61412345678", Principal: &engine.Principal{Account: "1", ID: "u", Greeting: "Maria"}},
		engine.CodeChecked{Result: engine.CodeVerified, Principal: &engine.Principal{ID: "u"}},
		engine.CodeChecked{Result: engine.CodeVerified, Phone: "+61412345678"},
		engine.CodeChecked{Result: engine.CodeLocked},
		engine.Identified{Result: engine.IdentifiedMany, Accounts: []engine.Candidate{{Account: "1", Kind: "mfa"}, {Account: "2", Kind: "identifier"}}},
		engine.Identified{Result: engine.IdentifiedNone},
		engine.Answered{Result: engine.AnswerOK, Body: []byte("{}"), Detail: "HTTP 200"},
		engine.Answered{Result: engine.AnswerPending},
	} {
		whose, got, err := parseResult(appendResult(nil, of, ev))
		if err != nil || whose != of || !reflect.DeepEqual(got, ev) {
			t.Errorf("result %+v of %v, %v", got, whose, err)
		}
	}
	for _, a := range []engine.Action{
		{},
		{Key: "k", Fetch: engine.Fetch{
			Service: "herd", Method: "POST", Path: "/events", Timeout: 3 * time.Second,
			Headers: []engine.Header{{Name: "X", Value: "1"}, {Name: "Y"}}, Body: []byte(`{"a":1}`),
		}},
	} {
		if got, err := parseAction(appendAction(nil, a)); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("action %+v, %v", got, err)
		}
	}
}

// No two effects that differ have the same fingerprint.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	seen := map[fingerprint]engine.Effect{}
	for _, e := range []engine.Effect{
		engine.Authenticate{Account: "1", PIN: engine.NewSecret("23")},
		engine.Authenticate{Account: "12", PIN: engine.NewSecret("3")},
		engine.Authenticate{Account: "12", PIN: engine.NewSecret("4")},
		engine.Authenticate{Account: "12", PIN: engine.NewSecret("4"), From: "1"},
		engine.Authenticate{Account: "12", PIN: engine.NewSecret("4"), To: "1"},
		engine.Authenticate{Account: "12", PIN: engine.NewSecret("4"), Trunk: "1"},
		engine.SendCode{Number: "1", Key: "k"},
		engine.SendCode{Number: "1", Key: "l"},
		engine.SendCode{Number: "1", Key: "k", Channel: engine.ChannelVoice},
		engine.SendCode{Number: "1", Key: "k", Lang: "es"},
		engine.SendCode{Pending: engine.NewSecret("1"), Key: "k"},
		engine.SendCode{Number: "1", Key: "k", From: "1"},
		engine.SendCode{Number: "1", Key: "k", Trunk: "1"},
		engine.CheckCode{Handle: engine.NewSecret("1"), Code: engine.NewSecret("23")},
		engine.CheckCode{Handle: engine.NewSecret("12"), Code: engine.NewSecret("3")},
		engine.CheckCode{Handle: engine.NewSecret("12"), Code: engine.NewSecret("4")},
		engine.CheckCode{Handle: engine.NewSecret("12"), Code: engine.NewSecret("4"), From: "1"},
		engine.Identify{Number: "1"},
		engine.Identify{Number: "12"},
		engine.AwaitRecording{ID: "1"},
		engine.Request{Fetch: engine.Fetch{Service: "a", Path: "/"}},
		engine.Request{Fetch: engine.Fetch{Service: "a", Path: "/", Body: []byte("{}")}},
		engine.Request{Fetch: engine.Fetch{Service: "a", Path: "/", Headers: []engine.Header{{Name: "a"}}}},
		engine.Action{Fetch: engine.Fetch{Service: "a", Path: "/"}},
		engine.Action{Fetch: engine.Fetch{Service: "a", Path: "/"}, Key: "k"},
	} {
		of := fingerprintOf(e)
		if other, twice := seen[of]; twice {
			t.Errorf("%#v and %#v", e, other)
		}
		if fingerprintOf(e) != of {
			t.Errorf("%#v has two", e)
		}
		seen[of] = e
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ nonce, flow, lang, want string }{
		{"abc", "bank", "en-AU", "abc.en-AU.bank"},
		{"abc", "bank line", "en", "abc"},
		{"abc", "bank", "", "abc"},
		{"abc", "a/b", "en", "abc"},
	} {
		got := hinted(tt.nonce, tt.flow, tt.lang)
		if got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
		flow, lang := hint(got)
		if got != tt.nonce && (flow != tt.flow || lang != tt.lang) || got == tt.nonce && (flow != "" || lang != "") {
			t.Errorf("%q: flow %q, language %q", got, flow, lang)
		}
	}
}

func TestSessionID(t *testing.T) {
	t.Parallel()
	seen := map[string]engine.Call{}
	for _, c := range []engine.Call{
		{},
		{Platform: "a"},
		{Account: "a"},
		{ID: "a"},
		{Platform: "a", Account: "b", ID: "c"},
		{Platform: "ab", ID: "c"},
		{Platform: "a", Account: "bc"},
		{Platform: "a", ID: "bc"},
	} {
		id := SessionID(c)
		if other, twice := seen[id]; twice || len(id) != 26 || !urlWord(id) {
			t.Errorf("%+v: %q, as %+v", c, id, other)
		}
		seen[id] = c
	}
	a := engine.Call{Platform: "jambonz", Account: "acc", ID: "call"}
	b := a
	b.From, b.To, b.Name, b.Language = "1", "2", "3", "4"
	if SessionID(a) != SessionID(b) {
		t.Error("the id depends on what a later hook may not repeat")
	}
}

func FuzzSaved(f *testing.F) {
	env := envelope{turn: 7, nonce: []byte("now"), prev: []byte("then"), wake: 1, asked: 6, held: 2}
	f.Add(env.append(nil))
	env.clear = true
	f.Add(env.append(nil))
	answer := savedAnswer{turn: 3, nonce: []byte("n"), reply: Reply{Status: 200, Body: []byte("body")}}
	f.Add(answer.append(nil))
	f.Add(appendCallEnded(nil, engine.CallEnded{By: "caller"}))
	f.Add(appendResult(nil, fingerprint{}, engine.SignedIn{Result: engine.SignInDenied}))
	f.Add(appendResult(nil, fingerprint{}, engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret("p")}))
	f.Add(appendResult(nil, fingerprint{}, engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret("h"), Ending: "78"}))
	f.Add(appendResult(nil, fingerprint{}, engine.CodeChecked{Result: engine.CodeVerified, Phone: "+1", Principal: &engine.Principal{Account: "1", ID: "u"}}))
	f.Add(appendResult(nil, fingerprint{}, engine.CodeChecked{Result: engine.CodeDenied}))
	f.Add(appendResult(nil, fingerprint{}, engine.Identified{Result: engine.IdentifiedMany, Accounts: []engine.Candidate{{Account: "1", Kind: "mfa"}, {Account: "2"}}}))
	f.Add(appendResult(nil, fingerprint{}, engine.RecordingReady{ID: "s-1", URL: "https://r.example.com/s-1.wav", Length: 7}))
	f.Add(appendAction(nil, engine.Action{Key: "k", Calls: "+61255500100"}))
	f.Add(appendAction(nil, engine.Action{Key: "k", Fetch: engine.Fetch{Headers: []engine.Header{{Name: "a", Value: "b"}}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, rest, err := parseEnvelope(data); err == nil {
			again, tail, err := parseEnvelope(append(e.append(nil), rest...))
			if err != nil || !reflect.DeepEqual(e, again) || string(tail) != string(rest) {
				t.Errorf("envelope %+v, then %+v, %v", e, again, err)
			}
		}
		if a, err := parseAnswer(data); err == nil {
			if again, err := parseAnswer(a.append(nil)); err != nil || !reflect.DeepEqual(a, again) {
				t.Errorf("answer %+v, then %+v, %v", a, again, err)
			}
		}
		_, _ = parseCallEnded(data)
		if of, ev, err := parseResult(data); err == nil {
			if of2, again, err := parseResult(appendResult(nil, of, ev)); err != nil || of != of2 || !reflect.DeepEqual(ev, again) {
				t.Errorf("result %+v, then %+v, %v", ev, again, err)
			}
		}
		if a, err := parseAction(data); err == nil {
			if again, err := parseAction(appendAction(nil, a)); err != nil || !reflect.DeepEqual(a, again) {
				t.Errorf("action %+v, then %+v, %v", a, again, err)
			}
		}
	})
}

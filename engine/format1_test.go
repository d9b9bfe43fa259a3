package engine_test

import (
	"encoding/hex"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// office is a line of kinds that sessions of format 1 stood in.
func office(t testing.TB) *engine.Program {
	return program(t, engine.Spec{
		Start: "account",
		States: []engine.State{
			{Name: "account", Kind: engine.CollectState{Asking: asking(t, "Account number?"), Var: "account", Min: 1, Max: 10, Terminator: "#"}},
			{Name: "sure", Kind: engine.ConfirmState{Asking: asking(t, "You entered ${account}. Sure?"), Yes: "1", No: "2"}},
			{Name: "pin", Kind: engine.CollectState{Asking: asking(t, "PIN?"), Var: "pin", Min: 4, Max: 4, Secret: true}},
			{Name: "sign_in", Kind: engine.AuthenticateState{Account: engine.Operand{Template: tmpl(t, "${account}")}, PIN: engine.Operand{Secret: "pin"}, Attempts: 2, Sorry: text(t, "No match.")}},
			{Name: "menu", Requires: "authenticated", MaxVisits: 3, Kind: engine.MenuState{Asking: asking(t, "Hello ${caller.greeting}. Press 1, 2 or 3."), Var: "menu", Options: []engine.Option{{Keys: "1", Value: "1"}, {Keys: "2", Value: "2"}, {Keys: "3", Value: "3"}}}},
			{Name: "balance", Requires: "authenticated", Kind: engine.RequestState{Var: "balance", Fetch: engine.FetchSpec{Service: "bank", Method: "GET", Path: tmpl(t, "/accounts/${caller.account}/balance")}, Returns: []engine.Field{{Name: "amount", Type: engine.Type{Base: engine.TypeNumber}}, {Name: "currency", Type: engine.Type{Base: engine.TypeText}}}}},
			{Name: "read", Kind: engine.SayState{Text: text(t, "You have ${money(balance.amount, balance.currency)}."), BargeIn: true}},
			{Name: "tell", Kind: engine.ActionState{Var: "tell", Idempotent: true, Fetch: engine.FetchSpec{Service: "desk", Method: "POST", Path: engine.Literal("/told"), Body: &engine.Node{Object: []engine.NodeField{{Name: "who", Value: engine.Node{Template: tmpl(t, "${caller.account}")}}}}}}},
			{Name: "told", Kind: engine.SayState{Text: text(t, "Told."), BargeIn: true}},
			{Name: "agent", Kind: engine.TransferState{To: engine.Literal("+15550100"), Say: text(t, "Connecting."), Timeout: 20 * time.Second, Limit: time.Hour}},
			{Name: "trouble", Kind: engine.HangupState{Text: text(t, "Trouble."), Ended: "hangup"}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye."), Ended: "hangup"}},
		},
		Transitions: []engine.Transition{
			{"account", "match", "sure"},
			{"sure", "yes", "pin"},
			{"sure", "no", "account"},
			{"pin", "match", "sign_in"},
			{"sign_in", "authenticated", "menu"},
			{"sign_in", "denied", "trouble"},
			{"sign_in", "locked", "trouble"},
			{"sign_in", "unavailable", "trouble"},
			{"sign_in", "retry.denied", "pin"},
			{"menu", "option.1", "balance"},
			{"menu", "option.2", "tell"},
			{"menu", "option.3", "agent"},
			{"balance", "ok", "read"},
			{"balance", "error", "trouble"},
			{"read", "next", "menu"},
			{"tell", "done", "told"},
			{"tell", "pending", "told"},
			{"told", "next", "menu"},
			{"agent", "completed", "bye"},
			{"agent", "busy", "menu"},
			{"agent", "no_answer", "menu"},
			{"agent", "failed", "trouble"},
		},
	})
}

// recordedSessions are sessions of the office, as the last engine that wrote format 1
// saved them: each line a name and its bytes in hexadecimal.
func recordedSessions(t *testing.T) map[string][]byte {
	t.Helper()
	src, err := os.ReadFile("testdata/format1.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for line := range strings.Lines(string(src)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		data, err := hex.DecodeString(text)
		if err != nil || len(data) == 0 || data[0] != 1 {
			t.Fatalf("%s: %v, expected the bytes of a session of format 1", name, err)
		}
		all[name] = data
	}
	return all
}

// TestSessionsOfFormat1GoOn loads calls that an engine of format 1 left in the middle
// of everything it knew, and goes on with them: in the same words, with what was
// counted, entered, kept and proved.
func TestSessionsOfFormat1GoOn(t *testing.T) {
	t.Parallel()
	const hello = "Hello Maria. Press 1, 2 or 3."
	balance := engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount": 250.75, "currency": "AUD"}`)}
	done := engine.Answered{Result: engine.AnswerDone}
	recorded := recordedSessions(t)
	moments := map[string]func(c *call){
		"a question that was asked again": func(c *call) {
			c.step(engine.NoInput{}).said("I did not hear anything.", "Account number?").step(engine.NoInput{}).said("Goodbye.")
		},
		"an entry that was begun": func(c *call) {
			c.press("45#").at_("sure").said("You entered 12345. Sure?")
		},
		"a yes or no": func(c *call) {
			c.press("2").at_("account").press("777#").said("You entered 777. Sure?")
		},
		"a secret that was begun": func(c *call) {
			c.press("34").at_("sign_in")
			if a, ok := c.turn.Await.(engine.Authenticate); !ok || a.Account != "12345" || a.PIN.Reveal() != "1234" {
				t.Errorf("asks for %+v", c.turn.Await)
			}
		},
		"a sign-in that runs": func(c *call) {
			c.step(engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "u1", Greeting: "Maria"}}).at_("menu").said(hello)
		},
		"a sign-in that was denied": func(c *call) {
			c.press("8888").signIn(engine.SignInDenied).at_("trouble").said("Trouble.") // the second of two
		},
		"a menu, signed in": func(c *call) {
			c.press("1").at_("balance")
			if r, ok := c.turn.Await.(engine.Request); !ok || r.Fetch.Path != "/accounts/12345/balance" {
				t.Errorf("asks for %+v", c.turn.Await)
			}
			c.step(balance).said("You have 250 dollars and 75 cents.", hello)
		},
		"a request that runs": func(c *call) {
			c.step(balance).at_("menu").said("You have 250 dollars and 75 cents.", hello)
		},
		"a record in a variable": func(c *call) {
			if v, ok := c.turn.Session.Var("balance").(engine.Record); !ok || len(v) != 2 {
				t.Errorf("the balance is %+v", c.turn.Session.Var("balance"))
			}
			c.press("2").at_("tell").step(done).said("Told.", hello)
		},
		"an action that runs": func(c *call) {
			c.step(done).at_("menu").said("Told.", hello)
		},
		"an action that runs for a caller who has gone": func(c *call) {
			if c.turn.Session.Phase != engine.PhaseEnded {
				t.Errorf("phase %q", c.turn.Session.Phase)
			}
		},
		"a transfer": func(c *call) {
			c.step(engine.DialEnded{Result: engine.DialNoAnswer}).at_("menu").said(hello)
		},
		"the last visit of a menu": func(c *call) {
			c.press("1").step(balance).outcomes("ok", "next", "limit (max_visits)").said("You have 250 dollars and 75 cents.", "Goodbye.")
		},
		"a call that is over": func(c *call) {
			if s := c.turn.Session; s.Phase != engine.PhaseEnded || s.Ended != "hangup" || s.State != "bye" || s.Bridged != time.Second {
				t.Errorf("%+v", s)
			}
		},
	}
	if want, got := slices.Sorted(maps.Keys(moments)), slices.Sorted(maps.Keys(recorded)); !slices.Equal(want, got) {
		t.Fatalf("recorded %q, expected %q", got, want)
	}
	for name, on := range moments {
		s, err := engine.ParseSession(recorded[name], plainSealer{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.ID != "s1" || s.Call.From != "+15550100" || !s.StartedAt.Equal(t0) || s.Lang != "en" {
			t.Errorf("%s: another call: %+v", name, s)
		}
		if _, ok := s.Var("pin").(engine.Secret); s.Var("pin") != nil && !ok {
			t.Errorf("%s: the PIN is a %T", name, s.Var("pin"))
		}
		// It is saved in the format of today, and is the same.
		s = saveAndLoad(t, s)
		on(&call{t: t, p: office(t), turn: engine.Turn{Session: s}, at: t0.Add(time.Minute)})
	}
}

// Bytes of format 1 that are broken are refused, like any.
func TestBrokenSessionsOfFormat1(t *testing.T) {
	t.Parallel()
	for name, data := range recordedSessions(t) {
		for n := range data {
			if s, err := engine.ParseSession(data[:n], plainSealer{}); err == nil {
				t.Errorf("%s: the first %d of %d bytes are a session: %+v", name, n, len(data), s)
			}
		}
		if _, err := engine.ParseSession(append(slices.Clone(data), 0), plainSealer{}); err == nil {
			t.Errorf("%s: a byte too many is not noticed", name)
		}
	}
}

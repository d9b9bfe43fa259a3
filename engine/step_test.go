package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

func TestBankLine(t *testing.T) {
	c := start(t, bank(t)).at_("account").said("Account number?")
	if g := c.gather(); g.Min != 1 || g.Max != 10 || g.Terminator != "#" || g.Timeout != 5*time.Second || g.InterDigit != 3*time.Second {
		t.Errorf("gather %+v", g)
	}
	c.press("12345#").at_("pin").said("PIN?")
	if g := c.gather(); !g.Secret || g.Max != 4 {
		t.Errorf("gather %+v", g)
	}
	c.press("1234").at_("sign_in").said()
	if a := c.turn.Await.(engine.Authenticate); a.Account != "12345" || a.PIN.Reveal() != "1234" || a.From != "+15550100" {
		t.Errorf("effect %+v", a)
	}
	c.signIn(engine.SignInAuthenticated).at_("menu").said("Welcome Maria.", "Press 1 for the balance or 9 to finish.")
	if len(c.turn.Verbs) != 1 {
		t.Errorf("the greeting is not part of the question: %+v", c.turn.Verbs)
	}
	c.press("1").at_("balance")
	if r := c.turn.Await.(engine.Request); r.Path != "/accounts/12345/balance" || r.Method != "GET" || r.Service != "bank" {
		t.Errorf("effect %+v", r)
	}
	c.step(engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount": 1234.5, "currency": "AUD", "more": [1]}`)}).
		at_("menu").said("Your balance is 1234 dollars and 50 cents.", "Press 1 for the balance or 9 to finish.")
	c.press("9").at_("bye").said("Bye.")
	if s := c.turn.Session; s.Phase != engine.PhaseEnded || s.Ended != "hangup" {
		t.Errorf("session %+v", s)
	}
	if _, err := c.p.Step(c.turn.Session, engine.Input{Event: engine.NoInput{}}); !errors.Is(err, engine.ErrEnded) {
		t.Errorf("a step after the end: %v", err)
	}
}

func TestSilenceIsCountedAndEnds(t *testing.T) {
	c := start(t, bank(t))
	c.step(engine.NoInput{}).said("I did not hear anything.", "Account number?").outcomes("retry.noinput")
	c.step(engine.NoInput{}).said("I did not hear anything.", "Account number?")
	c.step(engine.NoInput{}).said("Goodbye.").outcomes("exhausted").at_(engine.StateGoodbye)
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ keys, reason string }{
		{"123", "too_short"}, {"12*4", "not_allowed"}, {"#", "not_allowed"},
	} {
		c := start(t, bank(t)).press("1#").at_("pin")
		c.press(tt.keys).at_("pin").outcomes("retry.nomatch ("+tt.reason+")").said("That is not right.", "PIN?")
	}
}

func TestTooLongIsOneEntry(t *testing.T) {
	c := start(t, bank(t))
	c.step(engine.Digits{Keys: engine.NewSecret("123456789012"), Ended: engine.EndTerminator}).outcomes("retry.nomatch (too_long)")
}

func TestTypeAheadServesBothQuestions(t *testing.T) {
	c := start(t, bank(t)).press("12345#1234").at_("sign_in")
	if a := c.turn.Await.(engine.Authenticate); a.Account != "12345" || a.PIN.Reveal() != "1234" {
		t.Errorf("effect %+v %s", a, a.PIN.Reveal())
	}
}

func TestPartialEntryPressedAheadIsGoneOnWith(t *testing.T) {
	c := start(t, bank(t)).press("12345#12").at_("pin").said()
	if g := c.gather(); g.Max != 2 || g.Timeout != 3*time.Second {
		t.Errorf("gather %+v", g)
	}
	c.press("34").at_("sign_in")
	if a := c.turn.Await.(engine.Authenticate); a.PIN.Reveal() != "1234" {
		t.Errorf("PIN %s", a.PIN.Reveal())
	}
	// Silence in mid-entry ends the entry: two digits are too short.
	start(t, bank(t)).press("12345#12").step(engine.NoInput{}).at_("pin").outcomes("retry.nomatch (too_short)")
}

func TestTerminatorAfterACompleteEntryIsSwallowed(t *testing.T) {
	// In the same burst.
	c := start(t, bank(t)).press("12345#").press("1234#").at_("sign_in").signIn(engine.SignInAuthenticated).at_("menu")
	c.press("9").at_("bye")
	// Later, alone: the menu is repeated, nothing is counted.
	c = start(t, bank(t)).press("12345#").press("1234").signIn(engine.SignInAuthenticated).at_("menu")
	c.press("#").at_("menu").outcomes("retry.lost (end of the entry before)").said("Press 1 for the balance or 9 to finish.")
	if e := c.turn.Session.Entry; e.NoMatch != 0 || e.NoInput != 0 {
		t.Errorf("counted: %+v", e)
	}
	c.press("#").outcomes("retry.nomatch (not_allowed)")
	// Later, as a platform that strips the terminator reports it.
	c = start(t, bank(t)).press("1234567890").at_("pin")
	c.step(engine.Digits{Ended: engine.EndTerminator}).at_("pin").outcomes("retry.lost (end of the entry before)")
	// Later, together with the next entry.
	start(t, bank(t)).press("1234567890").at_("pin").press("#1234").at_("sign_in")
}

func TestInterDigitTimerEndsARange(t *testing.T) {
	c := start(t, bank(t)).press("123451234").at_("pin")
	if got := c.turn.Session.Var("account"); got != "123451234" {
		t.Errorf("account %v", got)
	}
}

func TestRetryAfterDenial(t *testing.T) {
	c := start(t, bank(t)).press("12345#").press("9999").signIn(engine.SignInDenied).at_("pin").said("No match.", "PIN?")
	c.press("8888").signIn(engine.SignInUnavailable).at_("trouble")
	c = start(t, bank(t)).press("12345#").press("9999").signIn(engine.SignInDenied)
	c.press("8888").signIn(engine.SignInDenied).at_("refused").outcomes("denied")
}

func TestGarbageFromAService(t *testing.T) {
	for _, body := range []string{``, `nonsense`, `[]`, `{"amount":"1","currency":"AUD"}`, `{"amount":1}`, `{"amount":1,"currency":null}`} {
		c := start(t, bank(t)).press("12345#1234").signIn(engine.SignInAuthenticated).press("1")
		c.step(engine.Answered{Result: engine.AnswerOK, Body: []byte(body)})
		if got := c.turn.Trace[0]; got.Outcome != "error" || !strings.Contains(got.Reason, "the service's answer") {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestHangup(t *testing.T) {
	c := start(t, bank(t)).press("12345#").step(engine.CallEnded{By: "caller"}).at_(engine.StateGone).said()
	if s := c.turn.Session; s.Phase != engine.PhaseEnded || s.Ended != "hangup" || len(c.turn.Verbs) != 0 {
		t.Errorf("%+v", c.turn)
	}
}

func TestHangupHandlerRunsOnceWithoutPrompts(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "ask", OnHangup: "note",
		States: []engine.State{
			{Name: "ask", Kind: engine.CollectState{Asking: asking(t, "Number?"), Var: "account", Min: 1, Max: 4}},
			{Name: "note", Kind: engine.SayState{Text: text(t, "Nobody hears this."), BargeIn: true}},
			{Name: "tell", Kind: engine.ActionState{Var: "tell", Fetch: engine.FetchSpec{Service: "s", Method: "POST", Path: engine.Literal("/left")}, Idempotent: true}},
		},
		Transitions: []engine.Transition{{"ask", "match", "ask"}, {"note", "next", "tell"}, {"tell", "done", "ask"}, {"tell", "pending", "ask"}},
	})
	c := start(t, p).step(engine.CallEnded{By: "caller"}).at_("tell").said()
	a, ok := c.turn.Await.(engine.Action)
	if !ok || a.Key != "s1/tell/1" {
		t.Fatalf("awaits %+v", c.turn.Await)
	}
	c.step(engine.CallEnded{By: "caller"}).at_("tell") // twice is once
	if len(c.turn.Trace) != 0 {
		t.Errorf("moved: %+v", c.turn.Trace)
	}
	// A handler that comes to a question is over.
	c.step(engine.Answered{Result: engine.AnswerDone}).at_(engine.StateGone).outcomes("done", "gone")
	if c.turn.Session.Phase != engine.PhaseEnded {
		t.Errorf("%+v", c.turn.Session)
	}
}

func TestLostAsksAgainWithoutCounting(t *testing.T) {
	c := start(t, bank(t))
	for range 3 {
		c.step(engine.Lost{}).at_("account").said("Account number?")
	}
	if e := c.turn.Session.Entry; e.NoInput+e.NoMatch != 0 {
		t.Errorf("counted %+v", e)
	}
	c.step(engine.Lost{}).at_(engine.StateApology)
}

func TestAnAnswerToAnotherQuestionAsksAgain(t *testing.T) {
	start(t, bank(t)).step(engine.DialEnded{Result: engine.DialCompleted}).at_("account").said("Account number?")
}

func TestEffectResultsOutOfTurnChangeNothing(t *testing.T) {
	c := start(t, bank(t))
	before := c.turn.Session
	c.step(engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "1"}})
	if c.turn.Session.Caller != nil || c.turn.Session.State != before.State || len(c.turn.Verbs) != 0 {
		t.Errorf("%+v", c.turn)
	}
}

func TestRequiresIsEnforced(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "menu",
		States: []engine.State{
			{Name: "menu", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "menu", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
			{Name: "inside", Requires: "authenticated", Kind: engine.SayState{Text: text(t, "Secret."), BargeIn: true}},
		},
		Transitions: []engine.Transition{{"menu", "option.1", "inside"}, {"inside", "next", "menu"}},
	})
	start(t, p).press("1").at_(engine.StateApology).outcomes("option.1", "error (requires authenticated)").said("Sorry, something went wrong.")
}

func TestEveryLoopIsBounded(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "a",
		States: []engine.State{
			{Name: "a", Kind: engine.SayState{}},
			{Name: "b", Kind: engine.SayState{}},
		},
		Transitions: []engine.Transition{{"a", "next", "b"}, {"b", "next", "a"}, {"a", "error", "b"}, {"b", "error", "a"}},
	})
	c := start(t, p).at_(engine.StateApology)
	if n := len(c.turn.Trace); n > 130 || n < 50 {
		t.Errorf("%d hops", n)
	}
}

func TestLimits(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "m", Limits: engine.Limits{Turns: 4, Duration: time.Hour},
		States:      []engine.State{{Name: "m", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}}}}},
		Transitions: []engine.Transition{{"m", "option.1", "m"}},
	})
	c := start(t, p)
	for range 3 {
		c.step(engine.Lost{}).press("1").at_("m") // being lost asks nothing new
	}
	c.press("1").at_(engine.StateGoodbye).outcomes("option.1", "limit (turns)").said("Goodbye.")
	c = start(t, p)
	c.at = c.at.Add(time.Hour)
	c.press("1").outcomes("option.1", "limit (duration)")
}

// Options that are not sorted would not all be found: such a menu is refused.
func TestUnsortedOptions(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"2", "1"}, {"1", "3", "2"}, {"7", "8", "77"}} {
		spec := *program(t, engine.Spec{
			Start:       "m",
			States:      []engine.State{{Name: "m", Kind: engine.MenuState{Asking: asking(t, "?"), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}}}}},
			Transitions: []engine.Transition{{"m", "option.1", "m"}},
		}).Spec()
		spec.States = slices.Clone(spec.States)
		menu := engine.MenuState{Asking: asking(t, "?"), Var: "m"}
		for _, k := range keys {
			menu.Options = append(menu.Options, engine.Option{Keys: k, Value: k})
		}
		spec.States[slices.IndexFunc(spec.States, func(s engine.State) bool { return s.Name == "m" })].Kind = menu
		_, err := engine.NewProgram(spec)
		if fault := (*engine.SpecError)(nil); !errors.As(err, &fault) || fault.State != "m" || !strings.Contains(fault.Message, "not sorted") {
			t.Errorf("%q: %v", keys, err)
		}
	}
}

func TestMaxVisits(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "m",
		States: []engine.State{
			{Name: "m", MaxVisits: 2, Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}, {Keys: "9", Value: "9"}}}},
			{Name: "on", Kind: engine.SayState{Text: text(t, "Once more.")}},
		},
		Transitions: []engine.Transition{{"m", "option.1", "on"}, {"m", "option.9", "m"}, {"on", "next", "m"}},
	})
	c := start(t, p).step(engine.NoInput{}).at_("m").press("9").at_("m") // asking again is no visit
	c.press("1").at_("m").press("1").at_(engine.StateGoodbye).outcomes("option.1", "next", "limit (max_visits)")
}

func TestOptionsEndAtOnceUnlessALongerOneMayFollow(t *testing.T) {
	menu := engine.MenuState{Asking: asking(t, "?"), Var: "m", Options: []engine.Option{{Keys: "1", Value: "one"}, {Keys: "12", Value: "twelve"}, {Keys: "2", Value: "two"}, {Keys: "300", Value: "three"}}}
	p := program(t, engine.Spec{
		Start: "m",
		States: []engine.State{
			{Name: "m", Kind: menu},
			{Name: "n", Kind: engine.CollectState{Asking: asking(t, "?"), Var: "account", Min: 2, Max: 2}},
		},
		Transitions: []engine.Transition{{"m", "option.1", "n"}, {"m", "option.12", "n"}, {"m", "option.2", "n"}, {"m", "option.300", "n"}, {"n", "match", "m"}},
	})
	for _, tt := range []struct{ keys, value, state, rest string }{
		{"1", "one", "n", ""},
		{"12", "twelve", "n", ""},
		{"13", "one", "n", "3"}, // the longest option that fits; the rest is typed ahead
		{"25", "two", "n", "5"}, // at once
		{"123", "twelve", "n", "3"},
		{"300", "three", "n", ""},
		{"30", "", "m", ""}, // no option
		{"4", "", "m", ""},
	} {
		c := start(t, p).press(tt.keys).at_(tt.state)
		got, _ := c.turn.Session.Var("m").(string)
		if got != tt.value || c.turn.Session.Entry.Partial.Reveal() != tt.rest {
			t.Errorf("%s: %q, rest %q", tt.keys, got, c.turn.Session.Entry.Partial.Reveal())
		}
	}
	// A key handed on by itself waits for the next when it may go on.
	c := start(t, p).step(engine.Digits{Keys: engine.NewSecret("1"), Ended: engine.EndOpen}).at_("m").said()
	c.step(engine.Digits{Keys: engine.NewSecret("2"), Ended: engine.EndOpen}).at_("n")
	if got := c.turn.Session.Var("m"); got != "twelve" {
		t.Errorf("m = %v", got)
	}
}

func TestConfirm(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "n",
		States: []engine.State{
			{Name: "n", Kind: engine.CollectState{Asking: asking(t, "Number?"), Var: "account", Min: 5, Max: 5}},
			{Name: "n.confirm", Kind: engine.ConfirmState{Asking: asking(t, "You entered ${digits(account)}."), Yes: "1", No: "2"}},
		},
		Transitions: []engine.Transition{{"n", "match", "n.confirm"}, {"n.confirm", "yes", engine.StateGoodbye}, {"n.confirm", "no", "n"}},
	})
	c := start(t, p).press("000421").at_("n.confirm").said("You entered 0 0 0 4 2.") // the 1 pressed ahead confirms nothing
	c.press("2").at_("n").said("Number?").press("00043").press("1").at_(engine.StateGoodbye)
	if got := c.turn.Session.Var("account"); got != "00043" {
		t.Errorf("account %v", got)
	}
}

func TestGlobals(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "n", Globals: []engine.Global{{"*"}, {"0"}},
		States: []engine.State{
			{Name: "n", Kind: engine.CollectState{Asking: asking(t, "Number?"), Var: "account", Min: 2, Max: 5, Terminator: "#"}},
			{Name: "m", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
			{Name: "help", Kind: engine.HangupState{Text: text(t, "Help.")}},
		},
		Transitions: []engine.Transition{
			{"n", "match", "m"}, {"n", "global.*", "help"}, {"m", "option.1", "m"}, {"m", "global.*", "help"}, {"m", "global.0", "help"},
		},
	})
	start(t, p).press("*").at_("help")
	start(t, p).press("00#").at_("m").press("0").at_("help")
}

func TestTransfer(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "t",
		States: []engine.State{
			{Name: "t", Kind: engine.TransferState{To: engine.Literal("+15550100"), Say: text(t, "Connecting."), Timeout: 20 * time.Second}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye.")}},
			{Name: "later", Kind: engine.HangupState{Text: text(t, "Later.")}},
		},
		Transitions: []engine.Transition{{"t", "completed", "bye"}, {"t", "busy", "later"}, {"t", "no_answer", "later"}, {"t", "failed", "later"}},
	})
	c := start(t, p).said("Connecting.")
	if d, ok := c.turn.Verbs[1].(engine.Dial); !ok || d.To != "+15550100" || d.Timeout != 20*time.Second {
		t.Errorf("%+v", c.turn.Verbs)
	}
	for result, state := range map[engine.DialResult]string{engine.DialCompleted: "bye", engine.DialBusy: "later", engine.DialNoAnswer: "later", engine.DialFailed: "later"} {
		start(t, p).step(engine.DialEnded{Result: result}).at_(state)
	}
	start(t, p).step(engine.DialEnded{Result: engine.DialCompleted, CallerGone: true}).at_(engine.StateGone)
	start(t, p).step(engine.Lost{}).at_("later")
}

func TestSetAndBranch(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "rating",
		States: []engine.State{
			{Name: "rating", Kind: engine.CollectState{Asking: asking(t, "Rate."), Var: "rating", Min: 1, Max: 1}},
			{Name: "note", Kind: engine.SetState{Set: []engine.Assignment{{Var: "topic", Value: engine.Operand{Template: tmpl(t, "rated ${rating}")}}}}},
			{Name: "judge", Kind: engine.BranchState{When: []*engine.Expr{compile(t, "int(rating) == 0"), compile(t, "int(rating) < 3 and topic startsWith 'rated'")}}},
			{Name: "low", Kind: engine.HangupState{Text: text(t, "Sorry: ${topic}.")}},
			{Name: "high", Kind: engine.HangupState{Text: text(t, "Thanks.")}},
		},
		Transitions: []engine.Transition{{"rating", "match", "note"}, {"note", "next", "judge"}, {"judge", "when.1", "rating"}, {"judge", "when.2", "low"}, {"judge", "else", "high"}},
	})
	start(t, p).press("0").at_("rating").press("2").at_("low").said("Sorry: rated 2.")
	start(t, p).press("3").at_("high")
}

func TestHostileValuesChangeNothingButWhatIsSaid(t *testing.T) {
	c := start(t, bank(t)).press("12345#1234")
	c.step(engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{
		Account: "../admin?x=1#y", Greeting: "<speak>Eve</speak>\r\n${caller.id}\x00 \u202eend",
	}}).at_("menu")
	if got := c.heard[0]; strings.ContainsAny(got, "<>\r\n\x00") || !strings.Contains(got, "${caller.id}") {
		t.Errorf("said %q", got)
	}
	c.press("1")
	if r := c.turn.Await.(engine.Request); r.Path != "/accounts/..%2Fadmin%3Fx=1%23y/balance" {
		t.Errorf("path %s", r.Path)
	}
	c = start(t, bank(t)).press("12345#1234").step(engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "..", Greeting: "Eve"}})
	c.press("1").at_("trouble").outcomes("option.1", `error (a value in the path is empty, "." or "..")`)
}

func TestWordsAboutAMistakeFitTheQuestion(t *testing.T) {
	w := *english(t)
	w.NoMatchEntry = []string{"That entry is not complete."}
	words, err := engine.NewWords("en", w)
	if err != nil {
		t.Fatal(err)
	}
	spec := *bank(t).Spec()
	spec.Words = []*engine.Words{words}
	p, err := engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, p).press("12345#").press("1").said("That entry is not complete.", "PIN?")
	c.press("1234").signIn(engine.SignInAuthenticated).press("5").said("That is not right.", "Press 1 for the balance or 9 to finish.")
}

func TestTheExitOfALimitMayGoOn(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "m", Limits: engine.Limits{Turns: 2, Duration: time.Hour},
		States: []engine.State{
			{Name: "m", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
			{Name: "more", Kind: engine.ConfirmState{Asking: asking(t, "An agent?"), Yes: "1", No: "2"}},
			{Name: "agent", Kind: engine.TransferState{To: engine.Literal("+15550100"), Timeout: time.Second}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye."), Ended: "hangup"}},
		},
		Transitions: []engine.Transition{
			{"m", "option.1", "m"}, {"m", "limit", "more"}, {"more", "limit", "more"}, {"more", "yes", "agent"}, {"more", "no", "more"}, {"agent", "completed", "bye"},
		},
	})
	c := start(t, p).press("1").press("1").at_("more").said("An agent?").press("1").at_("agent")
	c.at = c.at.Add(2 * time.Hour) // a long conversation is no limit
	c.step(engine.DialEnded{Result: engine.DialCompleted}).at_("bye")
	// It does not go on for ever.
	c = start(t, p).press("1").press("1")
	for range 20 {
		if c.turn.Session.Phase == engine.PhaseEnded {
			break
		}
		c.press("2")
	}
	c.at_(engine.StateApology)
}

func TestAConversationIsNotCountedAsWaiting(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "agent", Limits: engine.Limits{Turns: 10, Duration: 10 * time.Minute}, OnHangup: "note",
		States: []engine.State{
			{Name: "agent", Kind: engine.TransferState{To: engine.Literal("+15550100"), Timeout: time.Second}},
			{Name: "m", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "m", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
			{Name: "note", Kind: engine.ActionState{Var: "note", Fetch: engine.FetchSpec{Service: "s", Method: "POST", Path: engine.Literal("/gone")}, Idempotent: true}},
		},
		Transitions: []engine.Transition{{"agent", "completed", "m"}, {"m", "option.1", "m"}, {"note", "done", "m"}, {"note", "pending", "m"}},
	})
	c := start(t, p)
	c.at = c.at.Add(time.Hour)
	c.step(engine.DialEnded{Result: engine.DialCompleted}).at_("m").press("1").at_("m")
	c.at = c.at.Add(10 * time.Minute)
	c.press("1").at_(engine.StateGoodbye)
	// Whoever leaves after an hour has left: the handler runs.
	c = start(t, p)
	c.at = c.at.Add(time.Hour)
	c.step(engine.DialEnded{Result: engine.DialCompleted, CallerGone: true}).at_("note")
}

func TestASwallowedTerminatorCostsNoKey(t *testing.T) {
	for _, ended := range []engine.Ended{engine.EndLength, engine.EndUnknown} {
		// The platform asked for four keys and counted the late #.
		c := start(t, bank(t)).press("1234567890").at_("pin")
		c.step(engine.Digits{Keys: engine.NewSecret("#432"), Ended: ended}).at_("pin").said()
		if g := c.gather(); g.Max != 1 {
			t.Errorf("asks for %d more keys", g.Max)
		}
		c.press("1").at_("sign_in")
		if a := c.turn.Await.(engine.Authenticate); a.PIN.Reveal() != "4321" {
			t.Errorf("PIN %s", a.PIN.Reveal())
		}
	}
}

func TestATerminatorThatIsAnAnswerIsNotSwallowedForLong(t *testing.T) {
	p := program(t, engine.Spec{
		Start: "n",
		States: []engine.State{
			{Name: "n", Kind: engine.CollectState{Asking: asking(t, "Number?"), Var: "account", Min: 4, Max: 4}},
			{Name: "m", Kind: engine.MenuState{Asking: asking(t, "Press pound."), Var: "m", Options: []engine.Option{{Keys: "#", Value: "#"}, {Keys: "1", Value: "1"}}}},
			{Name: "bye", Kind: engine.HangupState{}},
		},
		Transitions: []engine.Transition{{"n", "match", "m"}, {"m", "option.#", "bye"}, {"m", "option.1", "m"}},
	})
	start(t, p).press("1234").press("#").at_("m") // a second later: it belongs to the number
	c := start(t, p).press("1234")
	c.at = c.at.Add(3 * time.Second)
	c.press("#").at_("bye")
}

func TestWhisper(t *testing.T) {
	c := start(t, bank(t))
	if verbs, err := c.p.Aside(c.turn.Session, engine.Input{Event: engine.WhisperWanted{}}); err != nil || len(verbs) > 0 {
		t.Errorf("a question whispers %v, %v", verbs, err)
	}
	strange := c.turn.Session
	strange.Program = "other"
	if _, err := c.p.Aside(strange, engine.Input{Event: engine.WhisperWanted{}}); !errors.Is(err, engine.ErrWrongProgram) {
		t.Errorf("another program's session: %v", err)
	}
	strange = c.turn.Session
	strange.State = "nowhere"
	if _, err := c.p.Aside(strange, engine.Input{Event: engine.WhisperWanted{}}); !errors.Is(err, engine.ErrUnknownState) {
		t.Errorf("a session in no state: %v", err)
	}
}

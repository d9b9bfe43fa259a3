package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callflow/engine"
)

// plainSealer marks what it was given, so that tests see what was sealed.
type plainSealer struct{}

func (plainSealer) Seal(b []byte) ([]byte, error) {
	out := []byte("sealed:")
	for _, c := range b {
		out = append(out, c^0x55)
	}
	return out, nil
}

func (plainSealer) Open(b []byte) ([]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte("sealed:"))
	if !ok {
		return nil, errors.New("not sealed")
	}
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x55
	}
	return out, nil
}

var same = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b engine.Secret) bool { return a.Equal(b) }),
}

func saveAndLoad(t testing.TB, s engine.Session) engine.Session {
	t.Helper()
	data, err := s.Append(nil, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := engine.ParseSession(data, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, back, same); d != "" {
		t.Fatalf("a saved session is another one:\n%s", d)
	}
	return back
}

// everyKind visits each kind of state and each optional feature.
func everyKind(t testing.TB) *engine.Program {
	menu := engine.MenuState{Asking: asking(t, "Press 1 to 8.", "Again."), Var: "event"}
	menu.MaxNoInput = 2
	transitions := []engine.Transition{{"menu", "noinput", "bye"}}
	for i, to := range []string{"account", "tell", "look", "transfer", "count", "confirm", "sign_in", "keep"} {
		k := fmt.Sprint(i + 1)
		menu.Options = append(menu.Options, engine.Option{Keys: k, Value: "v" + k})
		transitions = append(transitions, engine.Transition{From: "menu", Outcome: "option." + k, To: to})
	}
	menu.Options = slices.Insert(menu.Options, 7, engine.Option{Keys: "77", Value: "long"}) // sorted
	transitions = append(transitions, engine.Transition{From: "menu", Outcome: "option.77", To: "bye"})
	collect := engine.CollectState{Asking: asking(t, "Account?"), Var: "account", Min: 1, Max: 10, Terminator: "#"}
	collect.Flush = true
	return program(t, engine.Spec{
		Start: "menu", OnHangup: "tell", Globals: []engine.Global{{"*"}},
		Variables: []engine.Variable{
			{Name: "topic", Type: engine.Type{Base: engine.TypeText}, Value: "none"},
			{Name: "order", Type: scope["order"], Value: engine.List{}},
		},
		States: []engine.State{
			{Name: "menu", Kind: menu, MaxVisits: 20},
			{Name: "account", Kind: collect},
			{Name: "pin", Kind: engine.CollectState{Asking: asking(t, "PIN?"), Var: "pin", Min: 4, Max: 4, Secret: true, Luhn: false}},
			{Name: "sign_in", Kind: engine.AuthenticateState{Account: engine.Operand{Template: tmpl(t, "${account}")}, PIN: engine.Operand{Secret: "pin"}, Attempts: 3, Sorry: text(t, "No.")}},
			{Name: "tell", Kind: engine.ActionState{Var: "tell", Idempotent: true, Fetch: engine.FetchSpec{Service: "s", Method: "POST", Path: engine.Literal("/e"), Headers: []engine.NamedTemplate{{"X-From", tmpl(t, "${call.name}")}}, Body: &engine.Node{Object: []engine.NodeField{{"topic", engine.Node{Template: tmpl(t, "${topic}")}}}}}}},
			{Name: "look", Kind: engine.RequestState{Var: "balance", Fetch: engine.FetchSpec{Service: "s", Method: "GET", Path: tmpl(t, "/a/${topic}"), Query: []engine.NamedTemplate{{"q", tmpl(t, "${topic}")}}}, Returns: []engine.Field{{"amount", engine.Type{Base: engine.TypeNumber}}, {"currency", engine.Type{Base: engine.TypeText}}}}},
			{Name: "read", Kind: engine.SayState{Text: text(t, "You have ${money(balance.amount, balance.currency)}."), BargeIn: true}},
			{Name: "transfer", Kind: engine.TransferState{To: engine.Literal("+1555"), Timeout: time.Second}},
			{Name: "count", Kind: engine.SetState{Set: []engine.Assignment{{Var: "topic", Value: engine.Operand{Template: tmpl(t, "${topic}x${topic}")}}}}},
			{Name: "judge", Kind: engine.BranchState{When: []*engine.Expr{compile(t, "len(topic) > 40")}}},
			{Name: "confirm", Kind: engine.ConfirmState{Asking: asking(t, "Sure?"), Yes: "1", No: "2"}},
			{Name: "now", Kind: engine.HoursState{Schedule: &engine.Schedule{Name: "s", Weekly: daily(engine.Span{From: 541, To: 542})}, Zone: time.UTC}},
			{Name: engine.StateBack, Kind: engine.BackState{Questions: []string{"account", "confirm", "menu", "pin"}}},
			{Name: "speak", Milestone: "spoke", Kind: engine.LanguageState{By: tmpl(t, "${topic}")}},
			{Name: "keep", Kind: engine.SetState{Set: []engine.Assignment{{Var: "order", List: &engine.ListChange{Add: []engine.Node{pizza(t), pizza(t), pizza(t)}}}}}},
			{Name: "offer", Kind: offer(t, "order")},
			{Name: "drop", Kind: engine.SetState{Set: []engine.Assignment{{Var: "order", Value: engine.Operand{Template: whole(t, "remove(order, count(order))")}}}}},
			{Name: "list", Kind: engine.SayState{Each: whole(t, "order")[0].Expr, Text: text(t, "${position}: ${item.size}."), BargeIn: true}},
			{Name: "post", Kind: engine.ActionState{Var: "post", Fetch: engine.FetchSpec{Service: "s", Method: "POST", Path: engine.Literal("/o"), Body: &engine.Node{Object: []engine.NodeField{{"items", engine.Node{Template: whole(t, "order")}}}}}}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye."), Ended: "hangup"}},
		},
		Transitions: append(transitions, []engine.Transition{
			{"menu", "global.*", "menu"},
			{"keep", "next", "offer"},
			{"offer", "chosen", "drop"},
			{"offer", "empty", "menu"},
			{"offer", "option.*", "post"},
			{"drop", "next", "list"},
			{"list", "next", "menu"},
			{"post", "done", "menu"},
			{"post", "pending", "menu"},
			{"account", "global.*", "menu"},
			{"confirm", "global.*", engine.StateBack},
			{"pin", "global.*", engine.StateBack},
			{engine.StateBack, "back.account", "account"},
			{engine.StateBack, "back.confirm", "account"},
			{engine.StateBack, "back.menu", "menu"},
			{engine.StateBack, "back.pin", "pin"},
			{"account", "match", "pin"},
			{"pin", "match", "sign_in"},
			{"sign_in", "authenticated", "menu"},
			{"sign_in", "retry.denied", "pin"},
			{"sign_in", "denied", "menu"},
			{"tell", "done", "menu"},
			{"tell", "pending", "menu"},
			{"look", "ok", "read"},
			{"look", "not_found", "menu"},
			{"look", "error", "menu"},
			{"read", "next", "menu"},
			{"transfer", "completed", "menu"},
			{"count", "next", "judge"},
			{"judge", "when.1", "count"},
			{"judge", "else", "menu"},
			{"confirm", "yes", "now"},
			{"now", "open", "speak"},
			{"now", "closed", "menu"},
			{"now", "holiday", "menu"},
			{"speak", "next", "menu"},
			{"confirm", "no", "account"},
		}...),
	})
}

// script turns bytes into events.
func script(data []byte) []engine.Event {
	var events []engine.Event
	take := func(n int) []byte {
		n = min(n, len(data))
		b := data[:n]
		data = data[n:]
		return b
	}
	const keys = "0123456789*#"
	for len(data) > 0 && len(events) < 200 {
		b := take(1)[0]
		switch b % 12 {
		case 0, 1, 2, 3, 4:
			var k []byte
			for _, c := range take(int(b/12)%12 + 1) {
				k = append(k, keys[int(c)%len(keys)])
			}
			ends := []engine.Ended{engine.EndGap, engine.EndUnknown, engine.EndOpen, engine.EndTerminator, engine.EndLength}
			events = append(events, engine.Digits{Keys: engine.NewSecret(string(k)), Ended: ends[b%5]})
		case 5:
			events = append(events, engine.NoInput{})
		case 6:
			events = append(events, engine.Lost{})
		case 7:
			r := []engine.SignIn{engine.SignInAuthenticated, engine.SignInDenied, engine.SignInLocked, engine.SignInChallenge, engine.SignInUnavailable, "nonsense"}
			events = append(events, engine.SignedIn{Result: r[int(b/12)%len(r)], Principal: engine.Principal{Account: string(take(3)), ID: "u", Greeting: string(take(4))}})
		case 8:
			r := []engine.Answer{engine.AnswerOK, engine.AnswerNotFound, engine.AnswerError, engine.AnswerDone, engine.AnswerRejected, engine.AnswerPending, engine.AnswerUnknown, "nonsense"}
			body := []byte(`{"amount":12.5,"currency":"AUD"}`)
			if b > 200 {
				body = take(5)
			}
			events = append(events, engine.Answered{Result: r[int(b/12)%len(r)], Body: body})
		case 9:
			r := []engine.DialResult{engine.DialCompleted, engine.DialBusy, engine.DialNoAnswer, engine.DialFailed, "nonsense"}
			events = append(events, engine.DialEnded{Result: r[int(b/12)%len(r)], CallerGone: b > 200})
		case 10:
			if b > 127 {
				said := []string{"", "one", "yes", "no", "four double two", "topic one", "\xff\u0301"}
				events = append(events, engine.Speech{Text: engine.NewSecret(said[int(b/12)%len(said)]), Confidence: float64(b) / 255})
				continue
			}
			events = append(events, engine.Resumed{})
		case 11:
			if b > 200 {
				events = append(events, engine.CallEnded{By: "caller"})
			}
		}
	}
	return events
}

// FuzzEvents: no sequence of events makes the engine panic or leave its states;
// a step repeated gives the same turn, from the same session or from one that
// was saved and loaded; and it never changes the session it was given.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("12345#1234"))
	f.Add([]byte{0, 1, 5, 5, 5, 6, 6, 6, 6})
	f.Add([]byte{24, 6, 3, 7, 79, 8, 8, 20, 9, 250, 11, 251, 8, 8})
	f.Add(bytes.Repeat([]byte{12, 4, 4}, 60))
	programs := []*engine.Program{bank(f), everyKind(f)}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range programs {
			run(t, p, script(data))
		}
	})
}

func run(t *testing.T, p *engine.Program, events []engine.Event) {
	turn, err := p.Start(engine.Call{Platform: "test", ID: "c", Name: "Zoë\r\nX: y"}, "s1", t0)
	if err != nil {
		t.Fatal(err)
	}
	at := t0
	for _, ev := range events {
		s := turn.Session
		at = at.Add(3 * time.Second)
		saved := saveAndLoad(t, s)
		before, _ := s.Append(nil, plainSealer{})
		next, err := p.Step(s, engine.Input{At: at, Event: ev})
		after, _ := s.Append(nil, plainSealer{})
		if !bytes.Equal(before, after) {
			t.Fatalf("%T changed the session it was given", ev)
		}
		again, err2 := p.Step(saved, engine.Input{At: at, Event: ev})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v, then %v", err, err2)
		}
		if s.Phase == engine.PhaseEnded {
			if !errors.Is(err, engine.ErrEnded) {
				t.Fatalf("a step after the end: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%T in %s: %v", ev, s.State, err)
		}
		if d := cmp.Diff(next, again, same); d != "" {
			t.Fatalf("%T twice:\n%s", ev, d)
		}
		check(t, p, next)
		turn = next
		turn.Session.Turn++
	}
}

// check holds what is true of every turn.
func check(t *testing.T, p *engine.Program, turn engine.Turn) {
	s := turn.Session
	if _, ok := p.State(s.State); !ok {
		t.Fatalf("in a state the program has not: %q", s.State)
	}
	if (turn.Await != nil) && !s.Awaiting {
		t.Fatal("wants an effect and does not wait for it")
	}
	if s.Awaiting {
		again, err := p.Awaiting(&s)
		if err != nil {
			t.Fatal(err)
		}
		if turn.Await != nil && !cmp.Equal(turn.Await, again, same) {
			t.Fatalf("awaits %+v, then %+v", turn.Await, again)
		}
	}
	last := s.State
	for i := len(turn.Trace) - 1; i >= 0; i-- {
		if turn.Trace[i].To != last {
			t.Fatalf("the trace has a gap before %s: %+v", last, turn.Trace)
		}
		last = turn.Trace[i].From
	}
	for i, v := range turn.Verbs {
		switch v := v.(type) {
		case engine.Gather:
			if v.Min < 1 || v.Max < v.Min || i != len(turn.Verbs)-1 {
				t.Fatalf("gather %+v at %d of %d", v, i, len(turn.Verbs))
			}
		case engine.Say:
			if strings.ContainsAny(v.Text, "\r\n<>") {
				t.Fatalf("says %q", v.Text)
			}
		}
	}
	if s.Phase == engine.PhaseLive && !s.Awaiting && len(turn.Trace) > 0 && len(turn.Verbs) == 0 {
		t.Fatalf("dead air in %s: %+v", s.State, turn.Trace)
	}
	if s.Phase != engine.PhaseLive && s.Ended == engine.OutHangup && slices.ContainsFunc(turn.Verbs, func(v engine.Verb) bool { _, say := v.(engine.Say); return say }) && s.State == engine.StateGone {
		t.Fatal("speaks to nobody")
	}
}

// FuzzParseSession: bytes that are no session are refused, and what is accepted
// is saved again without loss.
func FuzzParseSession(f *testing.F) {
	turn, err := bank(f).Start(engine.Call{ID: "c"}, "s", t0)
	if err != nil {
		f.Fatal(err)
	}
	good, _ := turn.Session.Append(nil, plainSealer{})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := engine.ParseSession(data, plainSealer{})
		if err != nil {
			return
		}
		again, err := s.Append(nil, plainSealer{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.ParseSession(again, plainSealer{}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzCompileExpr: no source makes the compiler or the evaluation panic, and the
// place of a fault lies inside the source.
func FuzzCompileExpr(f *testing.F) {
	for _, src := range []string{"account", "balance.amount", "money(balance.amount, balance.currency)", "int(rating) < 3", "pin", "a ? b : c", "[1,2][0]", "account matches '['", "filter([1], # > 0)", "let x = 1; x", "account.x", "int('*')", "1 in [1,2]", "\"\xff\""} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := engine.CompileExpr(src, scope, 0)
		var fault *engine.ExprError
		switch {
		case err == nil:
			_ = e.Names()
		case !errors.As(err, &fault):
			t.Fatalf("%T: %v", err, err)
		case fault.Offset < 0 || fault.Offset > len([]rune(src)):
			t.Fatalf("fault at %d of %d characters", fault.Offset, len([]rune(src)))
		}
	})
}

func TestSecretsPrintAsStars(t *testing.T) {
	s := engine.NewSecret("8675309")
	type nested struct {
		in  engine.Secret
		Out engine.Secret
		M   map[string]any
	}
	v := nested{s, s, map[string]any{"k": s}}
	var out []string
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		out = append(out, fmt.Sprintf(format, s), fmt.Sprintf(format, v), fmt.Sprintf(format, &v))
	}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, string(j), s.String(), s.GoString())
	for _, o := range out {
		if strings.Contains(o, "8675309") || strings.Contains(o, fmt.Sprintf("%x", "8675309")) {
			t.Errorf("shown: %s", o)
		}
	}
	if s.Reveal() != "8675309" || s.Len() != 7 || (engine.Secret{}).Reveal() != "" {
		t.Error("the secret is lost")
	}
}

func TestASavedSessionShowsNoSecret(t *testing.T) {
	c := start(t, bank(t)).press("12345#8675").at_("sign_in")
	data, err := c.turn.Session.Append(nil, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("8675")) {
		t.Errorf("saved in clear: %q", data)
	}
	c = start(t, bank(t)).press("12345#86")
	data, _ = c.turn.Session.Append(nil, plainSealer{})
	if bytes.Contains(data, []byte("86")) {
		t.Errorf("keys pressed ahead saved in clear: %q", data)
	}
	if len(data) > 400 {
		t.Errorf("%d bytes", len(data))
	}
}

func TestEveryEdgeOfTheMachine(t *testing.T) {
	for _, p := range []*engine.Program{bank(t), everyKind(t)} {
		if err := engine.WalkEdges(p); err != nil {
			t.Error(err)
		}
	}
}

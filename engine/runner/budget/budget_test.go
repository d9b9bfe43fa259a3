package budget_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner/budget"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
)

// sender counts what it is asked for.
type sender struct {
	sent, checked int
	result        engine.CodeSending
	check         engine.CodeResult
	err           error
	last          engine.SendCode
}

func (s *sender) SendCode(_ context.Context, e engine.SendCode) (engine.CodeSent, error) {
	s.sent++
	s.last = e
	return engine.CodeSent{Result: s.result, Handle: engine.NewSecret("h")}, s.err
}

func (s *sender) SentCode(engine.SendCode) engine.CodeSent {
	return engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret("h")}
}

func (s *sender) CheckCode(context.Context, engine.CheckCode) (engine.CodeChecked, error) {
	s.checked++
	return engine.CodeChecked{Result: s.check}, s.err
}

func newBudget(t *testing.T, next *sender, now func() time.Time) *budget.Budget {
	t.Helper()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	b, err := budget.New(budget.Deps{
		Next: next, Counters: memory.New(), Key: make([]byte, 32), Limits: budget.Defaults(),
		Allow: []string{"+61"}, Normalize: region.Normalize, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func code(number string) engine.SendCode {
	return engine.SendCode{Number: number, From: number, Channel: engine.ChannelSMS, Trunk: "jambonz/"}
}

func TestNumbersThatGetCodes(t *testing.T) {
	t.Parallel()
	spoken := code("+61412345678")
	spoken.Channel = engine.ChannelVoice
	for name, c := range map[string]struct {
		e    engine.SendCode
		want engine.CodeSending
	}{
		"allowed":                {code("+61412345678"), engine.CodeSentOn},
		"without its country":    {code("0412345678"), engine.CodeSentOn},
		"another country":        {code("+12015550123"), engine.CodeSentRejected},
		"withheld":               {code("anonymous"), engine.CodeSentRejected},
		"nothing":                {code(""), engine.CodeSentRejected},
		"spoken to a busy line":  {spoken, engine.CodeSentRejected},
		"a factor, from nowhere": {engine.SendCode{Pending: engine.NewSecret("p"), From: "anonymous"}, engine.CodeSentOn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &sender{result: engine.CodeSentOn}
			got, err := newBudget(t, next, time.Now).SendCode(t.Context(), c.e)
			if err != nil || got.Result != c.want {
				t.Fatalf("%v, %v; want %s", got.Result, err, c.want)
			}
			if asked := next.sent == 1; asked != (c.want == engine.CodeSentOn) {
				t.Errorf("the next one was asked: %v", asked)
			}
			if c.want == engine.CodeSentOn && c.e.Number != "" && next.last.Number != "+61412345678" {
				t.Errorf("sent to %s", next.last.Number)
			}
		})
	}
}

// A caller who asks again and again, from whatever number, is stopped; an hour later
// there are codes again.
func TestPumping(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	next := &sender{result: engine.CodeSentOn}
	b := newBudget(t, next, func() time.Time { return now })
	for i := range 20 {
		got, err := b.SendCode(t.Context(), code("+61412345678"))
		if want := i < 5; err != nil || (got.Result == engine.CodeSentOn) != want {
			t.Fatalf("code %d: %v, %v", i, got.Result, err)
		}
	}
	for i := range 200 {
		if _, err := b.SendCode(t.Context(), code("+614123"+strconv.Itoa(10000+i))); err != nil {
			t.Fatal(err)
		}
	}
	if next.sent != 50 {
		t.Errorf("%d codes were sent; the line has 50 an hour", next.sent)
	}
	got, err := b.SendCode(t.Context(), code("+61498765432"))
	if err != nil || got.Result != engine.CodeSentUnavailable {
		t.Errorf("a line that has sent its share: %v, %v", got.Result, err)
	}
	now = now.Add(time.Hour + time.Second)
	if got, err := b.SendCode(t.Context(), code("+61412345678")); err != nil || got.Result != engine.CodeSentOn {
		t.Errorf("an hour later: %v, %v", got.Result, err)
	}
}

func TestOutagesAreGivenBack(t *testing.T) {
	t.Parallel()
	next := &sender{err: errors.New("down")}
	b := newBudget(t, next, time.Now)
	for range 20 {
		if _, err := b.SendCode(t.Context(), code("+61412345678")); err == nil {
			t.Fatal("an outage is an error")
		}
	}
	if next.sent != 20 {
		t.Errorf("%d tries; outages use up nothing", next.sent)
	}
}

// Wrong entries are counted over calls, right ones and outages are not.
func TestWrongEntries(t *testing.T) {
	t.Parallel()
	next := &sender{check: engine.CodeVerified}
	b := newBudget(t, next, time.Now)
	check := engine.CheckCode{Handle: engine.NewSecret("h"), Code: engine.NewSecret("1"), From: "+61412345678"}
	for range 20 {
		if got, err := b.CheckCode(t.Context(), check); err != nil || got.Result != engine.CodeVerified {
			t.Fatal(got, err)
		}
	}
	next.check = engine.CodeDenied
	for i := range 15 {
		got, err := b.CheckCode(t.Context(), check)
		want := engine.CodeDenied
		if i >= 10 {
			want = engine.CodeLocked
		}
		if err != nil || got.Result != want {
			t.Fatalf("entry %d: %v, %v", i, got.Result, err)
		}
	}
	if next.checked != 30 {
		t.Errorf("%d entries were checked", next.checked)
	}
}

// Whoever watches is told what was sent and what was refused, by what; the log has no
// number in it.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	counted := map[string]int{}
	next := &sender{result: engine.CodeSentOn, check: engine.CodeDenied}
	b, err := budget.New(budget.Deps{
		Next: next, Counters: memory.New(), Key: make([]byte, 32), Allow: []string{"+61"},
		Limits: budget.Limits{
			Caller: budget.Rate{Free: 2, Window: time.Hour}, Number: budget.Rate{Free: 2, Window: time.Hour},
			Line: budget.Rate{Free: 3, Window: time.Hour}, Wrong: budget.Rate{Free: 1, Window: time.Hour},
		},
		Normalize: func(s string) (string, bool) { return s, s != "" },
		Counted:   func(by string) { counted[by]++ }, Log: zap.New(core),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"+61400000001", "+61400000001", "+61400000001", "+61400000002", "+61400000003", "+9601"} {
		if _, err := b.SendCode(t.Context(), code(number)); err != nil {
			t.Fatal(err)
		}
	}
	from := code("+61400000004")
	from.Number = "+61400000001" // somebody else's, from another telephone
	if _, err := b.SendCode(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	check := engine.CheckCode{Handle: engine.NewSecret("h"), Code: engine.NewSecret("1"), From: "+61400000001"}
	for range 2 {
		if _, err := b.CheckCode(t.Context(), check); err != nil {
			t.Fatal(err)
		}
	}
	if want := map[string]int{"": 3, "caller": 1, "line": 1, "prefix": 1, "number": 1, "wrong": 1}; !maps.Equal(counted, want) {
		t.Errorf("counted %v, expected %v", counted, want)
	}
	if n := logs.FilterField(zap.Bool("alarm", true)).Len(); n != 1 {
		t.Errorf("%d alarms; one, for the line", n)
	}
	for _, e := range logs.All() {
		if text := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(text, "+61") || strings.Contains(text, "+960") {
			t.Errorf("logged %s", text)
		}
	}
}

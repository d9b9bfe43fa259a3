package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/server/gateway"
)

// approver is a vendor that hears of codes.
type approver struct {
	heard []string
	err   error
}

func (a *approver) Approve(_ context.Context, r sms.Receipt) error {
	a.heard = append(a.heard, r.Sender+" "+r.Feedback)
	return a.err
}

// services are a line's own.
type services struct{ actions int }

func (*services) Request(context.Context, engine.Request) (engine.Answered, error) {
	return engine.Answered{Result: engine.AnswerOK}, nil
}

func (s *services) Action(context.Context, engine.Action) (engine.Answered, bool, error) {
	s.actions++
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

func (*services) Idempotent(service string) bool { return service == "bank" }

type nobody struct{}

func (nobody) Authenticate(context.Context, engine.Authenticate) (engine.SignedIn, error) {
	return engine.SignedIn{}, errors.New("nobody signs in here")
}

type noFlows struct{}

func (noFlows) Program(string) (*engine.Program, []byte, bool) { return nil, nil, false }
func (noFlows) Compile([]byte) (*engine.Program, error)        { return nil, errors.New("none") }

// approving is a bench whose approvals a runner delivers.
func approving(t *testing.T) (*bench, *approver, *runner.Runner) {
	t.Helper()
	to, own := &approver{}, &services{}
	b := newBench(t)
	wrapped := gateway.Approving(own, to, time.Now)
	if !wrapped.Idempotent("bank") || wrapped.Idempotent("till") {
		t.Error("other services are not as they were")
	}
	if _, _, err := wrapped.Action(t.Context(), engine.Action{Fetch: engine.Fetch{Service: "bank"}}); err != nil || own.actions != 1 {
		t.Error("other actions are not performed")
	}
	run, err := runner.New(runner.Deps{Catalog: noFlows{}, Store: b.store, Authenticator: nobody{}, Services: wrapped, Sealer: runner.Unsealed()})
	if err != nil {
		t.Fatal(err)
	}
	b.gateway = b.instance("a", func(d *gateway.Deps) { d.Promiser = run })
	b.inbox = endpoint(t, b.gateway)
	t.Cleanup(func() {
		if err := run.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b, to, run
}

// A code that was entered rightly is told to its vendor: once, though it is heard of
// twice, and again until the vendor listens, though this takes a restart.
func TestApproved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, to, run := approving(t)
		to.err = &sms.Failure{Sender: "vendor", Kind: sms.ErrOutage}
		b.post(b.inbox, legacy(number, code, ""))
		b.post(b.inbox, legacy("+61498765432", code, ""))
		b.post(b.inbox, legacy(number, "111111", "")) // the last one counts: VE3
		other := b.instance("b", func(d *gateway.Deps) { d.Promiser = run })
		for _, g := range []*gateway.Gateway{b.gateway, other, b.gateway} {
			if err := g.Approved(t.Context(), "+61 412 345 678", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			if err := run.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		to.err = nil
		time.Sleep(time.Minute)
		for range 3 {
			if err := run.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(to.heard) < 3 || strings.Join(to.heard, ",") != strings.TrimSuffix(strings.Repeat("vendor VE3,", len(to.heard)), ",") {
			t.Errorf("the vendor heard %q", to.heard)
		}
		if n, err := b.store.Backlog(t.Context()); n != 0 || err != nil {
			t.Errorf("%d are left, %v", n, err)
		}
		heard := len(to.heard)
		if err := b.gateway.Approved(t.Context(), number, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := run.Deliver(t.Context()); err != nil || len(to.heard) != heard {
			t.Errorf("it is told again: %q, %v", to.heard, err)
		}
	})
}

// Nobody is told of what is too old, of before the message, or of a number that had
// none of ours.
func TestNotApproved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, to, run := approving(t)
		approve := func(number string, at time.Time) {
			t.Helper()
			if err := b.gateway.Approved(t.Context(), number, at); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Hour)
		b.post(b.inbox, legacy(number, code, ""))
		approve(number, time.Now().Add(-2*time.Minute))
		approve("+61498765432", time.Now())
		approve("me", time.Now())
		time.Sleep(11 * time.Minute)
		approve(number, time.Now())
		approve(number, time.Now().Add(-11*time.Minute))
		if err := run.Deliver(t.Context()); err != nil || len(to.heard) != 0 {
			t.Errorf("the vendor heard %q, %v", to.heard, err)
		}
	})
}

// A vendor that has been away for long is not told any more.
func TestApprovedTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, to, run := approving(t)
		to.err = &sms.Failure{Sender: "vendor", Kind: runner.ErrCredentials}
		b.post(b.inbox, legacy(number, code, ""))
		if err := b.gateway.Approved(t.Context(), number, time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := run.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Minute)
		}
		if n, err := b.store.Backlog(t.Context()); n != 0 || err != nil {
			t.Errorf("%d are left, %v", n, err)
		}
		if len(to.heard) == 0 {
			t.Error("it was never tried")
		}
	})
}

// A sender that learns nothing leaves nothing behind.
func TestNothingToLearn(t *testing.T) {
	t.Parallel()
	b, to, run := approving(t)
	b.vendor.do = func(_ context.Context, n int) (sms.Receipt, error) {
		return sms.Receipt{Sender: "vendor", ID: fmt.Sprint(n)}, nil
	}
	b.post(b.inbox, legacy(number, code, ""))
	if err := b.gateway.Approved(t.Context(), number, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := run.Deliver(t.Context()); err != nil || len(to.heard) != 0 {
		t.Errorf("the vendor heard %q, %v", to.heard, err)
	}
}

// checker is who checks codes.
type checker struct {
	runner.Codes
	checked engine.CodeChecked
	err     error
}

func (c checker) CheckCode(context.Context, engine.CheckCode) (engine.CodeChecked, error) {
	return c.checked, c.err
}

// A code that was right here is told to its vendor, and only such a one. What becomes
// of that is nothing to the caller.
func TestCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		verified := engine.CodeChecked{Result: engine.CodeVerified, Phone: number}
		factor := func(user string) engine.CodeChecked {
			return engine.CodeChecked{Result: engine.CodeVerified, Principal: &engine.Principal{Account: "1", ID: user}}
		}
		factors := func(_ context.Context, user string) ([]string, error) {
			if user == "unknown" {
				return nil, errors.New("down")
			}
			return map[string][]string{"ana": {"+61498765432", number}}[user], nil
		}
		for name, c := range map[string]struct {
			checker
			down bool
			want int
		}{
			"right":               {checker: checker{checked: verified}, want: 1},
			"an app":              {checker: checker{checked: engine.CodeChecked{Result: engine.CodeVerified}}},
			"a second factor":     {checker: checker{checked: factor("ana")}, want: 1},
			"nobody's factor":     {checker: checker{checked: factor("ben")}},
			"the index is down":   {checker: checker{checked: factor("unknown")}},
			"wrong":               {checker: checker{checked: engine.CodeChecked{Result: engine.CodeDenied, Phone: number}}},
			"too late":            {checker: checker{checked: engine.CodeChecked{Result: engine.CodeExpired, Phone: number}}},
			"an outage":           {checker: checker{checked: verified, err: errors.New("down")}},
			"the store is down":   {checker: checker{checked: verified}, down: true},
			"another's number":    {checker: checker{checked: engine.CodeChecked{Result: engine.CodeVerified, Phone: "+61498765432"}}},
			"the number is weird": {checker: checker{checked: engine.CodeChecked{Result: engine.CodeVerified, Phone: "me"}}},
		} {
			b, to, run := approving(t)
			b.post(b.inbox, legacy(number, code, ""))
			b.store.set(c.down)
			got, err := b.gateway.Codes(c.checker, factors).CheckCode(t.Context(), engine.CheckCode{})
			if got != c.checked || !errors.Is(err, c.err) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			b.store.set(false)
			if err := run.Deliver(t.Context()); err != nil || len(to.heard) != c.want {
				t.Errorf("%s: the vendor heard %q, %v", name, to.heard, err)
			}
		}
	})
}

package flowtest

import (
	"context"
	"time"

	"callflow/engine"
)

// identity is how codes and searches came out.
type identity struct {
	sends  []CodeStandin
	checks []CheckStandin
	finds  []FindStandin
}

// SendCode sends a code, or does not.
func (o *oracle) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, string, time.Duration) {
	answers := []CodeStandin{
		{Result: engine.CodeSentOn},
		{Result: engine.CodeSentRejected},
		{Result: engine.CodeSentUnavailable},
		{Result: engine.CodeSentOn, Delay: slowly},
	}
	in := answers[o.choose(len(answers))]
	o.sends = append(o.sends, in)
	return NewStage(nil, &Given{Challenge: []CodeStandin{in}}).SendCode(ctx, e)
}

// CheckCode takes whatever code is entered, or does not.
func (o *oracle) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, time.Duration) {
	proved := CheckStandin{
		Result: engine.OutAuthenticated, Account: o.g.values.text("caller.account", "12345"), Greeting: o.g.values.text("caller.greeting", greeting),
	}
	late := proved
	late.Delay = slowly
	answers := []CheckStandin{
		proved,
		{Result: engine.OutVerified},
		{Result: engine.OutDenied},
		{Result: engine.OutExpired},
		{Result: engine.OutLocked},
		{Result: engine.OutUnavailable},
		late,
	}
	in := answers[o.choose(len(answers))]
	o.checks = append(o.checks, in)
	return NewStage(nil, &Given{Verify: []CheckStandin{in}}).CheckCode(ctx, e)
}

// Identify finds one account, several, or none.
func (o *oracle) Identify(ctx context.Context, e engine.Identify) (engine.Identified, time.Duration) {
	one := []string{"12345"}
	answers := []FindStandin{
		{Accounts: one},
		{Accounts: []string{"12345", "67890"}},
		{Result: engine.IdentifiedNone},
		{Result: engine.IdentifiedUnavailable},
		{Accounts: one, Delay: slowly},
	}
	in := answers[o.choose(len(answers))]
	o.finds = append(o.finds, in)
	return NewStage(nil, &Given{Identify: []FindStandin{in}}).Identify(ctx, e)
}

// add puts what came out later behind.
func (i *identity) add(later identity) {
	i.sends = append(i.sends, later.sends...)
	i.checks = append(i.checks, later.checks...)
	i.finds = append(i.finds, later.finds...)
}

// give makes stand-ins of how it came out, in order: each as often as it did, and
// the last for good.
func (i *identity) give(g *Given) {
	for _, s := range i.sends {
		if n := len(g.Challenge); n > 0 && g.Challenge[n-1].Result == s.Result && g.Challenge[n-1].Delay == s.Delay {
			g.Challenge[n-1].Times++
			continue
		}
		s.Times = 1
		g.Challenge = append(g.Challenge, s)
	}
	for _, s := range i.checks {
		if n := len(g.Verify); n > 0 && g.Verify[n-1].Result == s.Result && g.Verify[n-1].Delay == s.Delay {
			g.Verify[n-1].Times++
			continue
		}
		s.Times = 1
		g.Verify = append(g.Verify, s)
	}
	for _, s := range i.finds {
		if n := len(g.Identify); n > 0 && g.Identify[n-1].Result == s.Result && g.Identify[n-1].Delay == s.Delay && len(g.Identify[n-1].Accounts) == len(s.Accounts) {
			g.Identify[n-1].Times++
			continue
		}
		s.Times = 1
		g.Identify = append(g.Identify, s)
	}
	if n := len(g.Challenge); n > 0 {
		g.Challenge[n-1].Times = 0
	}
	if n := len(g.Verify); n > 0 {
		g.Verify[n-1].Times = 0
	}
	if n := len(g.Identify); n > 0 {
		g.Identify[n-1].Times = 0
	}
}

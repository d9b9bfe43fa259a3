package toll

import (
	"context"
	"errors"
	"time"

	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
)

// Ordered bounds the calls that programs order.
type Ordered struct{ t *Toll }

var _ outbound.Tolls = Ordered{}

// Ordered bounds the calls that programs order: by Deps.Call and Deps.Orders.
func (t *Toll) Ordered() (Ordered, error) {
	if t.d.Orders == nil {
		return Ordered{}, errors.New("toll: there are no limits for calls that are ordered")
	}
	return Ordered{t}, nil
}

// Allows tells whether a number, E.164, is among those that are called.
func (o Ordered) Allows(number string) bool { return Allows(o.t.d.Call, number, number) }

// Place lets a call be made, now or later.
func (o Ordered) Place(ctx context.Context, c outbound.Toll) (outbound.Passage, error) {
	pass, err := o.t.begin(ctx, CallsMade, o.t.d.Orders, o.t.d.Call, dialling(c))
	if err != nil || pass.Refused == "" {
		return outbound.Passage{Longest: pass.Limit}, err
	}
	why := Reason(pass.Refused)
	return outbound.Passage{Refused: words[why], Again: o.again(why)}, nil
}

// Ended gives back what a call did not use.
func (o Ordered) Ended(ctx context.Context, c outbound.Toll) error {
	return o.t.end(ctx, CallsMade, o.t.d.Orders, dialling(c))
}

// Withdrawn gives back all that a call was counted in: it was not made.
func (o Ordered) Withdrawn(ctx context.Context, c outbound.Toll) error {
	return o.t.withdraw(ctx, CallsMade, o.t.d.Orders, dialling(c))
}

// dialling is a call as it is counted: those of one token together, as those of one
// caller are.
func dialling(c outbound.Toll) runner.Dialling {
	return runner.Dialling{Key: c.Key, Session: c.Key, To: c.To, Trunk: "order/" + c.By, Limit: c.Longest}
}

// words are the reasons for whoever gave the order.
var words = map[Reason]string{
	NotAllowed: "the number is not among those that may be called",
	Concurrent: "as many calls as there may be at once are being made",
	Caller:     "the token has had its share of calls",
	Number:     "the number has been called as often as it may be",
	Range:      "numbers like this one have been called as often as they may be",
	Line:       "as many calls as there may be have been made",
	Daily:      "the day's calls cost as much as they may",
}

// The waits for a place among the calls at once, and the bounds of those for a rate.
const (
	nextPlace           = 10 * time.Second
	rateLeast, rateMost = 30 * time.Second, 15 * time.Minute
	// newDay is how long after midnight, UTC, the day's money is there again.
	newDay = time.Minute
)

// again is when a call that was refused may be asked for again; zero: never.
func (o Ordered) again(why Reason) time.Time {
	now, l := o.t.d.Now(), o.t.d.Orders
	rates := map[Reason]Rate{Caller: l.Caller, Number: l.Number, Range: l.Range, Line: l.Line}
	switch why {
	case NotAllowed:
		return time.Time{}
	case Concurrent:
		return now.Add(nextPlace)
	case Daily:
		return now.UTC().Truncate(24 * time.Hour).Add(24*time.Hour + newDay)
	}
	return now.Add(min(max(rates[why].Window/10, rateLeast), rateMost))
}

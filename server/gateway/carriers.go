package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/sms"
)

const (
	// carrierLife is how long an answer about a number is believed. People take
	// their numbers along to another carrier, though rarely.
	carrierLife = 24 * time.Hour
	// carrierPatience is how long the question may take: most of Budget belongs to
	// whoever sends the message.
	carrierPatience = 1500 * time.Millisecond
	// maxCarriers bounds how many answers are remembered.
	maxCarriers = 16 << 10
)

// carriers remembers who carries which number.
type carriers struct {
	mu    *sync.Mutex
	known map[string]knownCarrier // by the number's hash
}

type knownCarrier struct {
	carrier sms.Carrier
	until   time.Time
}

func newCarriers() carriers { return carriers{new(sync.Mutex), map[string]knownCarrier{}} }

func (c *carriers) find(id string, now time.Time) (sms.Carrier, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[id]
	return k.carrier, ok && k.until.After(now)
}

// keep remembers an answer. When there are too many the old ones go, or any.
func (c *carriers) keep(id string, found sms.Carrier, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxCarriers {
		for other, k := range c.known {
			if !k.until.After(now) {
				delete(c.known, other)
			}
		}
		for other := range c.known {
			if len(c.known) < maxCarriers*3/4 {
				break
			}
			delete(c.known, other)
		}
	}
	c.known[id] = knownCarrier{found, now.Add(carrierLife)}
}

// carrier looks at who carries a number, where any carrier is blocked. It returns
// nil where a message may be sent. An outage of those who know stops none: the
// limits still hold, and the alternative is that nobody signs in.
func (g *Gateway) carrier(ctx context.Context, number string, now time.Time) *Verdict {
	if g.deps.Carriers == nil || len(g.deps.Block.Carriers) == 0 {
		return nil
	}
	id := g.hash("carrier", number)
	found, ok := g.carriers.find(id, now)
	if !ok {
		if v := g.payLookup(ctx, now); v != nil {
			return v
		}
		var err error
		ctx, cancel := context.WithTimeout(ctx, carrierPatience)
		found, err = g.deps.Carriers.Carrier(ctx, number)
		cancel()
		if err != nil {
			g.deps.Log.Warn("nobody knows who carries a number", zap.String("to", sms.Masked(number)), zap.Error(err), zap.Bool("alarm", IsOurs(err)))
			return nil
		}
		g.carriers.keep(id, found, now)
	}
	if reason := g.deps.Block.blocks(found); reason != "" {
		return &Verdict{Outcome: Blocked, Reason: reason}
	}
	return nil
}

// payLookup counts what a question costs.
func (g *Gateway) payLookup(ctx context.Context, now time.Time) *Verdict {
	if g.deps.Limits.Lookup == 0 {
		return nil
	}
	beyond, err := g.reserve(ctx, []limit{g.spend(g.deps.Limits.Lookup, now)}, now)
	switch {
	case err != nil:
		v := g.storeDown(err)
		return &v
	case beyond != nil:
		g.budgetSpent(now)
		return &Verdict{Outcome: Spent, Reason: "the day's budget is spent", After: beyond.wait}
	}
	return nil
}

// IsOurs tells a fault of ours, which an operator has to see to, from an outage.
func IsOurs(err error) bool {
	return errors.Is(err, runner.ErrCredentials) || errors.Is(err, runner.ErrSetup)
}

package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Limits bound how many messages leave, and what they cost. A message must be
// within all of them.
type Limits struct {
	// Recipient counts the messages to one number.
	Recipient Rate
	// Address counts those that one address asked for: an IPv4 address, or the /64
	// of an IPv6 one. Shared are networks that many people come from, the line's
	// own address above all; they are not counted.
	Address Rate
	Shared  []netip.Prefix
	// Range counts those to the numbers that differ in their last four digits
	// only: whoever pumps messages rents numbers by the range.
	Range Rate
	// Line counts all messages.
	Line Rate
	// Daily is what all messages of a day may cost, UTC. Cost is what one costs,
	// unless a Price says otherwise; Lookup what one question costs about who
	// carries a number.
	Daily, Cost, Lookup Amount
	Prices              []Price
}

// Price is what a message to some numbers costs. The longest prefix counts.
type Price struct {
	Prefix string // "+44"
	Cost   Amount
}

// Defaults are limits for a small line. Five messages to a number in ten minutes
// are what vendors allow.
func Defaults() Limits {
	return Limits{
		Recipient: Rate{5, 10 * time.Minute},
		Address:   Rate{20, time.Hour},
		Range:     Rate{100, time.Hour},
		Line:      Rate{1000, time.Hour},
		Daily:     50 * amountUnit,
		Cost:      5 * amountUnit / 100,
	}
}

// rangeDigits are the last digits, which numbers of one range differ in.
const rangeDigits = 4

// price is what a message to a number costs.
func (l *Limits) price(number string) Amount {
	cost, longest := l.Cost, 0
	for _, p := range l.Prices {
		if len(p.Prefix) > longest && hasPrefix(number, p.Prefix) {
			cost, longest = p.Cost, len(p.Prefix)
		}
	}
	return cost
}

// limitKind says what is counted.
type limitKind string

// What a message is refused by.
const (
	byRecipient limitKind = "recipient"
	byAddress   limitKind = "address"
	byRange     limitKind = "range"
	byLine      limitKind = "line"
	bySpend     limitKind = "daily"
)

// limit is one that a message counts in.
type limit struct {
	kind  limitKind
	key   string
	rate  Rate
	count int // how much it counts
}

// limits are all that a message counts in.
func (g *Gateway) limits(number, address string, now time.Time) []limit {
	l := &g.deps.Limits
	all := []limit{{byRecipient, g.counterKey(byRecipient, number), l.Recipient, 1}}
	if network, ok := networkOf(address, l.Shared); ok {
		all = append(all, limit{byAddress, g.counterKey(byAddress, network), l.Address, 1})
	}
	return append(all,
		limit{byRange, g.counterKey(byRange, number[:max(len(number)-rangeDigits, 1)]), l.Range, 1},
		limit{byLine, counterPrefix + string(byLine), l.Line, 1},
		g.spend(l.price(number), now),
	)
}

// dayFormat names a day's spend.
const dayFormat = "2006-01-02"

// spend is the limit of a day's costs.
func (g *Gateway) spend(cost Amount, now time.Time) limit {
	return limit{bySpend, counterPrefix + string(bySpend) + "/" + now.UTC().Format(dayFormat), Rate{int(g.deps.Limits.Daily), 48 * time.Hour}, int(cost)}
}

const counterPrefix = "sms."

// counterKey is a counter's key in the store, which learns no number from it.
func (g *Gateway) counterKey(kind limitKind, value string) string {
	return counterPrefix + string(kind) + "/" + g.hash(string(kind), value)
}

// networkOf is whom an address stands for. ok is false where it is none, or many
// people's.
func networkOf(address string, shared []netip.Prefix) (network string, ok bool) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "", false
	}
	ip = ip.Unmap().WithZone("")
	for _, s := range shared {
		if s.Contains(ip) {
			return "", false
		}
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return "", false
	}
	return p.String(), true
}

// exceeded says which limit a message is beyond, and for how long.
type exceeded struct {
	kind limitKind
	wait time.Duration
}

// reserve counts a message in all of limits, or in none if it is beyond one. It
// counts first and looks then: messages at once never pass a limit together.
func (g *Gateway) reserve(ctx context.Context, limits []limit, now time.Time) (*exceeded, error) {
	for i, l := range limits {
		n, err := g.deps.Store.Add(ctx, l.key, l.count, now, l.rate.Window)
		if err != nil {
			g.giveBack(ctx, limits[:i], now)
			return nil, fmt.Errorf("count a message: %w", err)
		}
		if n <= l.rate.N {
			continue
		}
		e := &exceeded{kind: l.kind, wait: l.rate.Window}
		if l.kind == bySpend {
			e.wait = now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
		} else if c, err := g.deps.Store.Count(ctx, l.key, now); err == nil && c.Until.After(now) {
			e.wait = c.Until.Sub(now)
		}
		g.giveBack(ctx, limits[:i+1], now)
		return e, nil
	}
	return nil, nil
}

// giveBack takes back what was counted for a message that was not sent. What
// cannot be given back stays counted: that is the safe side.
func (g *Gateway) giveBack(ctx context.Context, limits []limit, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	for _, l := range limits {
		if _, err := g.deps.Store.Add(ctx, l.key, -l.count, now, l.rate.Window); err != nil {
			g.deps.Log.Warn("a message that was not sent stays counted", zap.Error(err))
			return
		}
	}
}

// store is what the gateway needs of a runner.Store.
type store interface {
	runner.Effects
	runner.Counters
}

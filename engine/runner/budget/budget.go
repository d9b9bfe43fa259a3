package budget

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// Rate is how much may happen in each window.
type Rate struct {
	Free   int
	Window time.Duration
}

// Limits are all limits.
type Limits struct {
	// Caller is how many codes are sent for one calling number, Number how many go
	// to one number, and Line how many are sent in all.
	Caller, Number, Line Rate
	// Wrong is how many wrong entries one calling number has.
	Wrong Rate
}

// Defaults are limits that fit Auth0, which allows one address, the whole line, 50
// codes an hour.
func Defaults() Limits {
	return Limits{
		Caller: Rate{5, time.Hour},
		Number: Rate{5, time.Hour},
		Line:   Rate{50, time.Hour},
		Wrong:  Rate{10, time.Hour},
	}
}

// Deps is what a Budget needs. Counted, Log and Now have
// defaults.
type Deps struct {
	Next     runner.Codes
	Counters runner.Counters
	// Key makes the store's keys: at least 16 bytes, the same for all instances.
	Key    []byte
	Limits Limits
	// Allow are how the numbers begin that get codes. None: no number gets any,
	// but second factors do, whose numbers the provider knows.
	Allow []string
	// Normalize writes a number as E.164; false: it is none.
	Normalize func(number string) (string, bool)
	// Counted is told of each code that is refused: by "caller", "number", "line",
	// "wrong" or "prefix"; and "" of each that is sent.
	Counted func(by string)
	Log     *zap.Logger
	Now     func() time.Time
}

// Budget is a runner.Codes that lets few codes through to another. It is safe for
// concurrent use.
type Budget struct{ d Deps }

var _ runner.Codes = (*Budget)(nil)

// New returns a Budget in front of d.Next.
func New(d Deps) (*Budget, error) {
	switch {
	case d.Next == nil || d.Counters == nil || d.Normalize == nil:
		return nil, errors.New("budget: Next, Counters or Normalize is missing")
	case len(d.Key) < 16:
		return nil, fmt.Errorf("budget: the key has %d bytes, expected at least 16", len(d.Key))
	}
	for _, r := range []Rate{d.Limits.Caller, d.Limits.Number, d.Limits.Line, d.Limits.Wrong} {
		if r.Free < 1 || r.Window < time.Second {
			return nil, errors.New("budget: a limit is not set")
		}
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Counted == nil {
		d.Counted = func(string) {}
	}
	return &Budget{d}, nil
}

// What counts are called, in the store and in logs.
const (
	byCaller = "caller"
	byNumber = "number"
	byLine   = "line"
	byWrong  = "wrong"
	byPrefix = "prefix" // which is not allowed
)

// count is one thing that is counted.
type count struct {
	by, key string
	rate    Rate
}

func (b *Budget) count(by string, rate Rate, of string) count {
	mac := hmac.New(sha256.New, b.d.Key)
	_, _ = mac.Write([]byte(by + "\x00" + of)) // never fails
	return count{by, "codes/" + by + "/" + hex.EncodeToString(mac.Sum(nil)[:16]), rate}
}

// from is the number of whoever calls, as it is counted: those who withhold theirs
// are counted together, by where their call came in.
func (b *Budget) from(from, trunk string) string {
	if number, ok := b.d.Normalize(from); ok {
		return number
	}
	return "withheld at " + trunk
}

// SendCode sends a code if everybody concerned may have one. A number that may
// have none is rejected; a line that has sent its share is an outage.
func (b *Budget) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error) {
	rejected := engine.CodeSent{Result: engine.CodeSentRejected}
	counts := []count{b.count(byCaller, b.d.Limits.Caller, b.from(e.From, e.Trunk))}
	if e.Pending.Len() == 0 {
		number, ok := b.d.Normalize(e.Number)
		allowed := func(prefix string) bool { return prefix != "" && strings.HasPrefix(number, prefix) }
		if !ok || !slices.ContainsFunc(b.d.Allow, allowed) {
			b.d.Counted(byPrefix)
			b.d.Log.Info("code refused: the number is not allowed", zap.String("by", byPrefix))
			return rejected, nil
		}
		if calling, ok := b.d.Normalize(e.From); ok && e.Channel == engine.ChannelVoice && calling == number {
			return rejected, nil // the line is busy
		}
		e.Number = number
		counts = append(counts, b.count(byNumber, b.d.Limits.Number, number))
	}
	counts = append(counts, b.count(byLine, b.d.Limits.Line, ""))
	refund, full, err := b.reserve(ctx, counts)
	switch {
	case err != nil:
		return engine.CodeSent{}, err
	case full == byLine:
		return engine.CodeSent{Result: engine.CodeSentUnavailable}, nil
	case full != "":
		return rejected, nil
	}
	sent, err := b.d.Next.SendCode(ctx, e)
	if err != nil || sent.Result == engine.CodeSentUnavailable {
		refund()
	} else if sent.Result == engine.CodeSentOn {
		b.d.Counted("")
	}
	return sent, err
}

// SentCode is what the next one says.
func (b *Budget) SentCode(e engine.SendCode) engine.CodeSent {
	if number, ok := b.d.Normalize(e.Number); ok {
		e.Number = number
	}
	return b.d.Next.SentCode(e)
}

// CheckCode checks a code if the caller may still be wrong.
func (b *Budget) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	refund, full, err := b.reserve(ctx, []count{b.count(byWrong, b.d.Limits.Wrong, b.from(e.From, e.Trunk))})
	switch {
	case err != nil:
		return engine.CodeChecked{}, err
	case full != "":
		return engine.CodeChecked{Result: engine.CodeLocked}, nil
	}
	checked, err := b.d.Next.CheckCode(ctx, e)
	if err != nil || checked.Result != engine.CodeDenied {
		refund()
	}
	return checked, err
}

// settleTime bounds how long giving back may take.
const settleTime = 5 * time.Second

// refused logs what nobody gets any more of, and by what it was counted.
func (b *Budget) refused(by string) {
	b.d.Counted(by)
	if by == byLine {
		b.d.Log.Warn("code refused: the line has sent its share", zap.String("by", by), zap.Bool("alarm", true))
		return
	}
	b.d.Log.Info("code refused: too many", zap.String("by", by))
}

// reserve counts everything, or nothing where full names what has had its share.
func (b *Budget) reserve(ctx context.Context, counts []count) (refund func(), full string, err error) {
	now := b.d.Now()
	var counted []count
	refund = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		for _, c := range counted {
			if _, err := b.d.Counters.Add(ctx, c.key, -1, now, c.rate.Window); err != nil {
				b.d.Log.Warn("codes: a count could not be given back", zap.String("by", c.by), zap.Error(err))
			}
		}
	}
	for _, c := range counts {
		n, err := b.d.Counters.Add(ctx, c.key, 1, now, c.rate.Window)
		if err != nil {
			refund()
			return nil, "", fmt.Errorf("codes: %w", err)
		}
		counted = append(counted, c)
		if n > c.rate.Free {
			refund()
			b.refused(c.by)
			return nil, c.by, nil
		}
	}
	return refund, "", nil
}

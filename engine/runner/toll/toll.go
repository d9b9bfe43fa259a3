package toll

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Deps is what a Toll needs. Log, Now and Counted have defaults.
type Deps struct {
	Counters runner.Counters
	// Key makes the store's keys: at least 16 bytes, the same for all instances.
	Key []byte
	// Allow are the numbers that transfers go to, and CallBacks those that are
	// called back: how they begin ("+61"). Transfers go to extensions too, which
	// are written whole, and to hosts of SIP addresses ("@pbx.example.com").
	Allow, CallBacks []string
	// Limits are those of transfers, Back those of calls back.
	Limits, Back Limits
	// Call are how the numbers begin that are called for orders, and Orders the limits
	// of those calls; nil: there are none.
	Call   []string
	Orders *Limits
	// Normalize writes a number as E.164; false: it is none.
	Normalize func(number string) (string, bool)
	// Counted is told of each call: why it was refused, or "".
	Counted func(kind Kind, refused Reason)
	Log     *zap.Logger
	Now     func() time.Time
}

// Kind of a call.
type Kind string

// The kinds of calls.
const (
	Transfers Kind = "transfer"
	CallsBack Kind = "callback"
	CallsMade Kind = "call"
)

// Reason why a call is refused.
type Reason string

// The reasons.
const (
	NotAllowed Reason = "number not allowed"
	Concurrent Reason = "concurrent"
	Caller     Reason = "caller"
	Number     Reason = "number"
	Range      Reason = "range"
	Line       Reason = "line"
	Daily      Reason = "daily"
)

// Toll is a runner.Tolls. It is safe for concurrent use.
type Toll struct{ d Deps }

var _ runner.Tolls = (*Toll)(nil)

// New returns a Toll.
func New(d Deps) (*Toll, error) {
	switch {
	case d.Counters == nil || d.Normalize == nil:
		return nil, errors.New("toll: Counters or Normalize is missing")
	case len(d.Key) < 16:
		return nil, fmt.Errorf("toll: the key has %d bytes, expected at least 16", len(d.Key))
	}
	all := []Limits{d.Limits, d.Back}
	if d.Orders != nil {
		all = append(all, *d.Orders)
	}
	for _, l := range all {
		if l.Concurrent < 1 || l.Longest < time.Second {
			return nil, errors.New("toll: a limit is not set")
		}
		for _, r := range []Rate{l.Caller, l.Number, l.Range, l.Line} {
			if r.N < 1 || r.Window < time.Second {
				return nil, errors.New("toll: a rate is not set")
			}
		}
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Counted == nil {
		d.Counted = func(Kind, Reason) {}
	}
	return &Toll{d}, nil
}

// Dial lets a transfer begin, or not.
func (t *Toll) Dial(ctx context.Context, c runner.Dialling) (runner.Passage, error) {
	return t.begin(ctx, Transfers, &t.d.Limits, t.d.Allow, c)
}

// begin lets a call of a kind begin, or not.
func (t *Toll) begin(ctx context.Context, kind Kind, l *Limits, allow []string, c runner.Dialling) (runner.Passage, error) {
	length := l.length(c.Limit)
	e164 := ""
	if !isSIP(c.To) {
		e164, _ = t.d.Normalize(c.To)
	}
	written := c.Written && (e164 == "" || len(allow) == 0)
	if !written && !Allows(allow, c.To, e164) {
		return t.refuse(kind, c, NotAllowed), nil
	}
	pass := runner.Passage{Limit: length, To: c.To}
	if !c.Written && e164 != "" {
		pass.To = e164 // what was looked at is what is dialled
	}
	now, key := t.d.Now(), t.key(kind, "call", c.Key)
	if there, err := t.d.Counters.Count(ctx, key, now); err != nil {
		return runner.Passage{}, counting(err)
	} else if there.N > 0 {
		return pass, nil // the same call, once more
	}
	cost := l.price(e164) * minutes(length)
	refused, err := t.reserve(ctx, kind, l, c, e164, cost, now)
	if err != nil || refused != "" {
		return t.refuse(kind, c, refused), err
	}
	// One more than the cost, for there is no counter of nothing.
	call := runner.Counter{Key: key, N: cost + 1, At: now, Until: now.Add(length + lateness)}
	if err := t.d.Counters.Swap(ctx, runner.Counter{Key: key}, call, now); err != nil && !errors.Is(err, runner.ErrConflict) {
		return runner.Passage{}, counting(err)
	}
	live, err := t.d.Counters.Counts(ctx, t.prefix(kind, "call"), "", now, l.Concurrent+1)
	if err != nil {
		return runner.Passage{}, counting(err)
	}
	if len(live) > l.Concurrent {
		if err := t.d.Counters.Swap(ctx, call, runner.Counter{Key: key}, now); err == nil {
			t.giveBack(ctx, t.counts(kind, l, c, e164, cost, now), now)
		}
		return t.refuse(kind, c, Concurrent), nil
	}
	t.d.Counted(kind, "")
	return pass, nil
}

// lateness is how long after its longest duration a call is still thought to last.
const lateness = 5 * time.Minute

// Ended gives back what a transfer did not use. It may be told of any call.
func (t *Toll) Ended(ctx context.Context, c runner.Dialling) error {
	return t.end(ctx, Transfers, &t.d.Limits, c)
}

// end gives back what a call of a kind did not use.
func (t *Toll) end(ctx context.Context, kind Kind, l *Limits, c runner.Dialling) error {
	now := t.d.Now()
	call, err := t.take(ctx, kind, c, now)
	if err != nil || call.N == 0 {
		return err
	}
	reserved, all := call.N-1, minutes(call.Until.Sub(call.At)-lateness)
	used := min(max(minutes(now.Sub(call.At)), 0), all)
	if unused := reserved - reserved/max(all, 1)*used; unused > 0 {
		t.giveBack(ctx, []count{t.spend(kind, l, unused, call.At)}, now)
	}
	return nil
}

// withdraw gives back all that a call of a kind was counted in.
func (t *Toll) withdraw(ctx context.Context, kind Kind, l *Limits, c runner.Dialling) error {
	now := t.d.Now()
	call, err := t.take(ctx, kind, c, now)
	if err != nil || call.N == 0 {
		return err
	}
	e164, _ := t.d.Normalize(c.To)
	t.giveBack(ctx, t.counts(kind, l, c, e164, call.N-1, call.At), now)
	return nil
}

// take takes a call out of those that there are. Its N is zero where it is not among
// them, or somebody else has taken it.
func (t *Toll) take(ctx context.Context, kind Kind, c runner.Dialling, now time.Time) (runner.Counter, error) {
	key := t.key(kind, "call", c.Key)
	call, err := t.d.Counters.Count(ctx, key, now)
	if err != nil {
		return runner.Counter{}, counting(err)
	}
	if call.N == 0 {
		return runner.Counter{}, nil
	}
	switch err := t.d.Counters.Swap(ctx, call, runner.Counter{Key: key}, now); {
	case errors.Is(err, runner.ErrConflict):
		return runner.Counter{}, nil
	case err != nil:
		return runner.Counter{}, counting(err)
	}
	return call, nil
}

// CallBack lets a flow promise a call back, or not.
func (t *Toll) CallBack(ctx context.Context, c runner.Dialling) (runner.Passage, error) {
	l := &t.d.Back
	e164, ok := t.d.Normalize(c.To)
	if !ok || !Allows(t.d.CallBacks, e164, e164) {
		return t.refuse(CallsBack, c, NotAllowed), nil
	}
	now, key := t.d.Now(), t.key(CallsBack, "call", c.Key)
	if there, err := t.d.Counters.Count(ctx, key, now); err != nil {
		return runner.Passage{}, counting(err)
	} else if there.N > 0 {
		return runner.Passage{}, nil
	}
	refused, err := t.reserve(ctx, CallsBack, l, c, e164, l.price(e164)*minutes(l.Longest), now)
	if err != nil || refused != "" {
		return t.refuse(CallsBack, c, refused), err
	}
	if _, err := t.d.Counters.Add(ctx, key, 1, now, remembered); err != nil {
		return runner.Passage{}, counting(err)
	}
	t.d.Counted(CallsBack, "")
	return runner.Passage{}, nil
}

// remembered is how long a call back that was promised is not counted again.
const remembered = 24 * time.Hour

// refuse logs why a call is not made: with what it was counted by, and never with a
// number.
func (t *Toll) refuse(kind Kind, c runner.Dialling, why Reason) runner.Passage {
	if why == "" {
		return runner.Passage{}
	}
	t.d.Counted(kind, why)
	fields := []zap.Field{zap.String("kind", string(kind)), zap.String("by", string(why)), zap.String("session", c.Session), zap.String("state", c.State)}
	// Orders wait for their turn, and are looked at again and again.
	if kind != CallsMade && (why == Line || why == Daily || why == Concurrent) {
		t.d.Log.Warn("call refused: the line has had its share", append(fields, zap.Bool("alarm", true))...)
	} else {
		t.d.Log.Info("call refused", fields...)
	}
	return runner.Passage{Refused: string(why)}
}

// count is one thing that is counted.
type count struct {
	by     Reason
	key    string
	rate   Rate
	amount int
}

// counts are all that a call counts in.
func (t *Toll) counts(kind Kind, l *Limits, c runner.Dialling, e164 string, cost int, now time.Time) []count {
	of := func(by Reason, rate Rate, what string) count {
		return count{by, t.key(kind, string(by), what), rate, 1}
	}
	var all []count
	if !c.Written {
		all = append(all, of(Caller, l.Caller, t.from(c)))
		number := e164
		if number == "" {
			number = c.To
		}
		all = append(all, of(Number, l.Number, number))
		if len(number) > rangeDigits && number == e164 {
			all = append(all, of(Range, l.Range, number[:len(number)-rangeDigits]))
		}
	}
	all = append(all, of(Line, l.Line, ""))
	if l.Daily > 0 {
		all = append(all, t.spend(kind, l, cost, now))
	}
	return all
}

// spend is the count of a day's costs.
func (t *Toll) spend(kind Kind, l *Limits, cost int, at time.Time) count {
	return count{Daily, t.prefix(kind, string(Daily)) + at.UTC().Format(time.DateOnly), Rate{l.Daily, 48 * time.Hour}, cost}
}

// from is the number of whoever calls, as it is counted: those who withhold theirs
// are counted together, by where their call came in.
func (t *Toll) from(c runner.Dialling) string {
	if number, ok := t.d.Normalize(c.From); ok {
		return number
	}
	return "withheld at " + c.Trunk
}

func (t *Toll) prefix(kind Kind, by string) string { return "toll/" + string(kind) + "/" + by + "/" }

func (t *Toll) key(kind Kind, by, of string) string {
	mac := hmac.New(sha256.New, t.d.Key)
	_, _ = mac.Write([]byte(string(kind) + "\x00" + by + "\x00" + of)) // never fails
	return t.prefix(kind, by) + hex.EncodeToString(mac.Sum(nil)[:16])
}

// reserve counts a call in everything, or in nothing where refused says what has had
// its share. It counts first and looks then: calls at once never pass a limit
// together.
func (t *Toll) reserve(ctx context.Context, kind Kind, l *Limits, c runner.Dialling, e164 string, cost int, now time.Time) (refused Reason, err error) {
	counts := t.counts(kind, l, c, e164, cost, now)
	for i, one := range counts {
		n, err := t.d.Counters.Add(ctx, one.key, one.amount, now, one.rate.Window)
		if err != nil {
			t.giveBack(ctx, counts[:i], now)
			return "", counting(err)
		}
		if n > one.rate.N {
			t.giveBack(ctx, counts[:i+1], now)
			return one.by, nil
		}
	}
	return "", nil
}

// settleTime bounds how long giving back may take.
const settleTime = 5 * time.Second

// giveBack takes back what was counted for nothing. What cannot be given back stays
// counted: that is the safe side.
func (t *Toll) giveBack(ctx context.Context, counts []count, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	for _, c := range counts {
		if _, err := t.d.Counters.Add(ctx, c.key, -c.amount, now, c.rate.Window); err != nil {
			t.d.Log.Warn("a call that was not made stays counted", zap.String("by", string(c.by)), zap.Error(err))
			return
		}
	}
}

func counting(err error) error { return fmt.Errorf("count a call: %w", err) }

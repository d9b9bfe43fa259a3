package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/phone"
	"callflow/providers/sms"
)

// Request asks for a message.
type Request struct {
	// To is the recipient's number.
	To string
	// From is the sender to show; "": the sender's own.
	From string
	// Text is what to send; Code is the one-time code in it, where there is one.
	Text, Code engine.Secret
	Channel    sms.Channel // "": SMS
	Locale     string      // BCP 47, or ""
	// IP is the address of whoever asked, or "".
	IP string
}

const (
	// Budget is how long Deliver takes at most. Auth0 waits for 30 seconds, and the
	// caller with it.
	Budget = 8 * time.Second
	// afterwards is what is left of it for writing down what became of the message.
	afterwards = time.Second
	// claimLife is how long whoever sends a message has for that. Should it have
	// crashed, whoever comes after that knows that nobody knows.
	claimLife = Budget + 2*time.Second
	// CodeLife is how long the same code for the same number is the same message.
	CodeLife = runner.EffectLife
	// maxTries bounds how often a message is tried again, by request, after it was
	// surely not sent. Auth0's Action asks for five.
	maxTries = 6
	// pollFirst and pollMost are how often is looked whether a message that another
	// request sends has been sent.
	pollFirst = 10 * time.Millisecond
	pollMost  = 250 * time.Millisecond
)

// Deliver has a message sent, or says why it is not. Once it is being sent, an end
// of ctx does not stop it: whoever asked may hang up and ask again.
func (g *Gateway) Deliver(ctx context.Context, r Request) Verdict {
	started := g.now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Budget-afterwards)
	defer cancel()
	number, ok := g.deps.Region.Normalize(r.To)
	if !ok {
		return g.tell(r, "", started, Verdict{Outcome: Malformed, Reason: "the recipient is not a telephone number"})
	}
	r.To = number
	if reason := g.barred(number); reason != "" {
		return g.tell(r, number, started, Verdict{Outcome: Blocked, Reason: reason})
	}
	return g.tell(r, number, started, g.once(ctx, r))
}

// message is what makes two requests ask for one message.
func (g *Gateway) message(r Request) string {
	what := r.Code.Reveal()
	if what == "" {
		what = "text:" + r.Text.Reveal()
	}
	return "sms/" + g.hash("message", r.To, string(r.Channel), what)
}

// once sends a message unless it has been sent, and waits while somebody else does.
func (g *Gateway) once(ctx context.Context, r Request) Verdict {
	key := runner.EffectKey{Session: g.message(r)}
	owner := g.owner()
	last := Verdict{Outcome: Outage, Reason: "it was tried too often"}
	for wait := pollFirst; key.Position < maxTries; {
		now := g.now()
		rec, claimed, err := g.deps.Store.Claim(ctx, key, owner, now, now.Add(claimLife))
		switch {
		case err != nil && ctx.Err() != nil:
			return Verdict{Outcome: Outage, Reason: "there was no time left"}
		case err != nil:
			return g.storeDown(err)
		case claimed:
			v := g.send(ctx, r)
			g.finish(ctx, key, v)
			return v
		case rec.Done:
			last = readVerdict(rec.Result)
			if last.Sent() {
				last.Outcome = Repeated
			}
			if !last.Outcome.again() {
				return last
			}
			key.Position++
		case rec.Owner == owner: // whoever claimed it never came back
			v := Verdict{Outcome: Doubtful, Reason: "whoever was sending it stopped before the answer"}
			g.finish(ctx, key, v)
			return v
		default:
			if !pause(ctx, wait) {
				return Verdict{Outcome: Outage, Reason: "the same message is still being sent"}
			}
			wait = min(2*wait, pollMost)
		}
	}
	return last
}

// send counts a message, looks at who carries the number, and sends it.
func (g *Gateway) send(ctx context.Context, r Request) Verdict {
	now := g.now()
	limits := g.limits(r.To, r.IP, now)
	beyond, err := g.reserve(ctx, limits, now)
	if err != nil {
		return g.storeDown(err)
	}
	if beyond != nil {
		if beyond.kind == bySpend {
			g.budgetSpent(now)
			return Verdict{Outcome: Spent, Reason: "the day's budget is spent", After: beyond.wait}
		}
		return Verdict{Outcome: Limited, Reason: "limited by " + string(beyond.kind), After: beyond.wait}
	}
	// What a message costs is given back when it was not sent; that somebody asked
	// stays counted where the answer is a decision.
	spend := limits[len(limits)-1:]
	if v := g.carrier(ctx, r.To, now); v != nil {
		if v.Outcome == Blocked {
			g.giveBack(ctx, spend, now)
		} else {
			g.giveBack(ctx, limits, now)
		}
		return *v
	}
	v, receipt := g.hand(ctx, r)
	switch v.Outcome {
	case Delivered:
		g.keep(ctx, r.To, receipt)
	case Doubtful:
	case Refused:
		g.giveBack(ctx, spend, now)
	default:
		g.giveBack(ctx, limits, now)
	}
	return v
}

// hand gives a message to the senders.
func (g *Gateway) hand(ctx context.Context, r Request) (v Verdict, receipt sms.Receipt) {
	defer func() {
		if p := recover(); p != nil {
			// What it says could hold anything.
			g.deps.Log.Error("sender panicked", zap.String("what", fmt.Sprintf("%T", p)), zap.Stack("stack"))
			v = Verdict{Outcome: Doubtful, Reason: "the sender panicked"}
		}
	}()
	if ctx.Err() != nil {
		return Verdict{Outcome: Outage, Reason: "there was no time left"}, receipt
	}
	receipt, err := g.deps.Sender.Send(ctx, sms.Message{
		To: r.To, From: r.From, Text: r.Text, Code: r.Code, Channel: r.Channel, Locale: r.Locale, IP: r.IP,
		Key: g.hash("key", g.message(r)),
	})
	if err == nil {
		return Verdict{Outcome: Delivered, Sender: receipt.Sender}, receipt
	}
	var failure *sms.Failure
	if !errors.As(err, &failure) {
		g.deps.Log.Error("a sender failed in words that are not its own", zap.String("type", fmt.Sprintf("%T", err)))
		return Verdict{Outcome: Doubtful, Reason: "the sender failed"}, receipt
	}
	v = Verdict{Outcome: Outage, Reason: failure.Error(), Sender: failure.Sender, After: failure.After}
	switch {
	case errors.Is(err, sms.ErrRefused):
		v.Outcome = Refused
	case failure.Maybe:
		v.Outcome = Doubtful
	case errors.Is(err, runner.ErrCredentials):
		v.Outcome = Credentials
	case errors.Is(err, runner.ErrSetup):
		v.Outcome = Setup
	}
	return v, receipt
}

// finish keeps what became of a message for whoever asks for it again.
func (g *Gateway) finish(ctx context.Context, key runner.EffectKey, v Verdict) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if _, err := g.deps.Store.Finish(ctx, key, writeVerdict(v)); err != nil {
		// Until the claim ends others wait for it; then it is doubtful to them.
		g.deps.Log.Error("what became of a message is not kept", zap.String("outcome", string(v.Outcome)), zap.Error(err))
	}
}

func (g *Gateway) storeDown(err error) Verdict {
	g.deps.Log.Error("message is not sent: the store does not answer", zap.Error(err))
	return Verdict{Outcome: StoreDown, Reason: "the store does not answer"}
}

// tell logs and counts a verdict.
func (g *Gateway) tell(r Request, number string, started time.Time, v Verdict) Verdict {
	g.deps.Count(v.Outcome)
	fields := []zap.Field{
		zap.String("outcome", string(v.Outcome)), zap.String("to", sms.Masked(number)), zap.String("country", phone.Country(number)),
	}
	for _, f := range []struct{ name, value string }{
		{"reason", v.Reason}, {"sender", v.Sender}, {"channel", string(r.Channel)}, {"address", clip(r.IP)},
	} {
		if f.value != "" {
			fields = append(fields, zap.String(f.name, f.value))
		}
	}
	fields = append(fields, zap.Duration("took", g.now().Sub(started)))
	switch v.Outcome {
	case Delivered, Repeated:
		g.deps.Log.Info("message", fields...)
	case Credentials, Setup:
		g.deps.Log.Error("message", append(fields, zap.Bool("alarm", true))...)
	default:
		g.deps.Log.Warn("message", fields...)
	}
	return v
}

// budgetSpent alarms, once a day.
func (g *Gateway) budgetSpent(now time.Time) {
	day := now.UTC().Format(dayFormat)
	if told := g.alarmed.Swap(&day); told == nil || *told != day {
		g.deps.Log.Error("the day's budget for messages is spent: no more are sent until midnight UTC",
			zap.Stringer("budget", g.deps.Limits.Daily), zap.Bool("alarm", true))
	}
}

// clip shortens what others wrote, for the log.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

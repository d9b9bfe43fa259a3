package outbound

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
)

// Order is a call that somebody wants made.
type Order struct {
	Flow string `json:"flow"`
	To   string `json:"to"`
	// From is the number shown, and Platform who makes the call; empty: the
	// installation's.
	From     string `json:"from,omitempty"`
	Platform string `json:"platform,omitempty"`
	// With are values of the flow's variables, by their names.
	With     map[string]any `json:"with,omitempty"`
	Language string         `json:"language,omitempty"`

	// Machine is what becomes of a call that a machine answers, and Message the state
	// of the flow that leaves a message then.
	Machine Machine `json:"machine,omitempty"`
	Message string  `json:"message,omitempty"`

	// Retry is when to call again. What it leaves out is as the installation says.
	Retry *Retry `json:"retry,omitempty"`
	// Zone is by whose clocks the window opens; "": those of the number.
	Zone string `json:"zone,omitempty"`
	// At is when to call; zero: now. Until is when it is too late; zero: a day later.
	At    time.Time `json:"at,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Machine is what becomes of a call that a machine answers.
type Machine string

// The choices. By MachineIgnore nobody finds out what answers.
const (
	MachineIgnore   Machine = ""
	MachineContinue Machine = "continue"
	MachineHangUp   Machine = "hang_up"
	MachineMessage  Machine = "leave_message"
)

// detect is what a platform has to find out.
func (m Machine) detect() Detection {
	switch m {
	case MachineContinue, MachineHangUp:
		return DetectMachine
	case MachineMessage:
		return DetectBeep
	}
	return DetectNone
}

// Wait is a length of time as people write it: "5m". Zero: nothing is said of it.
type Wait time.Duration

// Never is a Wait that nothing comes after: "0s".
const Never Wait = -1

// ErrWait is a text that is no Wait.
var ErrWait = errors.New("expected a length of time such as 5m, or 0s for never")

// NewWait is a Wait of d, and Never of zero.
func NewWait(d time.Duration) Wait {
	if d == 0 {
		return Never
	}
	return Wait(d)
}

// MarshalText writes it.
func (w Wait) MarshalText() ([]byte, error) {
	if w == Never {
		w = 0
	}
	return []byte(time.Duration(w).String()), nil
}

// UnmarshalText reads it.
func (w *Wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return ErrWait
	}
	*w = NewWait(d)
	return nil
}

// Retry says how often, and how long after each, to call again.
type Retry struct {
	Attempts int  `json:"attempts,omitempty"` // in all; zero: nothing is said of it
	Busy     Wait `json:"busy,omitempty"`
	NoAnswer Wait `json:"no_answer,omitempty"`
	Failed   Wait `json:"failed,omitempty"`
	Machine  Wait `json:"machine,omitempty"`
}

// or is what r says, and of what it says nothing, what others say.
func (r Retry) or(others Retry) Retry {
	return Retry{
		Attempts: cmp.Or(r.Attempts, others.Attempts, 1),
		Busy:     cmp.Or(r.Busy, others.Busy), NoAnswer: cmp.Or(r.NoAnswer, others.NoAnswer),
		Failed: cmp.Or(r.Failed, others.Failed), Machine: cmp.Or(r.Machine, others.Machine),
	}
}

// waits tells whether anything is said of when to call again.
func (r Retry) waits() bool { return max(r.Busy, r.NoAnswer, r.Failed, r.Machine) > 0 }

// Bounds of a Retry.
const (
	maxAttempts  = 10
	shortestWait = 10 * time.Second
	longestWait  = 7 * 24 * time.Hour
)

// after is how long after an attempt that ended so the next one comes; zero or less: it
// does not.
func (r Retry) after(s Status) time.Duration {
	switch s {
	case Busy:
		return time.Duration(r.Busy)
	case NoAnswer:
		return time.Duration(r.NoAnswer)
	case Failed:
		return time.Duration(r.Failed)
	case ByMachine:
		return time.Duration(r.Machine)
	}
	return 0
}

// Check finds what a Retry says that is out of bounds, by its members in JSON.
func (r Retry) Check() []Problem {
	var wrong []Problem
	if r.Attempts < 0 || r.Attempts > maxAttempts {
		wrong = append(wrong, Problem{"attempts", fmt.Sprintf("found %d attempts, expected 1 to %d", r.Attempts, maxAttempts)})
	}
	for _, w := range []struct {
		name string
		wait Wait
	}{{"busy", r.Busy}, {"no_answer", r.NoAnswer}, {"failed", r.Failed}, {"machine", r.Machine}} {
		if d := time.Duration(w.wait); w.wait != 0 && w.wait != Never && (d < shortestWait || d > longestWait) {
			wrong = append(wrong, Problem{w.name, fmt.Sprintf("found %s, expected %s to %d days", d, shortestWait, longestWait/(24*time.Hour))})
		}
	}
	return wrong
}

// Problem is what is wrong with an order.
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// InvalidError has everything that is wrong with an order.
type InvalidError struct{ Problems []Problem }

func (e *InvalidError) Error() string {
	var texts []string
	for _, p := range e.Problems {
		texts = append(texts, p.Field+": "+p.Message)
	}
	return strings.Join(texts, "; ")
}

// Bounds of an order.
const (
	maxWord  = 64
	maxNames = 12
	maxAhead = 30 * 24 * time.Hour
	// lasting is how long an order lasts that says nothing.
	lasting = 24 * time.Hour
)

// complete fills in what the installation says, and finds what is wrong.
func (d *Desk) complete(o *Order, now time.Time) error {
	var wrong []Problem
	report := func(field, format string, args ...any) {
		wrong = append(wrong, Problem{field, fmt.Sprintf(format, args...)})
	}
	d.checkTo(o, report)
	if o.From == "" {
		o.From = d.d.Settings.From
	}
	from, ok := d.d.Normalize(o.From)
	switch given := o.From; {
	case given == "":
		report("from", "missing: expected a number of yours to be shown, here or as dial.from")
	case !ok:
		report("from", "found %q, expected a number of yours with its country, such as +61255500100", clip(given))
	default:
		o.From = from
	}
	switch {
	case !ok:
	case len(d.d.Settings.Shown) > 0 && !slices.Contains(d.d.Settings.Shown, o.From):
		report("from", "%s is not among the numbers that may be shown", o.From)
	}
	if o.Platform == "" {
		o.Platform = d.d.Settings.Platform
	}
	if d.platforms[o.Platform] == nil {
		report("platform", "found %q, expected one that makes calls here: %s", clip(o.Platform), strings.Join(d.names, ", "))
	}
	if len(o.Language) > maxWord || len(o.Flow) > maxWord {
		report("flow", "too long")
	}
	p, _, ok := d.d.Programs.Program(o.Flow)
	if !ok {
		report("flow", "there is no flow %q%s", clip(o.Flow), d.otherFlows())
	} else {
		d.checkFlow(o, p, report)
	}
	switch o.Machine {
	case MachineIgnore, MachineContinue, MachineHangUp, MachineMessage:
	default:
		report("machine", "found %q, expected hang_up, continue or leave_message", clip(string(o.Machine)))
	}
	if (o.Machine == MachineMessage) != (o.Message != "") {
		report("message", "machine: leave_message and the state that leaves it, message, go together")
	}
	d.checkRetry(o, report)
	d.checkTimes(o, now, report)
	if len(wrong) > 0 {
		return &InvalidError{wrong}
	}
	return nil
}

// otherFlows says which flows there are, if they are not too many to be read.
func (d *Desk) otherFlows() string {
	if d.d.Flows == nil {
		return ""
	}
	if names := d.d.Flows(); len(names) > 0 && len(names) <= maxNames {
		return ", expected " + strings.Join(names, ", ")
	}
	return ""
}

// checkTo finds out whether somebody may be called.
func (d *Desk) checkTo(o *Order, report func(field, format string, args ...any)) {
	to, ok := d.d.Normalize(o.To)
	switch {
	case !ok:
		report("to", "found %q, expected a telephone number with its country, such as +61412345678", clip(o.To))
		return
	case d.d.Allows != nil && !d.d.Allows(to):
		report("to", "the number is not among those that may be called; dial.allow has how they begin")
	}
	o.To = to
}

// checkRetry finds orders that say when to call again and would not have it done.
func (d *Desk) checkRetry(o *Order, report func(field, format string, args ...any)) {
	given := Retry{}
	if o.Retry != nil {
		given = *o.Retry
	}
	for _, p := range given.Check() {
		report("retry."+p.Field, "%s", p.Message)
	}
	whole := given.or(d.d.Settings.Retry)
	o.Retry = &whole
	switch {
	case given.Attempts == 0 && given.waits() && whole.Attempts == 1:
		report("retry.attempts", "missing: expected how often to call in all, 2 to %d; nobody is called again otherwise", maxAttempts)
	case given.Attempts > 1 && !whole.waits():
		report("retry", "found %d attempts and nothing of when to call again, expected how long after busy, no_answer, failed or machine", given.Attempts)
	}
	if given.Machine > 0 && (o.Machine == MachineIgnore || o.Machine == MachineContinue) {
		report("retry.machine", "counts only where a machine ends the call: expected machine: hang_up or leave_message")
	}
}

// checkTimes finds orders that could not be carried out in time.
func (d *Desk) checkTimes(o *Order, now time.Time, report func(field, format string, args ...any)) {
	at, until := !o.At.IsZero(), !o.Until.IsZero()
	if !at {
		o.At = now
	}
	if zone, err := d.zone(o); err != nil {
		report("zone", "found %q, expected a place such as Australia/Sydney", clip(o.Zone))
	} else if w := d.d.Settings.Window; w.Outside == OutsideRefuse {
		switch open := opens(w.Hours, o.At, zone); {
		case open.IsZero():
			report("at", "nobody may be called at any time; dial.hours has none")
		case !open.Equal(o.At):
			report("at", "nobody may be called at this time; again from %s on", open.In(zone).Format("Monday 15:04 (2006-01-02 MST)"))
		}
	}
	if !until {
		o.Until = o.At.Add(lasting)
	}
	switch {
	case o.At.After(now.Add(maxAhead)):
		report("at", "found %s, expected at most %d days ahead", o.At.Format(time.RFC3339), maxAhead/(24*time.Hour))
	case o.Until.After(o.At.Add(maxAhead)):
		report("until", "found %s, expected at most %d days after the beginning", o.Until.Format(time.RFC3339), maxAhead/(24*time.Hour))
	case !o.Until.After(now) && until:
		report("until", "found %s, which has passed: the order is too late already", o.Until.Format(time.RFC3339))
	case until && !o.Until.After(o.At):
		report("until", "found %s, expected a time after the beginning", o.Until.Format(time.RFC3339))
	case !o.Until.After(now):
		report("at", "found %s, which is more than a day ago: the order is too late already", o.At.Format(time.RFC3339))
	}
}

// checkFlow finds values and states that the flow has not got.
func (d *Desk) checkFlow(o *Order, p *engine.Program, report func(field, format string, args ...any)) {
	vars, err := p.Given(o.With)
	if err != nil {
		for _, one := range joined(err) {
			var given *engine.GivenError
			if errors.As(one, &given) {
				report("with."+clip(given.Name), "%s", given.Message)
			}
		}
		return
	}
	if o.Language != "" {
		if _, ok := p.Speaks(o.Language); !ok {
			report("language", "the flow speaks %s", strings.Join(p.Spec().Languages, ", "))
		}
	}
	if o.Message == "" {
		return
	}
	if err := p.CanOpen(o.Message); err != nil {
		report("message", "%s", err)
		return
	}
	// The message must be able to stand alone: it is tried.
	turn, err := p.Open(engine.Call{ID: "check", Outbound: true, AnsweredBy: engine.ByMachine, From: o.From, To: o.To, Language: o.Language},
		"check", d.d.Now(), engine.Opening{Vars: vars, State: o.Message})
	failed := slices.ContainsFunc(turn.Trace, func(h engine.Hop) bool { return h.Outcome == engine.OutError || h.Outcome == engine.OutAbort })
	if err != nil || failed {
		report("message", "a call cannot begin in the state %q: something that it needs is not there yet", o.Message)
	}
}

// joined are the errors that errors.Join put together.
func joined(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // it is what Join returns, and nothing around it
		return many.Unwrap()
	}
	return []error{err}
}

// clip shortens what others wrote, for messages.
func clip(s string) string {
	if len(s) > maxWord {
		return s[:maxWord] + "…"
	}
	return s
}

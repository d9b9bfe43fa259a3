package outbound

import (
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

	// Retry replaces what the installation says of calling again.
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

// Wait is a length of time as people write it: "5m".
type Wait time.Duration

// MarshalText writes it.
func (w Wait) MarshalText() ([]byte, error) { return []byte(time.Duration(w).String()), nil }

// UnmarshalText reads it.
func (w *Wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("expected a length of time such as 5m")
	}
	*w = Wait(d)
	return nil
}

// Retry says how often, and how long after each, to call again. A wait of zero: not
// after that.
type Retry struct {
	Attempts int  `json:"attempts,omitempty"` // in all; zero: one
	Busy     Wait `json:"busy,omitempty"`
	NoAnswer Wait `json:"no_answer,omitempty"`
	Failed   Wait `json:"failed,omitempty"`
	Machine  Wait `json:"machine,omitempty"`
}

// Bounds of a Retry.
const (
	maxAttempts  = 10
	shortestWait = 10 * time.Second
	longestWait  = 7 * 24 * time.Hour
)

// after is how long after an attempt that ended so the next one comes; zero: it does
// not.
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

// Check finds out of bounds what a Retry says.
func (r Retry) Check() error {
	if r.Attempts < 0 || r.Attempts > maxAttempts {
		return fmt.Errorf("found %d attempts, expected 1 to %d", r.Attempts, maxAttempts)
	}
	for _, w := range []struct {
		name string
		wait Wait
	}{{"busy", r.Busy}, {"no_answer", r.NoAnswer}, {"failed", r.Failed}, {"machine", r.Machine}} {
		if d := time.Duration(w.wait); d != 0 && (d < shortestWait || d > longestWait) {
			return fmt.Errorf("%s: found %s, expected %s to %s", w.name, d, shortestWait, longestWait)
		}
	}
	return nil
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
	var to, from bool
	if o.To, to = d.d.Normalize(o.To); !to {
		report("to", "expected a telephone number with its country, such as +61412345678")
	} else if d.d.Allows != nil && !d.d.Allows(o.To) {
		report("to", "the number is not among those that may be called")
	}
	if o.From == "" {
		o.From = d.d.Settings.From
	}
	switch o.From, from = d.d.Normalize(o.From); {
	case !from:
		report("from", "expected a number of yours with its country, such as +61255500100")
	case len(d.d.Settings.Shown) > 0 && !slices.Contains(d.d.Settings.Shown, o.From):
		report("from", "%s is not among the numbers that may be shown", o.From)
	}
	if o.Platform == "" {
		o.Platform = d.d.Settings.Platform
	}
	if d.platforms[o.Platform] == nil {
		report("platform", "expected one of %s", strings.Join(d.names, ", "))
	}
	if len(o.Language) > maxWord || len(o.Flow) > maxWord {
		report("flow", "too long")
	}
	p, _, ok := d.d.Programs.Program(o.Flow)
	if !ok {
		report("flow", "there is no flow %q", clip(o.Flow))
	} else {
		d.checkFlow(o, p, report)
	}
	switch o.Machine {
	case MachineIgnore, MachineContinue, MachineHangUp, MachineMessage:
	default:
		report("machine", "expected hang_up, continue or leave_message")
	}
	if (o.Machine == MachineMessage) != (o.Message != "") {
		report("message", "machine: leave_message and the state that leaves it, message, go together")
	}
	if o.Retry == nil {
		retry := d.d.Settings.Retry
		o.Retry = &retry
	} else if err := o.Retry.Check(); err != nil {
		report("retry", "%s", err)
	}
	o.Retry.Attempts = max(o.Retry.Attempts, 1)
	if o.At.IsZero() {
		o.At = now
	}
	if zone, err := d.zone(o); err != nil {
		report("zone", "expected a place such as Australia/Sydney")
	} else if w := d.d.Settings.Window; w.Outside == OutsideRefuse && !opens(w.Hours, o.At, zone).Equal(o.At) {
		report("at", "nobody may be called at this time")
	}
	if o.Until.IsZero() {
		o.Until = o.At.Add(lasting)
	}
	if o.At.After(now.Add(maxAhead)) || o.Until.After(o.At.Add(maxAhead)) {
		report("until", "at most %s ahead", maxAhead)
	} else if !o.Until.After(now) || !o.Until.After(o.At) {
		report("until", "the order is too late already")
	}
	if len(wrong) > 0 {
		return &InvalidError{wrong}
	}
	return nil
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

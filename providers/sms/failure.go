package sms

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"callflow/engine/runner"
)

// What a Failure wraps, besides runner.ErrCredentials and runner.ErrSetup.
var (
	// ErrRefused is a decision: the number is none, is blocked, has opted out. To
	// ask another sender would be to get around it.
	ErrRefused = errors.New("the message was refused")
	// ErrOutage is no decision: nothing answered, or not now.
	ErrOutage = errors.New("the sender is not available")
)

// Failure says why a message was not sent.
type Failure struct {
	Sender string
	// Kind is one of the four errors above.
	Kind error
	// Code is the vendor's own, or "HTTP 503".
	Code string
	// Reason is in our words: vendors repeat numbers and texts in theirs.
	Reason string
	// After is how long the vendor wants to be left alone; zero: it does not say.
	After time.Duration
	// Maybe is set when the message may have been sent all the same.
	Maybe bool
}

func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Sender + ": " + f.Kind.Error())
	if f.Code != "" {
		b.WriteString(" (" + f.Code + ")")
	}
	if f.Reason != "" {
		b.WriteString(": " + f.Reason)
	}
	return b.String()
}

func (f *Failure) Unwrap() error { return f.Kind }

// Verdict is what a vendor's code means.
type Verdict struct {
	Kind   error
	Reason string
}

// Fail makes the failure of an answer that is none of a vendor's own words.
func (a Answer) Fail(sender string) *Failure {
	f := &Failure{Sender: sender, Code: fmt.Sprintf("HTTP %d", a.Status), After: a.After}
	switch {
	case a.Status == 401 || a.Status == 403:
		f.Kind = runner.ErrCredentials
	case a.Status == 408 || a.Status == 425 || a.Status == 429 || a.Status >= 500:
		f.Kind = ErrOutage
	case a.Status >= 200 && a.Status < 300:
		f.Kind, f.Reason, f.Maybe = ErrOutage, "the answer is not understood", true
	default:
		f.Kind, f.Reason = runner.ErrSetup, "the vendor does not understand the request"
	}
	return f
}

// FailBy makes the failure of an answer with a vendor's code: by the table, or as
// Fail does where it does not stand there.
func (a Answer) FailBy(sender, code string, table map[string]Verdict) *Failure {
	f := a.Fail(sender)
	if code != "" {
		f.Code = fmt.Sprintf("%s, HTTP %d", code, a.Status)
	}
	if v, ok := table[code]; ok {
		f.Kind, f.Reason, f.Maybe = v.Kind, v.Reason, false
	} else if code != "" && f.Maybe {
		f.Reason, f.Maybe = "the vendor did not take the message", false
	}
	return f
}

// Masked is as much of a number as a log may hold.
func Masked(number string) string {
	const head, tail = 4, 2
	if len(number) <= head+tail {
		return strings.Repeat("*", len(number))
	}
	return number[:head] + strings.Repeat("*", len(number)-head-tail) + number[len(number)-tail:]
}

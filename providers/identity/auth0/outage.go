package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"

	"callflow/engine/runner"
)

// outage is anything that is not an answer. Its text is our own, made of what
// cannot hold a secret: Auth0's messages may repeat what was sent.
type outage struct {
	doing  string // "password login"
	status int    // zero: there was none
	code   string // Auth0's word, if it looks like one
	advice string
	cause  error // a sentinel, or what went wrong on the way
	// down: the API itself is in trouble. It counts for the breaker.
	down bool
}

// Error is "auth0: password login: 403 unauthorized_client: advice".
func (o *outage) Error() string {
	text := "auth0: " + o.doing
	if o.status != 0 {
		text += ": " + strconv.Itoa(o.status)
		if o.code != "" {
			text += " " + o.code
		}
	}
	if o.advice != "" {
		text += ": " + o.advice
	}
	if o.cause != nil && !errors.Is(o.cause, runner.ErrCredentials) && !errors.Is(o.cause, runner.ErrSetup) && !errors.Is(o.cause, runner.ErrLater) {
		text += ": " + o.cause.Error()
	}
	return text
}

// Unwrap is the cause.
func (o *outage) Unwrap() error { return o.cause }

// word is what Auth0's error codes look like.
var word = regexp.MustCompile(`^([a-z][a-z_]{0,47}|bad\.[A-Za-z_]{1,24})$`)

// codeOf is a code that may be shown, or "".
func codeOf(s string) string {
	if word.MatchString(s) {
		return s
	}
	return ""
}

// lost is an outage on the way to Auth0 or back. Of what the client says only the
// innermost error is kept: the rest shows URLs, and with them account numbers.
func lost(doing string, n *note, err error) *outage {
	o := &outage{doing: doing, status: n.status, down: true}
	var inURL *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		o.advice, o.cause = "no answer in time", context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		o.cause, o.down = context.Canceled, false
	case errors.As(err, &inURL):
		if inURL.Timeout() {
			o.advice = "no answer in time"
			break
		}
		o.cause = inURL.Err
	case n.status >= 500:
		o.advice = "Auth0 is in trouble"
	case n.status == 0:
		o.advice = "no answer"
	default: // an answer that is cut short, or is not Auth0's
		o.advice = "the answer cannot be read"
	}
	return o
}

// limited is an outage that we make ourselves, to leave Auth0 alone.
func limited(doing, format string, args ...any) *outage {
	return &outage{doing: doing, advice: fmt.Sprintf(format, args...), cause: runner.ErrLater}
}

package auth0

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/url"
	"strconv"
	"syscall"

	"callflow/engine/lazy"
	"callflow/engine/runner"
)

// outage is anything that is not an answer. Its text is our own, made of what
// cannot hold a secret: Auth0's messages may repeat what was sent.
type outage struct {
	doing  string // "password login"
	status int    // zero: there was none
	code   string // Auth0's word, if it looks like one
	found  string // what came in the place of an answer, if anything
	advice string // what to do
	cause  error  // a sentinel, or what went wrong on the way
	// down: the API itself is in trouble. It counts for the breaker.
	down bool
}

// Error is "auth0: password login: 403 unauthorized_client: what was found: advice".
func (o *outage) Error() string {
	text := "auth0: " + o.doing
	if o.status != 0 {
		text += ": " + strconv.Itoa(o.status)
		if o.code != "" {
			text += " " + o.code
		}
	}
	for _, part := range [...]string{o.found, o.reason(), o.advice} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// reason is the cause, where it says more than the rest does.
func (o *outage) reason() string {
	for _, plain := range [...]error{runner.ErrCredentials, runner.ErrSetup, runner.ErrLater, context.DeadlineExceeded} {
		if errors.Is(o.cause, plain) {
			return ""
		}
	}
	if o.cause == nil {
		return ""
	}
	return o.cause.Error()
}

// Unwrap is the cause.
func (o *outage) Unwrap() error { return o.cause }

// word is what Auth0's error codes look like.
var word = lazy.Regexp(`^([a-z][a-z_]{0,47}|bad\.[A-Za-z_]{1,24})$`)

// codeOf is a code that may be shown, or "".
func codeOf(s string) string {
	if word().MatchString(s) {
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
		o.found, o.advice, o.cause = late, adviceLate, context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		o.cause, o.down = context.Canceled, false
	case errors.As(err, &inURL):
		o.cause = inURL.Err
		switch {
		case inURL.Timeout():
			o.found, o.advice, o.cause = late, adviceLate, nil
		case errors.As(err, new(*net.DNSError)), isDial(err):
			o.found, o.advice = "no connection", "check the domain, the network, and a proxy if there is one"
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
			o.found, o.advice = "the connection was closed before there was an answer", "try again; if it stays so, check the domain, and a proxy if there is one"
		}
	case n.status >= 500:
		o.found, o.advice = "Auth0 is in trouble", "try again in a while; https://status.auth0.com tells of outages"
	case n.status == 0:
		o.found, o.advice = "no answer", adviceLate
	default: // an answer that is cut short, or is not Auth0's
		o.found, o.advice = "the answer cannot be read: "+n.unlike(), adviceForeign
	}
	return o
}

// What is found when no answer comes, and what to do about that and about an answer that
// is not Auth0's.
const (
	late          = "no answer in time"
	adviceLate    = "try again; if it stays so, check the network, and a proxy if there is one"
	adviceForeign = "check the domain, and whether something else answers in Auth0's place, such as a proxy"
)

// isDial tells errors of making a connection.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// unlike says how an answer differs from Auth0's, by what it is said to be.
func (n *note) unlike() string {
	kind, _, err := mime.ParseMediaType(n.header.Get("Content-Type"))
	switch {
	case err != nil || len(kind) > 40:
		return "it is not JSON, or breaks off"
	case kind != "application/json":
		return "found " + kind + ", expected JSON"
	}
	return "it breaks off, or is not what Auth0 answers"
}

// empty is an outage that consists in an answer without content.
func empty(doing string, n *note) *outage {
	return &outage{doing: doing, status: n.status, cause: errEmpty, advice: adviceForeign, down: true}
}

// limited is an outage that we make ourselves, to leave Auth0 alone.
func limited(doing, format string, args ...any) *outage {
	return &outage{doing: doing, advice: fmt.Sprintf(format, args...), cause: runner.ErrLater}
}

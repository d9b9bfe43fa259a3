package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
)

// unreachableError is a server that does not answer.
type unreachableError struct {
	base string
	err  error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("no server answers at %s; is callflow serve running?", e.base)
}

func (e *unreachableError) Unwrap() error { return e.err }

// isUnreached tells that no connection came about: nobody listens there, or there is
// no such host.
func isUnreached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// noServer says that no server answers at a URL, without a password in it.
func noServer(at string, err error) error {
	if u, bad := url.Parse(at); bad == nil {
		at = u.Redacted()
	}
	return &unreachableError{at, err}
}

package main

import (
	"errors"
	"net"
	"net/url"
)

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

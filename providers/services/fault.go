package services

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// errTimeout is the cause with which a request's own time ends.
var errTimeout = errors.New("timed out")

// fault says in a few fixed words why there was no answer. The error itself is
// never shown: it holds the URL, and the URL what a caller entered.
func fault(ctx context.Context, err error, timeout time.Duration) string {
	var (
		dns    *net.DNSError
		record tls.RecordHeaderError
		cert   *tls.CertificateVerificationError
		alert  tls.AlertError
		other  net.Error
	)
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return "timed out after " + timeout.String()
	case ctx.Err() != nil:
		return "given up"
	case errors.Is(err, errAddress):
		return "address not allowed"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.As(err, &dns):
		return "name lookup failed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &cert):
		return "certificate not trusted"
	case errors.As(err, &record), errors.As(err, &alert):
		return "TLS failed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection lost"
	case errors.As(err, &other) && other.Timeout():
		return "timed out connecting"
	}
	return "network error"
}

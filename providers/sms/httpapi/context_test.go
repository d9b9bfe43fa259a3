package httpapi_test

import (
	"context"
	"testing"
)

// contextDone is a context in which nothing can be sent.
func contextDone(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

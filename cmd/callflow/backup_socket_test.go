package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"go.uber.org/zap"
)

// endless is a store whose copy has no end.
type endless struct{ ended chan error }

func (e endless) Snapshot(ctx context.Context, w io.Writer) error {
	page := make([]byte, 32<<10)
	for ctx.Err() == nil {
		if _, err := w.Write(page); err != nil {
			e.ended <- err
			return err
		}
	}
	e.ended <- ctx.Err()
	return ctx.Err()
}

// A copy that nobody takes any more is given up, though whoever asked for it is there:
// the store would keep what it has for ever.
func TestCopyStalls(t *testing.T) {
	t.Parallel()
	store := endless{make(chan error, 1)}
	mux := http.NewServeMux()
	offerCopies(mux, store, zap.NewNop(), 50*time.Millisecond)
	server := httptest.NewServer(mux)
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /copy HTTP/1.1\r\nHost: store\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// Nothing is read, so that at some time nothing can be written.
	select {
	case err := <-store.ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on for ever")
	}
}

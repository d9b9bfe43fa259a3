package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
)

// A store's file belongs to one process, so only that can copy it. It is asked over
// HTTP, which tells a whole answer from one cut off, through a socket in the file
// system, which tells by its mode who may ask: no port, no token, no network.

// socketOf is where the server that has a store listens for people who want a copy.
func socketOf(s config.Store) string { return s.Target + ".sock" }

// copyURL is what is asked for; its host means nothing.
const copyURL = "http://store/copy"

// offerCopies answers whoever asks for a copy of the store, until it is closed. The
// store must be open: a socket that is left from a process that was killed goes.
func offerCopies(from config.Store, store runner.Store, log *zap.Logger) (closeAll func() error) {
	s, ok := store.(snapshotter)
	if !ok {
		return func() error { return nil }
	}
	path := socketOf(from)
	// The store's file is ours, and so is what stands there.
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(path)
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			_ = ln.Close()
		}
	}
	if err != nil { // calls are worth more than copies
		log.Warn("the store cannot be copied while the server runs", zap.String("socket", path), zap.Error(err))
		return func() error { return nil }
	}
	web := &http.Server{Handler: copies(s, log), ReadHeaderTimeout: 5 * time.Second, ErrorLog: zap.NewStdLog(log.Named("backup"))}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := web.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the store cannot be copied any more", zap.Error(err))
		}
	}()
	return func() error {
		err := web.Close()
		<-served
		return err
	}
}

// copies answers with a copy of the store, one at a time.
func copies(store snapshotter, log *zap.Logger) http.Handler {
	var one sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("GET /copy", func(w http.ResponseWriter, r *http.Request) {
		if !one.TryLock() {
			http.Error(w, "another copy is being made", http.StatusConflict)
			return
		}
		defer one.Unlock()
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := store.Snapshot(r.Context(), w); err != nil {
			log.Error("the store was not copied", zap.Error(err))
			panic(http.ErrAbortHandler) // whoever asked sees that it is cut off
		}
		log.Info("the store was copied")
	})
	return mux
}

// askForCopy writes what the server that has the store answers: errNoServer.
func askForCopy(ctx context.Context, from config.Store, w io.Writer) error {
	path := socketOf(from)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, copyURL, nil)
	if err != nil {
		return fmt.Errorf("ask for a copy: %w", err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	switch {
	case err == nil:
	case isNoServer(err):
		return errNoServer
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("the server cannot be asked at %s: not allowed; run this as the user that the server runs as", path)
	default:
		return fmt.Errorf("ask the server at %s for a copy: %w", path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("the server makes no copy: %s", text)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the copy was cut off; the server's log may say why: %w", err)
	}
	return nil
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

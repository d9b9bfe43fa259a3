package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
)

// A store's file belongs to one process, so only that can copy it, or say what
// stands in it. It is asked over HTTP, which tells a whole answer from one cut off,
// through a socket in the file system, which tells by its mode who may ask: no port,
// no token, no network.

// socketOf is where the server that has a store listens for its operators.
func socketOf(s config.Store) string { return s.Target + ".sock" }

// offerStore answers its operators about a store, until it is closed. The store must
// be open: a socket that is left from a process that was killed goes. Without lock-out
// locks is nil.
func offerStore(at config.Store, store runner.Store, locks *lockout.Lockout, log *zap.Logger) (closeAll func() error) {
	s, ok := store.(snapshotter)
	if !ok {
		return func() error { return nil }
	}
	path := socketOf(at)
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
		log.Warn("operators cannot ask about the store while the server runs", zap.String("socket", path), zap.Error(err))
		return func() error { return nil }
	}
	mux := http.NewServeMux()
	offerCopies(mux, s, log, copyStalls)
	offerLockouts(mux, locks)
	offerPhones(mux, store)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: zap.NewStdLog(log.Named("operators"))}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := web.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("operators cannot ask about the store any more", zap.Error(err))
		}
	}()
	return func() error {
		err := web.Close()
		<-served
		return err
	}
}

var errNoServer = errors.New("no server answers")

// ask asks the server that has a store: errNoServer. The answer is read from the
// body, which the caller closes.
func ask(ctx context.Context, at config.Store, method, path string, query url.Values) (io.ReadCloser, error) {
	return askWith(ctx, at, method, path, query, nil)
}

// askWith asks with a body. What the server does not have is runner.ErrNotFound.
func askWith(ctx context.Context, at config.Store, method, path string, query url.Values, body io.Reader) (io.ReadCloser, error) {
	socket := socketOf(at)
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // nobody asks twice
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	where := url.URL{Scheme: "http", Host: "store", Path: path, RawQuery: query.Encode()} // the host means nothing
	req, err := http.NewRequestWithContext(ctx, method, where.String(), body)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	resp, err := client.Do(req)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, errNoServer
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("the server cannot be asked at %s: not allowed; run this as the user that the server runs as", socket)
	default:
		return nil, fmt.Errorf("the server at %s gave no answer that can be read: %w; look into its log, and see that it is a callflow of this version", socket, bareURL(err))
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		switch said := strings.TrimSpace(string(text)); said {
		case runner.ErrNotFound.Error():
			return nil, runner.ErrNotFound
		case "404 page not found":
			return nil, fmt.Errorf("the server at %s does not know what it is asked for: it is another version of callflow; use that version, or start the server again with this one", socket)
		default:
			return nil, fmt.Errorf("the server at %s refuses with %d: %s", socket, resp.StatusCode, harmless(said))
		}
	}
	return resp.Body, nil
}

// readAnswer reads an answer in JSON.
func readAnswer(at config.Store, body io.Reader, answer any) error {
	if err := json.NewDecoder(body).Decode(answer); err != nil {
		return fmt.Errorf("the answer of the server at %s breaks off, or is not one of callflow's: %w; look into its log, and see that it is a callflow of this version", socketOf(at), err)
	}
	return nil
}

// bareURL is a client's error without the address, which means nothing to anybody.
func bareURL(err error) error {
	var in *url.Error
	if errors.As(err, &in) {
		return in.Err
	}
	return err
}

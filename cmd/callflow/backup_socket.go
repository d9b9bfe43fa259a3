package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
)

// copyStalls is how long whoever asked for a copy may take nothing of it. What the copy
// has stays in the store's file until it is made, and the file grows, without end and in
// the end beyond what turns can wait for: a copy that somebody has suspended is given up.
const copyStalls = 30 * time.Second

// offerCopies answers with a copy of the store, one at a time, which may not stall for
// longer than that.
func offerCopies(mux *http.ServeMux, store snapshotter, log *zap.Logger, stalls time.Duration) {
	var one sync.Mutex
	mux.HandleFunc("GET /copy", func(w http.ResponseWriter, r *http.Request) {
		if !one.TryLock() {
			http.Error(w, "another copy is being made", http.StatusConflict)
			return
		}
		defer one.Unlock()
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := store.Snapshot(r.Context(), taken{w, http.NewResponseController(w), stalls}); err != nil {
			log.Error("the store was not copied", zap.Error(err))
			panic(http.ErrAbortHandler) // whoever asked sees that it is cut off
		}
		log.Info("the store was copied")
	})
}

// taken writes an answer for as long as it is taken.
type taken struct {
	w       io.Writer
	control *http.ResponseController
	stalls  time.Duration
}

func (t taken) Write(b []byte) (int, error) {
	if err := t.control.SetWriteDeadline(time.Now().Add(t.stalls)); err != nil {
		return 0, err
	}
	return t.w.Write(b)
}

// askForCopy writes what the server that has the store answers: errNoServer.
func askForCopy(ctx context.Context, from config.Store, w io.Writer) error {
	body, err := ask(ctx, from, http.MethodGet, "/copy", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := io.Copy(w, body)
	if err == nil && n == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return fmt.Errorf("the copy that the server at %s sent is not whole: %w; look into its log, and try again", socketOf(from), err)
	}
	return nil
}
